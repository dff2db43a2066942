"""Transactions of which each has to come before the next, and the last before the first."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.circles import find_circles
from forensics.detect.race_window.wording import innocent, step
from forensics.model.finding import Explanation
from forensics.model.words import coded

_CLAIMS = {
    "G0": "a circle of writes alone, which no isolation level allows",
    "G1c": "a circle of writes and of reads that saw them, which READ COMMITTED rules out",
    "G-single": "a circle with one change that was not seen, which snapshots rule out",
    "G2": "a circle with changes that were not seen, which SERIALIZABLE rules out",
}
_MOST_STEPS = 6


def explain(facts: Facts) -> Explanation:
    """Say step by step which transaction has to come before which, and what shows it."""
    records, edges = facts["records"], facts["edges"]
    named = " and ".join(map(coded, records[:2])) + (" and others" if records[2:] else "")
    steps = "; ".join(map(step, edges[:_MOST_STEPS]))
    more = f"; and {len(edges) - _MOST_STEPS} more steps" if len(edges) > _MOST_STEPS else ""
    cut = "" if facts["shortest"] else " There may be a shorter circle: not all were searched for."
    against = ["what they have in common may have had no part in what each did"]
    if not facts["of_the_store"]:
        against.append("the ids may be those of long processes, whose steps are for all to see")
    return Explanation(
        title=f"{len(edges)} transactions on {named} fit in no order",
        sentences=(
            f"By the versions {steps}{more}. So each of them has to come before the next, and"
            f" the last before the first: {_CLAIMS[facts['claim']]} ({facts['claim']}).{cut}"
        ),
        reasons_for=["the versions show every step of the circle"],
        reasons_against=against,
        disproof="The writes left what had been read as it was: compare what it held then and now.",
        remedy="Run them at SERIALIZABLE, or lock or touch all records that a decision rests on.",
    )


DEPENDENCY_CYCLE = Pattern(
    detector="race_window",
    name="dependency_cycle",
    question="Does each of several transactions have to come before another of them?",
    kinds=("read", "write", "effect"),
    needs=("entity_id", "version_read", "transaction_id", "outcome"),
    outcomes_of=("read", "write"),
    cure="Log every read and write of a transaction with its id and its versions.",
    drawn_from="ties",
    partition_key="(tenant, coalesce(environment, 'live'))",
    rank=7,
    explain=explain,
    prepare=find_circles,
    suppressors=innocent(
        "same_chain",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "commutative",
        "recreated",
    ),
    disproved_by="same_value",
)
