"""A store took a write under an older fencing token than it had seen."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import everyone, innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say which token was overtaken, and who wrote with it all the same."""
    record = coded(facts["record"])
    return Explanation(
        title=f"{record} was written with token {facts['older']} after {facts['newer']}",
        sentences=(
            f"{everyone(facts['holders'])} had written {record} with fencing token"
            f" {facts['newer']}. Then {everyone(facts['late'])} wrote it with token"
            f" {facts['older']}, which had been given out before, and the store took it: by then"
            " the lock was somebody else's."
        ),
        reasons_for=[f"token {facts['older']} after {facts['newer']}, and not refused"],
        reasons_against=["the tokens may come from two locks, which count on their own"],
        disproof="The older token came first after all: compare the clocks that stamped the two.",
        remedy="Let the store keep the highest token it has seen and refuse older ones.",
    )


FENCING_VIOLATION = Pattern(
    detector="race_window",
    name="fencing_violation",
    question="Did a store take a write with an older fencing token than it had already seen?",
    kinds=("write", "effect"),
    needs=("entity_id", "lock", "outcome"),
    cure="Log the fencing token of every write under a lock, and the store's order of writes.",
    drawn_from="accesses WHERE is_write AND fence IS NOT NULL",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=10,
    explain=explain,
    suppressors=innocent(
        "guarded",
        "same_chain",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "clock_uncertain",
    ),
    disproved_by="clock_uncertain",
)
