"""Two systems were writing different values to the same fields at one time."""

from forensics.detect import chance
from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import everyone, fields, innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say who wrote what at once, and that this proves no loss."""
    record = coded(facts["record"])
    writers = facts["writers"]
    by_design, by_chance = chance.said(facts)
    return Explanation(
        title=f"{len(writers)} writers were writing {record} at the same time",
        sentences=(
            f"{everyone(writers)} were writing {fields(facts['fields'])} of {record} with"
            " different values, and their writes overlap in time. One of the values stands now; the"
            " log does not show whether anybody minded the others."
        ),
        reasons_for=["no common cause", "different values", "both under way at once", *by_design],
        reasons_against=["writes that overlap in time are common and mostly harmless", *by_chance],
        disproof="The store let the later write pass only because it had seen the earlier.",
        remedy="Let one system own the field, or write only if the version has not changed.",
    )


OVERLAPPING_WRITES = Pattern(
    detector="race_window",
    name="overlapping_writes",
    question="Were two systems writing different values to one record at the same time?",
    kinds=("write", "effect"),
    needs=("entity_id", "ended_at", "system|actor", "after_hash|changes", "outcome"),
    cure="Log start and end of every write, its fields and a hash of what it left.",
    drawn_from="writes WHERE settled > began",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=13,
    explain=explain,
    suppressors=innocent(
        "same_chain",
        "guarded",
        "commutative",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "held_lock",
        "clock_uncertain",
    ),
    disproved_by="guarded",
    chance_of="such overlaps",
)
