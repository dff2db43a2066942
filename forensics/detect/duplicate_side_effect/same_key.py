"""One idempotency key, more than one effect, while the key should still have been remembered."""

from forensics.detect.contract import Facts, Parameter, Pattern
from forensics.model.finding import Explanation


def explain(facts: Facts) -> Explanation:
    """Say which key was used again, how often and how far apart."""
    return Explanation(
        title=f"{facts['action']} ran {facts['effects']} times under key {facts['key']}",
        sentences=(
            f"The caller sent {facts['action']} under the idempotency key `{facts['key']}`, which"
            f" names one operation. The callee made {facts['effects']} different effects of it,"
            f" {facts['seconds']:g} s apart."
        ),
        reasons_for=[f"{facts['effects']} distinct effect ids under one key"],
        disproof="The key is not an idempotency key but is shared by several operations.",
        remedy="Let the callee store the key in the same transaction as the effect.",
    )


SAME_KEY = Pattern(
    detector="duplicate_side_effect",
    name="same_key",
    question="Did one idempotency key change the world more than once?",
    kinds=("effect",),
    needs=("operation_key", "effect_id"),
    cure="Log the idempotency key and the id of what was made with every effect.",
    partition_key="operation_key",
    rank=1,
    explain=explain,
    parameters={
        "key_lifetime_s": Parameter(
            default=86_400,
            unit="seconds",
            why="Stripe and most providers remember a key for at least 24 hours.",
        ),
    },
)
