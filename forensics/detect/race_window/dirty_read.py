"""Somebody read a version of a record that never stood."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import everyone, innocent, who
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say who read what, whose it was, and why it never stood."""
    record = coded(facts["record"])
    readers, writer = facts["readers"], facts["writer"]
    how = (
        "had written in a transaction that was rolled back"
        if facts["how"] == "rolled_back"
        else "replaced in the same transaction"
    )
    return Explanation(
        title=f"Version {facts['version']} of {record} was read and never stood",
        sentences=(
            f"{everyone(readers)} read version {facts['version']} of {record}, which"
            f" {who(writer)} {how}. Whatever rests on it rests on something that never was."
        ),
        reasons_for=[f"the version that was read is the one that {who(writer)} made"],
        reasons_against=(
            ["a number comes again: a commit that nobody logged may have made it"]
            if facts["counted"]
            else ["the reader may have looked again without logging it"]
        ),
        disproof="Show a committed write of that version, or that nothing was done on the read.",
        remedy="Read at READ COMMITTED or above; tell others of a change after its commit only.",
    )


DIRTY_READ = Pattern(
    detector="race_window",
    name="dirty_read",
    question="Did somebody read a version that its own transaction took back or replaced?",
    kinds=("read", "write", "effect"),
    needs=("entity_id", "version_read|version_written", "transaction_id", "outcome"),
    cure="Log the version and the transaction of reads and writes, and how transactions end.",
    drawn_from="accesses WHERE is_write AND transaction_id IS NOT NULL",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=4,
    explain=explain,
    suppressors=innocent("same_chain", "disjoint_fields", "last_write_wins", "recreated"),
)
