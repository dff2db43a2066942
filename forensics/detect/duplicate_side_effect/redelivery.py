"""One message, handed over again and done again."""

from collections.abc import Iterator

from forensics.detect.contract import Facts, Pattern
from forensics.detect.duplicate_side_effect.phrases import (
    apart,
    came_about,
    caveat,
    first,
    ids,
    named,
    remedy,
    returned,
    short,
    suppressors,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say which message ran again and what came of each run."""
    facts = named(facts)
    doing = facts["handler"] or facts["action"]
    about = f" for {coded(short(facts['about']))}" if facts["about"] else ""
    of = "after as many deliveries of" if facts["by_record"] else "for"
    seen = "Only its own log reports" if facts["asserted"] else "Its runs had"
    return Explanation(
        title=f"{doing} ran {facts['runs']} times{about} from one message",
        sentences=(
            f"The message `{facts['delivery']}` was handed over again and {doing} ran"
            f" {plural(facts['runs'], 'time')}{about}. {seen} {plural(facts['effects'], 'effect')}:"
            f" {ids(facts)}{apart(facts)}.{first(facts)}{returned(facts)}"
            f"{came_about(facts)}"
        ),
        reasons_for=[f"{facts['effects']} distinct effect ids {of} one delivery id"],
        reasons_against=[*caveat(facts), *_inferred(facts)],
        disproof="The message asks for several effects: look for as many in a single run.",
        remedy=remedy(
            facts,
            "Give the effect a key made from the message id, and let the queue wait longer than"
            " the slowest run before it delivers again.",
        ),
    )


def _inferred(facts: Facts) -> Iterator[str]:
    """What does not name the message itself, and why it is taken for the message's."""
    if facts["by_record"]:
        yield (
            "The log of the effects does not name the message: that the message's runs made them"
            " rests on the record that both name and on the order of their times."
        )
    if facts["by_number"]:
        yield (
            f"{plural(facts['by_number'], 'delivery')} without an id: the number of the attempt"
            " is what says that the message is the same."
        )
    if facts["counted_on"]:
        yield (
            "The log names several consumers. That they are workers of one subscription rests on"
            " the number of the attempt, which counts on from one to the next."
        )


REDELIVERY = Pattern(
    detector="duplicate_side_effect",
    name="redelivery",
    question="Was a message that was delivered again also acted on again?",
    kinds=("effect",),
    needs=("delivery_id", "effect_id", "outcome"),
    cure="Log the message or task id and the id of what was made with every effect.",
    drawn_from="suspect_effects WHERE repeats_delivery",
    partition_key="delivery_id",
    rank=3,
    explain=explain,
    suppressors=suppressors(
        "absorbed_redelivery",
        "idempotent_replay",
        "refused_attempt",
        "authorise_then_capture",
        "other_stage",
        "fan_out",
        "part_payment",
        "test_mode",
    ),
    disproved_by="fan_out",
)
