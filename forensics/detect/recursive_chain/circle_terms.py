"""What the three patterns that walk in circles share: their threshold and innocent readings."""

from forensics.detect.contract import CALIBRATED, Parameter, Reading

VISITS = Parameter(
    default=3,
    unit="visits",
    why="Once back is what an answer looks like; coming back again shows that nothing stops it.",
    source=CALIBRATED,
)

SUPPRESSORS = {
    "bounded_cursor": Reading(
        "each visit works on the next part, and the parts end", elsewhere=("progress",)
    ),
    "continue_as_new": Reading(
        "one long run that is continued, and says so",
        elsewhere=("trigger_kind|previous_execution_id",),
    ),
    "damped_echo": Reading(
        "the later visits changed nothing, and it stopped",
        elsewhere=("after_hash|version_written|changes",),
    ),
    "retry_chain": Reading(
        "attempts of one operation, not new work",
        elsewhere=("operation_key|delivery_id|previous_execution_id",),
    ),
}
