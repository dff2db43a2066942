"""One idempotency key, used again after the callee had forgotten it."""

from forensics.detect.contract import Facts, Parameter, Pattern
from forensics.detect.duplicate_side_effect.phrases import (
    caveat,
    ids,
    returned,
    short,
    suppressors,
    teller,
)
from forensics.model.finding import Explanation
from forensics.model.words import duration, plural


def explain(facts: Facts) -> Explanation:
    """Say how long after its first use the key worked again."""
    pause, lifetime = duration(facts["seconds"]), duration(facts["lifetime_s"])
    return Explanation(
        title=f"{facts['action']} took effect again under key {short(facts['key'])}, {pause} later",
        sentences=(
            f"The idempotency key `{facts['key']}` was used again {pause} after its first use."
            f" A key is remembered for {lifetime}, so nothing held the repeat back."
            f" {teller(facts)} {plural(facts['effects'], 'effect')}: {ids(facts)}."
            f"{returned(facts)}"
        ),
        reasons_for=[f"{facts['effects']} distinct effect ids under one key"],
        reasons_against=caveat(facts),
        disproof="The key is meant to come again, as the name of a subscription or a job.",
        remedy="Do not repeat a call that is older than its key; ask for its outcome instead.",
    )


KEY_EXPIRED = Pattern(
    detector="duplicate_side_effect",
    name="key_expired",
    question="Was a key used again after it had been forgotten?",
    kinds=("effect",),
    needs=("operation_key", "effect_id", "occurred_at"),
    cure="Log the idempotency key, the time and the id of what was made with every effect.",
    partition_key="operation_key",
    rank=4,
    explain=explain,
    parameters={
        "key_lifetime_s": Parameter(
            default=86_400,
            unit="seconds",
            why="Stripe and most providers remember a key for at least 24 hours.",
        ),
    },
    suppressors=suppressors(
        "authorise_then_capture",
        "other_stage",
        "scheduled_run",
        "instalment",
        "fan_out",
        "test_mode",
    ),
)
