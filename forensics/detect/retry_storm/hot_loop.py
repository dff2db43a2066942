"""Single operations, attempted again and again without a growing pause."""

from forensics.detect.contract import CALIBRATED, Facts, Parameter, Pattern, Reading
from forensics.detect.retry_storm.sentences import EXCUSES, FEW, edge, ending, policy, volume
from forensics.model.columns import BY_NAME
from forensics.model.finding import Explanation
from forensics.model.words import coded, duration, plural


def explain(facts: Facts) -> Explanation:
    """Say what was tried how often, how fast, and whether it could have helped."""
    pause = _pause(facts)
    grew = "double" if (facts["policy"]["factor"] or 1) > 1 else "grow"
    action, entity = facts["actions"][0], facts["entity"]
    unnamed = (None, BY_NAME["action"].default, facts["callee"])
    named = [action] if action not in unnamed else []
    if entity and entity != facts["callee"]:
        named.append(coded(entity))
    return Explanation(
        title=f"{edge(facts)}: {' for '.join(named) or 'one call'} tried {facts['attempts']} times",
        sentences=f"{volume(facts)} The pause between them, {pause}, did not {grew}."
        f" {ending(facts)}{policy(facts)}",
        reasons_for=[
            f"{plural(facts['retries'], 'retry')} followed an attempt that had failed",
            f"the pause between attempts did not {grew}",
        ],
        disproof="The attempts were different pieces of work that share one key.",
        remedy="Stop after three attempts, let the pause grow, and park what keeps failing.",
    )


def _pause(facts: Facts) -> str:
    """Say how long it was, as far as the stamps are finer than it or show a plan."""
    gap_s, resolution_s = facts["gap_s"], facts["resolution_s"]
    if gap_s is None:
        return "an unknown time"
    if gap_s > resolution_s or not resolution_s or facts["policy"]["first_pause_s"] is not None:
        return duration(gap_s)
    return f"at most {duration(gap_s + resolution_s)}"


HOT_LOOP = Pattern(
    detector="retry_storm",
    name="hot_loop",
    question="Was one operation attempted again and again without a growing pause?",
    kinds=("attempt", "delivery", "effect", "trigger"),
    needs=("occurred_at", "operation_key|delivery_id|traced_call|numbered_record"),
    cure="Log an idempotency key, message id or trace id, and the outcome, with every attempt.",
    drawn_from="streaks",
    partition_key="hash(tenant, coalesce(environment, 'live'), system, target_system)",
    rank=6,
    explain=explain,
    parameters={
        "attempts": Parameter(
            default=10,
            unit="attempts",
            why="Three times what the AWS SDKs and Google's SRE book allow (3 attempts): no policy"
            " in wide use goes there without backing off.",
            source=CALIBRATED,
        ),
        "attempt_cap": Parameter(
            default=3,
            unit="attempts",
            why="Default of the AWS SDKs (standard mode) and of Google's SRE book; what stays"
            " within it is not even counted as `few`.",
            source="Google, *Site Reliability Engineering*",
        ),
        "backoff_growth": Parameter(
            default=2,
            unit="last pauses / first pauses",
            why="Exponential back-off doubles its pause at least once before it reaches a cap.",
            source="*Retry behavior*",
        ),
        "hot_gap_s": Parameter(
            default=30,
            unit="seconds",
            why="Caps of back-off lie at 20 s (AWS SDK) to 30 s; slower loops do less harm and are"
            " called probable.",
            source="*Retry behavior*",
        ),
    },
    suppressors=EXCUSES
    | FEW
    | {"backoff": Reading("the pauses grew as they should", needs=("occurred_at",))},
    disproved_by="pagination",
)
