"""One idempotency key, used again after the callee had forgotten it."""

from forensics.detect.contract import DERIVED, Facts, Parameter, Pattern
from forensics.detect.duplicate_side_effect.phrases import (
    caveat,
    ids,
    named,
    other_use,
    returned,
    short,
    suppressors,
    teller,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded, duration, plural


def _memory(facts: Facts) -> str:
    """Say how long a key is remembered, and who says so."""
    lifetime, known = duration(facts["lifetime_s"]), facts["remembered"]
    if known is None:
        said = (
            f"It is assumed that {facts['callee']} remembers a key for {lifetime}"
            " (`key_lifetime_s`)"
        )
    elif known["page"] is None:
        said = f"`forensics.toml` says that {facts['callee']} remembers a key for {lifetime}"
    else:
        said = (
            f"{known['provider']} may forget a key after {lifetime} (its documentation,"
            f" '{known['page']}')"
        )
    return f"{said}; a forgotten key holds no repeat back."


def _may_be_due(due_each: str | None) -> str:
    """Give the innocent reading of a pause as long as one of the calendar's."""
    if due_each is None:
        return ""
    return (
        f" It came again after a {due_each}, and nothing says that it was a retry: the key may name"
        f" what is due each {due_each}."
    )


def _unsaid(facts: Facts) -> tuple[str, ...]:
    """Name what is assumed of a key that only its name ties to what it was first used for."""
    if facts["retried"] or facts["due_each"]:
        return ()
    return ("nothing says that it was tried again: the key may name something new by now",)


def explain(facts: Facts) -> Explanation:
    """Say how long after its first use the key worked again."""
    facts = named(facts)
    pause, key = duration(facts["seconds"]), coded(short(facts["key"]))
    due_each = facts["due_each"]
    return Explanation(
        title=f"{facts['action']} took effect again under key {key}, {pause} later",
        sentences=(
            f"The idempotency key `{facts['key']}` was used again {pause} after its first use."
            f" {_memory(facts)} {teller(facts)} {plural(facts['effects'], 'effect')}: {ids(facts)}."
            f"{returned(facts)}{_may_be_due(due_each)}"
        ),
        reasons_for=[f"{facts['effects']} distinct effect ids under one key"],
        reasons_against=(*caveat(facts), *_unsaid(facts), *other_use(facts)),
        disproof=(
            "The key names a subscription: look whether an invoice of its own stands behind each."
            if due_each
            else "The key is meant to come again, as a subscription's: look for the period of each."
        ),
        remedy="Do not repeat a call that is older than its key; ask for its outcome instead.",
    )


KEY_EXPIRED = Pattern(
    detector="duplicate_side_effect",
    name="key_expired",
    question="Was a key used again after it had been forgotten?",
    kinds=("effect",),
    needs=("operation_key", "effect_id", "occurred_at", "outcome"),
    cure="Log the idempotency key, the time and the id of what was made with every effect.",
    drawn_from="""(
        SELECT operation_key FROM suspect_effects WHERE repeats_key AND counted
        GROUP BY operation_key
        HAVING epoch(max(occurred_at) - min(occurred_at))
            > min(coalesce(remembered.lifetime_s, $key_lifetime_s))
    )""",
    partition_key="operation_key",
    rank=4,
    explain=explain,
    parameters={
        "key_lifetime_s": Parameter(
            default=86_400,
            unit="seconds",
            why="Most providers say 24 hours; `key_lifetimes.sql` holds what each says.",
            source="The providers' pages",
        ),
        "min_keys": Parameter(
            default=5,
            unit="keys",
            why="A pause is whole days, 90 minutes more or less, in one of 8 cases by chance; that"
            " five are so has a chance of 1 in 32,768.",
            source=DERIVED,
        ),
    },
    suppressors=suppressors(
        "authorise_then_capture",
        "other_stage",
        "scheduled_run",
        "instalment",
        "fan_out",
        "unnamed_systems",
        "test_mode",
    ),
    disproved_by="instalment",
)
