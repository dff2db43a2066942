"""A run that did again what an earlier run of the same occasion had done."""

from collections.abc import Sequence

from forensics.detect.contract import CALIBRATED, Facts, Parameter, Pattern, Reading
from forensics.detect.duplicate_side_effect.phrases import (
    caveat,
    first,
    money,
    returned,
    suppressors,
    teller,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded, duration, plural


def _told_by_likeness(facts: Facts) -> tuple[str, ...]:
    """Say that nothing but likeness makes one pass the repeat of another, where that is so."""
    if not facts["by_pass"]:
        return ()
    if facts["runs_unnamed"]:
        return ("No log names the runs: they are told apart by time.",)
    return ("Only what they did makes one run the repeat of another.",)


def explain(facts: Facts) -> Explanation:
    """Say which job ran again, for what, and how much it did twice."""
    occasion = "under the same keys"
    if facts["by_pass"]:
        occasion = "over what it had done"
    elif facts["occasion"]:
        occasion = f"for {facts['occasion']}"
    later = f" {duration(facts['seconds'])} later" if facts["seconds"] is not None else ""
    in_all = f", {money(facts)} in all" if facts["currency"] else ""
    entities = plural(facts["entities"], "entity")
    return Explanation(
        title=f"{facts['job']} ran again {occasion} and repeated {entities}",
        sentences=(
            f"{facts['job']} had done its work when it ran again {occasion}{later}."
            f" {teller(facts)} {plural(facts['effects'], 'effect')} a second time, for"
            f" {entities}{in_all}.{first(facts)}{returned(facts)}"
        ),
        reasons_for=[
            f"{plural(facts['runs'], 'run')} with the same effects on the same things",
            *(["in the same order, each after the same pause"] if facts["by_pass"] else []),
        ],
        reasons_against=(
            *caveat(facts),
            *_told_by_likeness(facts),
            *_may_be_due(facts),
            *_ran_elsewhere(facts),
        ),
        disproof="The two runs were meant for different days: look for the tick or period of each.",
        remedy="Give each effect a key made from the occasion and the thing, not from the run.",
    )


def _may_be_due(facts: Facts) -> Sequence[str]:
    """Give the innocent reading of keys that come again long after."""
    if facts["lifetime_s"] is None:
        return ()
    lifetime = duration(facts["lifetime_s"])
    return (f"After more than {lifetime} the same keys may name what is due in each period.",)


def _ran_elsewhere(facts: Facts) -> Sequence[str]:
    """Give the innocent reading of runs by several systems that do not say whom they asked."""
    if not facts["elsewhere"]:
        return ()
    *most, last = map(coded, facts["elsewhere"])
    runs = f"The runs were those of {', '.join(most)} and {last}"
    return [f"{runs}, and no line says whom these asked: each may have asked another."]


BATCH_RERUN = Pattern(
    detector="duplicate_side_effect",
    name="batch_rerun",
    question="Did a later run repeat the work of an earlier one?",
    kinds=("effect",),
    needs=("workflow", "period_key|scheduled_for|item_key|operation_key", "effect_id", "outcome"),
    cure="Log the period or tick that a run works for with each of its effects.",
    # Each of a batch was done before.
    drawn_from="(FROM suspect_effects WHERE counted OFFSET greatest(2 * $min_entities - 1, 0))",
    partition_key="workflow",
    rank=1,
    explain=explain,
    parameters={
        "min_entities": Parameter(
            default=5,
            unit="entities",
            why="Fewer are single repeats, which their own patterns describe better.",
            source=CALIBRATED,
        ),
        "min_overlap": Parameter(
            default=0.8,
            unit="share of what the later run did",
            why="A run that resumes repeats a few at the seam; a rerun repeats nearly all.",
            source=CALIBRATED,
        ),
        "key_lifetime_s": Parameter(
            default=86_400,
            unit="seconds",
            why="Keys that come again after more than this, as even as a clock, name instalments.",
            source="Stripe, *Idempotent requests*",
        ),
    },
    suppressors={
        **suppressors("instalment", "test_mode"),
        "scheduled_run": Reading(
            "The effects were meant for different ticks of a schedule, or for other periods.",
            needs=("scheduled_for|period_key",),
        ),
    },
    disproved_by="scheduled_run",
)
