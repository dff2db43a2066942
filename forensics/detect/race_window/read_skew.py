"""A transaction saw half of what another had done."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import innocent, who
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say which record was read before the other's change and which after it."""
    old = coded(facts["old"])
    new = coded(facts["new"])
    reader, writer = facts["reader"], facts["writer"]
    others = facts["writer_count"] - 1
    more = f" The same holds for {plural(others, 'other transaction')}." if others else ""
    return Explanation(
        title=f"{who(reader)} saw {new} after a change and {old} before it",
        sentences=(
            f"{who(writer)} wrote {old} and {new} in one transaction."
            f" {who(reader)} read version {facts['new_version']} of {new}, which that had"
            f" made, but version {facts['old_version']} of {old}, which that replaced."
            f" The two never stood together.{more}"
        ),
        reasons_for=["the versions show one read after the change and one before it"],
        reasons_against=["what was read may not have been taken together"],
        disproof="The writes left what had been read as it was: compare what it held then and now.",
        remedy="Read in one snapshot (REPEATABLE READ or above), or look again before acting.",
    )


READ_SKEW = Pattern(
    detector="race_window",
    name="read_skew",
    question="Did a transaction see one record after another's change and a second one before it?",
    kinds=("read", "write", "effect"),
    needs=("entity_id", "version_read", "transaction_id", "outcome"),
    outcomes_of=("read", "write"),
    cure="Log every read and write of a transaction with its id and its versions.",
    drawn_from="half_seen",
    partition_key="(tenant, coalesce(environment, 'live'))",
    rank=6,
    explain=explain,
    suppressors=innocent(
        "same_chain", "disjoint_fields", "last_write_wins", "same_value", "recreated"
    ),
    disproved_by="same_value",
)
