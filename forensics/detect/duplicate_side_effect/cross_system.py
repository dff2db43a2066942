"""One obligation, settled in two systems."""

from collections.abc import Sequence

from forensics.detect.contract import Facts, Parameter, Pattern
from forensics.detect.duplicate_side_effect.phrases import (
    apart,
    came_about,
    caveat,
    first,
    ids,
    money,
    returned,
    short,
    suppressors,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say what was settled, and where."""
    places = " and ".join(facts["callees"])
    sum_of = f" of {money(facts)}" if money(facts) else ""
    reports = "A log that is not known to be theirs reports that it" if facts["asserted"] else "It"
    return Explanation(
        title=f"{coded(short(facts['obligation']))} was settled in {places}",
        sentences=(
            f"{coded(facts['obligation'])}{sum_of} is one obligation. {_joined(facts)}{reports} was"
            f" settled in {places}: {ids(facts)}{apart(facts)}.{first(facts)}{returned(facts)}"
            f"{came_about(facts)}"
        ),
        reasons_for=["one obligation, equal amounts, an effect of its own in each system"],
        reasons_against=(
            *caveat(facts),
            *_taken_for_granted(facts),
            "One system may have paid through the other.",
        ),
        disproof="One of the systems passes its payments on to the other: look for one on each.",
        remedy="Let one system own the obligation's state, and the others ask it before they pay.",
    )


def _joined(facts: Facts) -> str:
    """What it is called in each system, and what says that this is one thing."""
    if "joins" not in facts:
        return ""
    names = " and ".join(map(coded, facts["names"]))
    return f"It is called {names}: that is one thing by {' and '.join(facts['joins'])}. "


def _taken_for_granted(facts: Facts) -> Sequence[str]:
    if "joins" not in facts:
        return ()
    return ("It rests on the names being of one thing, which no single log says.",)


CROSS_SYSTEM = Pattern(
    detector="duplicate_side_effect",
    name="cross_system",
    question="Was one obligation settled in more than one system?",
    kinds=("effect",),
    needs=("natural_key|entity_id", "effect_id", "target_system|system", "outcome"),
    cure="Log which invoice or order each payment settles, in the systems' common name for it.",
    drawn_from="suspect_effects WHERE repeats_obligation",
    partition_key="coalesce(natural_key, entity_id)",
    rank=6,
    explain=explain,
    parameters={
        "window_s": Parameter(
            default=604_800,
            unit="seconds",
            why="A payment that seems to hang is made elsewhere within days; a direct debit may"
            " take a week to fail. Later the same name is another occasion.",
            source="European Payments Council, *SEPA Direct Debit Core Rulebook*",
        ),
    },
    suppressors=suppressors(
        "booked_elsewhere",
        "passed_on",
        "scheduled_run",
        "instalment",
        "fan_out",
        "reissued",
        "test_mode",
    ),
    disproved_by="passed_on",
)
