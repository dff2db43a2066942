"""A write was built on an older version than the one it replaced."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import everyone, fields, innocent, who
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural

_PROOF = {
    "version": "The version numbers alone show it; no clock is needed.",
    "order": "The log shows the other write between the state it had read and its own write.",
}


def explain(facts: Facts) -> Explanation:
    """Say whose write was overwritten by whom, and on what the overwriting one was built."""
    record = coded(facts["record"])
    *overwritten, stale = facts["writers"]
    lost = plural(len(overwritten), "newer write")
    return Explanation(
        title=f"A write of {record} built on version {facts['base']} replaced {lost}",
        sentences=(
            f"{who(stale)} wrote {fields(facts['fields'])} of {record}, built on version"
            f" {facts['base']}, although {everyone(overwritten)} had committed since, up to"
            f" version {facts['current']}. {_PROOF[facts['proof']]}"
        ),
        reasons_for=[f"base {facts['base']}, but {facts['current']} stood there"],
        reasons_against=["the writer may have merged the newer version without logging the read"],
        disproof="It set what stood there already: compare the record with what each of them set.",
        remedy="Write only if the version is still the one that was read.",
    )


STALE_WRITE = Pattern(
    detector="race_window",
    name="stale_write",
    question="Did a write replace a newer version than the one it was built on?",
    kinds=("write", "effect"),
    needs=("entity_id", "version_read|version_seen", "version_written", "outcome"),
    outcomes_of=("read|version_read",),
    cure="Log with every write the version it was built on and the version it produced. Row changes"
    " hold the first where they hold the row before (PostgreSQL: `REPLICA IDENTITY FULL`; DMS:"
    " `BeforeImageSettings`).",
    drawn_from="writes WHERE base_kind = 'version' AND committed",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=3,
    explain=explain,
    suppressors=innocent(
        "guarded",
        "commutative",
        "same_chain",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "held_lock",
        "clock_uncertain",
    ),
    disproved_by="same_value",
)
