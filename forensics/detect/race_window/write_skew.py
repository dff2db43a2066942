"""Transactions each changed what another of them had rested on."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import both, everyone, fields, innocent, step
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say who wrote what, and that each had read what another replaced."""
    writers, records = facts["writers"], facts["records"]
    named = " and ".join(map(coded, records[:2])) + (" and others" if records[2:] else "")
    return Explanation(
        title=f"{len(writers)} writes of {named} each undid what another rested on",
        sentences=(
            f"{everyone(writers)} wrote {fields(facts['fields'])} of {named}. Each had read a"
            " record in the version that another of them then replaced, and never saw the new one:"
            f" {both(writers)} may have been right alone, and together in no order."
            f" By the versions {' and '.join(map(step, facts['edges']))}."
        ),
        reasons_for=["by the versions neither can have come before the other"],
        reasons_against=["what was read may have had no part in what was written"],
        disproof="The writes left what had been read as it was: compare what it held then and now.",
        remedy="Run both at SERIALIZABLE, or lock or touch all records that the decision rests on.",
    )


WRITE_SKEW = Pattern(
    detector="race_window",
    name="write_skew",
    question="Did two transactions each replace what the other had read and rested on?",
    kinds=("read", "write", "effect"),
    needs=("entity_id", "version_read", "transaction_id", "outcome"),
    outcomes_of=("read", "write"),
    cure="Log every read and write of a transaction with its id and the version that was read.",
    drawn_from="crossed",
    partition_key="(tenant, coalesce(environment, 'live'))",
    rank=5,
    explain=explain,
    suppressors=innocent(
        "same_chain", "disjoint_fields", "last_write_wins", "same_value", "recreated"
    ),
    disproved_by="same_value",
)
