"""Workflows that answer each other's writes, though no id links their runs."""

from forensics.detect import chance
from forensics.detect.contract import CALIBRATED, Facts, Parameter, Pattern, Reading
from forensics.detect.recursive_chain.circle_words import ending, fitting, within
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say who took turns on what, and that only the values connect them."""
    record = coded(facts["record"])
    names = " and ".join(name.partition("@")[0] for name in facts["cycle"][:2])
    turns = plural(facts["turns"], "turn")
    by_design, by_chance = chance.said(facts)
    how = "was set off by" if facts["triggered"] else "started from"
    return Explanation(
        title=fitting(f"{names} took {turns}", f" on {record}"),
        sentences=(
            f"{', '.join(facts['cycle'])} wrote {record} in turn, {turns}"
            f"{within(facts['duration_s'])}. Each run {how} the very value that the one"
            f" before had written. No id says that one caused the other.{_probably(facts)}"
            f" {ending(facts)}"
        ),
        reasons_for=[
            f"{plural(facts['turns'] - 1, 'value')} in a row were picked up by the other side",
            f"strangers alternate so strictly in one of {2 ** min(facts['turns'] - 1, 30):,} cases",
            *by_design,
        ],
        reasons_against=["a process of several steps may pass a record back and forth", *by_chance],
        disproof="The runs of one side have a cause of their own: a schedule.",
        remedy="Hand the id of the causing run on with every write, and ignore one's own echo.",
    )


def _probably(facts: Facts) -> str:
    """Say how probable each link is, where the log lets chance be counted."""
    counted = facts.get("chance")
    if not counted:
        return " How probable that is cannot be told from so few lines."
    if "probability" not in counted:
        return " How probable that is cannot be told: by chance there would be more such pairs."
    likely = f"{counted['probability']:g}"
    return f" Each link is none of chance with a probability of about {likely}."


INFERRED_LOOP = Pattern(
    detector="recursive_chain",
    name="inferred_loop",
    question="Did workflows answer each other's writes to one record again and again?",
    kinds=("trigger", "delivery", "write"),
    needs=("workflow", "entity_id", "after_hash|version_written"),
    cure="Log a hash of the record before and after each write, or the ids of causes.",
    drawn_from="turns",
    partition_key="concat_ws('/', tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=6,
    explain=explain,
    parameters={
        "visits": Parameter(
            default=3,
            unit="visits",
            why="Once back is what an answer looks like; twice back shows that nothing stops it.",
            source=CALIBRATED,
        ),
        "window_s": Parameter(
            default=60,
            unit="seconds",
            why="Webhooks and change feeds react within seconds; a minute allows for queues.",
            source=CALIBRATED,
        ),
    },
    suppressors={
        "clock_uncertain": Reading(
            "the clocks do not tell which write came first", needs=("occurred_at|source_seq",)
        ),
        "damped_echo": Reading(
            "the later turns changed nothing", elsewhere=("before_hash|version_read",)
        ),
        "on_schedule": Reading(
            "one side follows a schedule, whatever the other wrote",
            elsewhere=("trigger_kind|scheduled_for|actor_kind",),
        ),
    },
    disproved_by="on_schedule",
    chance_of="answers to each other's writes within the window",
)
