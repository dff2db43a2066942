"""One idempotency key, more than one effect, while the key should still have been remembered."""

from forensics.detect.contract import Facts, Parameter, Pattern
from forensics.detect.duplicate_side_effect.phrases import (
    apart,
    came_about,
    caveat,
    first,
    ids,
    named,
    other_use,
    returned,
    short,
    suppressors,
    teller,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say which key was used again, how often and how far apart."""
    facts = named(facts)
    key = coded(short(facts["key"]))
    return Explanation(
        title=f"{facts['action']} took effect {facts['effects']} times under key {key}",
        sentences=(
            f"The idempotency key `{facts['key']}` names one operation, {facts['action']}."
            f" {teller(facts)} {plural(facts['effects'], 'effect')} of it: {ids(facts)}"
            f"{apart(facts)}.{first(facts)}{returned(facts)}"
            f"{came_about(facts)}"
        ),
        reasons_for=[f"{facts['effects']} distinct effect ids under one key"],
        reasons_against=(*caveat(facts), *other_use(facts)),
        disproof="The key names a session or a batch: look for what differs between the effects.",
        remedy="Let the callee store the key in the same transaction as the effect.",
    )


SAME_KEY = Pattern(
    detector="duplicate_side_effect",
    name="same_key",
    question="Did one idempotency key change the world more than once?",
    kinds=("effect",),
    needs=("operation_key", "effect_id", "outcome"),
    cure="Log the idempotency key and the id of what was made with every effect.",
    drawn_from="suspect_effects WHERE repeats_key",
    partition_key="operation_key",
    rank=2,
    explain=explain,
    parameters={
        "key_lifetime_s": Parameter(
            default=86_400,
            unit="seconds",
            why="Most providers say 24 hours; `key_lifetimes.sql` holds what each says.",
            source="Stripe, *Idempotent requests*",
        ),
    },
    suppressors=suppressors(
        "idempotent_replay",
        "refused_attempt",
        "authorise_then_capture",
        "other_stage",
        "scheduled_run",
        "instalment",
        "fan_out",
        "unnamed_systems",
        "own_ids",
        "test_mode",
    ),
    disproved_by="fan_out",
)
