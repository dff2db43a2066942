"""An applier ended on an older version than it had already applied."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say which version stands, which was the newest, and who applied them."""
    record = coded(facts["record"])
    return Explanation(
        title=(
            f"{record} stands at version {facts['standing']}, after {facts['newest']} had"
            " been applied"
        ),
        sentences=(
            f"{facts['applier']} applied version {facts['newest']} of {record} and then"
            f" {plural(facts['late'], 'older version')}; version {facts['standing']} was the last,"
            f" so the record shows an older state than its source."
        ),
        reasons_for=[f"version {facts['standing']} came after {facts['newest']}"],
        reasons_against=["a later, newer version may not be in the log"],
        disproof="The newest version was applied last: compare the clocks that stamped the two.",
        remedy="Apply a version only if it is newer than the one that stands there.",
    )


OUT_OF_ORDER = Pattern(
    detector="race_window",
    name="out_of_order",
    question="Did an older version of a record overwrite a newer one that came before it?",
    kinds=("write", "effect"),
    needs=("entity_id", "version_written", "source_seq|occurred_at", "outcome"),
    cure="Log the version of what was applied with every write.",
    drawn_from="writes WHERE written_number IS NOT NULL",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=11,
    explain=explain,
    suppressors=innocent(
        "guarded",
        "recreated",
        "commutative",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "clock_uncertain",
    ),
    disproved_by="clock_uncertain",
)
