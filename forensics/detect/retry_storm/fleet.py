"""Many operations of one caller, retried at once beyond the budget for retries."""

from forensics.detect.contract import CALIBRATED, Facts, Parameter, Pattern, Reading
from forensics.detect.retry_storm.sentences import EXCUSES, FEW, edge, ending, policy, volume
from forensics.model.finding import Explanation
from forensics.model.words import plural


def explain(facts: Facts) -> Explanation:
    """Say how many operations were retried, and how much load that added."""
    return Explanation(
        title=f"{edge(facts)}: {plural(facts['retries'], 'retry')} of"
        f" {plural(facts['operations'], 'operation')}",
        sentences=f"{volume(facts)} {ending(facts)}{policy(facts)}",
        reasons_for=["retries exceeded the budget in consecutive intervals of 10 s"],
        reasons_against=["the callee may have been down anyway; the retries may not be why"],
        disproof="What looks like one operation is several that share a key.",
        remedy="Give every client a retry budget (20 % of its calls) and a circuit breaker.",
    )


FLEET = Pattern(
    detector="retry_storm",
    name="fleet",
    question="Did many operations on one edge retry at once, beyond any budget?",
    kinds=("attempt", "delivery", "effect", "trigger"),
    needs=("occurred_at", "operation_key|delivery_id|traced_call|attempt"),
    cure="Log an idempotency key or the number of the attempt with every call.",
    drawn_from="streaks",
    partition_key="hash(tenant, coalesce(environment, 'live'), system, target_system)",
    rank=5,
    explain=explain,
    parameters={
        "budget": Parameter(
            default=0.2,
            unit="retries / attempts",
            why="Retry budget of Finagle and Envoy (20 %); Google's SRE book allows 10 %.",
            source="Twitter Finagle, `RetryBudget`",
        ),
        "failing": Parameter(
            default=0.2,
            unit="retries that do not get through / retries",
            why="The budget once more: where four in five get through, trying again was right.",
            source="Twitter Finagle, `RetryBudget`",
        ),
        "retries": Parameter(
            default=10,
            unit="retries",
            why="Finagle lets 10 retries a second pass whatever the budget; Envoy 3 at a time.",
            source="Twitter Finagle, `RetryBudget`",
        ),
        "operations": Parameter(
            default=5,
            unit="operations",
            why="Fewer are single operations in trouble, which `hot_loop` looks at.",
            source=CALIBRATED,
        ),
        "buckets": Parameter(
            default=3,
            unit="consecutive intervals of 10 s",
            why="Half a minute over budget is more than one lost connection being set up again.",
            source=CALIBRATED,
        ),
    },
    suppressors=EXCUSES
    | FEW
    | {
        "got_through": Reading("nearly all retries got through: what had failed was over"),
        "unidentified": Reading(
            "throttled calls of which the log does not say whether they repeat"
        ),
    },
    disproved_by="pagination",
)
