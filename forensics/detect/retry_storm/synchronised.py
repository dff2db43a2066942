"""Operations that come back at the same instants, wave after wave."""

from forensics.detect.contract import CALIBRATED, Facts, Parameter, Pattern
from forensics.detect.retry_storm.sentences import EXCUSES, FEW, edge, ending, policy, volume
from forensics.model.finding import Explanation
from forensics.model.words import duration, plural


def explain(facts: Facts) -> Explanation:
    """Say how many operations came back together, and how often."""
    return Explanation(
        title=f"{edge(facts)}: {plural(facts['operations'], 'operation')} retry in step",
        sentences=f"{volume(facts)} They came in waves, {duration(facts['gap_s'])} apart:"
        f" each wave hits the callee at one instant. {ending(facts)}{policy(facts)}",
        reasons_for=["the same operations retried within one second of each other, three times"],
        reasons_against=["the log may stamp what it writes together, and not each attempt"],
        disproof="A schedule set them off: look for its ticks.",
        remedy="Add jitter to the pause: a random share of it, drawn anew for every retry.",
    )


SYNCHRONISED = Pattern(
    detector="retry_storm",
    name="synchronised",
    question="Did many operations retry at the same instants, wave after wave?",
    kinds=("attempt", "delivery", "effect", "trigger"),
    needs=("occurred_at", "operation_key|delivery_id|traced_call|numbered_record"),
    cure="Log an idempotency key, message id or trace id with every attempt, and its time to 1 ms.",
    drawn_from="streaks",
    partition_key="hash(tenant, coalesce(environment, 'live'), system, target_system)",
    rank=4,
    explain=explain,
    parameters={
        "operations": Parameter(
            default=5,
            unit="operations",
            why="Four at once may be one batch of one worker.",
            source=CALIBRATED,
        ),
        "waves": Parameter(
            default=3,
            unit="waves",
            why="Two coincide by chance, or because one outage began both.",
            source=CALIBRATED,
        ),
        "spread_s": Parameter(
            default=1,
            unit="seconds",
            why="Jitter spreads a wave over its whole pause (AWS Architecture Blog).",
            source=CALIBRATED,
        ),
    },
    suppressors=EXCUSES | FEW,
    disproved_by="scheduled_run",
)
