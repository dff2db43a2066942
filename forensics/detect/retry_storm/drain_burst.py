"""What had waited comes back all at once, and the callee fails under it."""

from forensics.detect.contract import DERIVED, Facts, Parameter, Pattern, Reading
from forensics.detect.retry_storm.sentences import FEW, edge, ending, volume
from forensics.model.finding import Explanation
from forensics.model.words import duration, plural


def explain(facts: Facts) -> Explanation:
    """Say how much came back in what time, and what came of it."""
    released = plural(facts["released"], "operation")
    healed = (
        f"{facts['overwhelmed']} of those that failed were told to slow down, or got through"
        " within five minutes"
    )
    answered = "the callee had answered within the minute before, or in the first ten seconds"
    return Explanation(
        title=f"{edge(facts)}: a backlog of {released} let go within"
        f" {duration(max(facts['within_s'], 1))}",
        sentences=f"{released} that had gathered over {duration(facts['gathered_s'])} (the oldest"
        f" waited {duration(facts['longest_s'])}) were sent within"
        f" {duration(max(facts['within_s'], 1))}, and {facts['failed']} of them failed."
        f" {volume(facts)} {ending(facts)}",
        reasons_for=[healed, answered] if facts["was_back"] else [healed],
        reasons_against=[]
        if facts["was_back"]
        else ["the log shows no answer until then: the callee may not have been back yet"],
        disproof="The callee failed for another reason while the backlog came in.",
        remedy="Let a backlog go at a rate that the callee bears beside its usual load: limit the"
        " consumers' concurrency, spread the replay, and let it stop when errors rise.",
    )


DRAIN_BURST = Pattern(
    detector="retry_storm",
    name="drain_burst",
    question="Did a backlog come back all at once, so that the callee failed under it?",
    kinds=("attempt", "delivery", "effect", "trigger"),
    needs=(
        "occurred_at",
        "outcome",
        "operation_key|delivery_id|traced_call|attempt|enqueued_at",
    ),
    cure="Log a message or operation id with every attempt, what came of it, and when the message"
    " was put in the queue.",
    drawn_from="edge_calls WHERE waiting_since IS NOT NULL",
    partition_key="hash(tenant, coalesce(environment, 'live'), system, target_system)",
    rank=2,
    explain=explain,
    parameters={
        "wait_s": Parameter(
            default=60,
            unit="seconds",
            why="Beyond the caps of back-off in the AWS SDK (20 s) and most clients (30 s): longer"
            " waits are a backlog's. Less than 60 finds no more.",
            source="AWS SDKs and Tools Reference Guide, *Retry behavior*",
        ),
        "operations": Parameter(
            default=10,
            unit="operations within half a minute",
            why="Finagle lets 10 retries a second pass whatever the budget; half of these must"
            " fail.",
            source="Twitter Finagle, `RetryBudget`",
        ),
        "surge": Parameter(
            default=5,
            unit="times as fast as it gathered, and as calls came before",
            why="Where two are due, ten come by chance once in 20,000 times (Poisson).",
            source=DERIVED,
        ),
        "failed": Parameter(
            default=0.2,
            unit="of what was let go",
            why="The budget for retries of Finagle and Envoy: what fails is sent again.",
            source="Twitter Finagle, `RetryBudget`",
        ),
    },
    suppressors=FEW
    | {
        "borne": Reading("the callee bore it: few failed, or for reasons of their own"),
        "planned": Reading(
            "a schedule or a backfill sent them", elsewhere=("trigger_kind|scheduled_for",)
        ),
        "still_failing": Reading(
            "what failed went on failing: the callee was not back, or the messages are what is"
            " wrong"
        ),
    },
    disproved_by="borne",
)
