"""What the three patterns that walk in circles share: their threshold and innocent readings."""

from forensics.detect.contract import Parameter

VISITS = Parameter(
    default=3,
    unit="visits",
    why="Once back is what an answer looks like; coming back again shows that nothing stops it.",
)

SUPPRESSORS = {
    "bounded_cursor": "each visit works on the next part, and the parts end",
    "continue_as_new": "one long run that is continued, and says so",
    "damped_echo": "the later visits changed nothing, and it stopped",
    "retry_chain": "attempts of one operation, not new work",
}
