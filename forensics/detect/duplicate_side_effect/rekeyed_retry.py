"""A call of unclear outcome, made again under another key: both took effect."""

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
    teller,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say what was unclear, and that the retry carried another key."""
    facts = named(facts)
    about = f" for {coded(short(facts['about']))}" if facts["about"] else ""
    ended = {
        "timeout": "timed out",
        "unknown": "ended without an answer",
        "rejected": "was reported as refused",
    }
    doubt = ended.get(facts["doubt"], "was reported as failed")
    return Explanation(
        title=f"{facts['action']} was retried{about} under another key, and each took effect",
        sentences=(
            f"`{facts['cause']}` called {facts['action']}{about}. The call {doubt} and was made"
            f" again under another key, or none. {teller(facts)}"
            f" {plural(facts['effects'], 'effect')}: {ids(facts)}{apart(facts)}."
            f"{first(facts)}{returned(facts)}"
            f"{came_about(facts, said='key_per_attempt')}"
        ),
        reasons_for=["one cause, one action, one thing", f"the first call {doubt}"],
        reasons_against=(*caveat(facts), "The cause may have meant two effects."),
        disproof="The cause asks for several effects: look for what is different about each.",
        remedy=remedy(
            facts, "Make the key once, before the first attempt, and send it with every retry."
        ),
    )


REKEYED_RETRY = Pattern(
    detector="duplicate_side_effect",
    name="rekeyed_retry",
    question="Was a call of unclear outcome made again under another key?",
    kinds=("effect",),
    needs=("cause_id|trace_id|execution_id", "effect_id", "outcome"),
    cure="Log what caused each call, failed attempts too, and the id of what was made.",
    drawn_from="suspect_effects WHERE repeats_cause",
    partition_key="coalesce(cause_id, trace_id, execution_id)",
    rank=5,
    explain=explain,
    suppressors=suppressors(
        "idempotent_replay",
        "refused_attempt",
        "authorise_then_capture",
        "other_stage",
        "scheduled_run",
        "instalment",
        "fan_out",
        "part_payment",
        "other_content",
        "test_mode",
    ),
    disproved_by="fan_out",
)
