"""Two writers that undo each other's value of one record again and again."""

from forensics.detect.contract import CALIBRATED, Facts, Parameter, Pattern, Reading
from forensics.detect.recursive_chain.circle_words import ending, fitting, within
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say who undid whose value of what, how often."""
    record = coded(facts["record"])
    names = " and ".join(name.partition("@")[0] for name in facts["writers"])
    turns = plural(facts["turns"], "turn")
    what = f"{', '.join(facts['fields'])} of {record}" if facts["fields"] else record
    return Explanation(
        title=fitting(f"{names} undid each other in {turns}", f" on {record}"),
        sentences=(
            f"{' and '.join(facts['writers'])} set {what} in turn, {turns}"
            f"{within(facts['duration_s'])}: each put back the value that it had set before and"
            f" that the other had replaced. {ending(facts)}"
        ),
        reasons_for=[
            f"{plural(facts['turns'] - 2, 'write')} took back what the other had just written",
            "no person wrote in between",
        ],
        reasons_against=[
            "two systems may take turns by design, such as one that locks and one that frees"
        ],
        disproof="Both follow a plan, as for day and night: look for the schedule of each.",
        remedy="Give the field one owner, and let the other ask for a change instead of making it.",
    )


FLIP_FLOP = Pattern(
    detector="recursive_chain",
    name="flip_flop",
    question="Did two writers undo each other's value of one record again and again?",
    kinds=("write",),
    needs=("entity_id", "writing_system|workflow|actor|session_actor", "after_hash|changes"),
    cure="Log who wrote, and hashes of the record or of its fields before and after each write.",
    drawn_from="shared_records",
    partition_key="concat_ws('/', tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=5,
    explain=explain,
    parameters={
        "turns": Parameter(
            default=6,
            unit="turns",
            why="Each side sets its value a third time: once back is a correction, twice back shows"
            " that neither gives way (as `visits` of the circles).",
            source=CALIBRATED,
        ),
        "window_s": Parameter(
            default=3600,
            unit="seconds",
            why="Puppet puts back what it owns every 30 minutes (`runinterval`): two such periods.",
            source="Puppet, *Configuration: `runinterval`*",
        ),
    },
    suppressors={
        "clock_uncertain": Reading(
            "neither the values nor the clocks tell which write came first",
            needs=("occurred_at|source_seq",),
        ),
        "handed_over": Reading(
            "a turn and the one before are one piece of work: one cause or one trace",
            needs=("cause_id|trace_id",),
        ),
        "two_schedules": Reading(
            "both sides follow a schedule, as a plan for day and night does",
            elsewhere=("trigger_kind|scheduled_for|actor_kind",),
        ),
    },
    disproved_by="two_schedules",
)
