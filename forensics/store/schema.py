"""The tables of a case and their columns."""

import pyarrow as pa

from forensics.model.columns import EVENTS

CASE_VERSION = 4
"""Schema version of a case; a newer tool migrates an older case, an older tool refuses."""

_TIME = pa.timestamp("us", tz="UTC")
_COUNTS = pa.map_(pa.string(), pa.int64())

QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("source_position", pa.string(), nullable=False),
        pa.field("source_path", pa.string()),
        pa.field("source_line", pa.int64()),
        pa.field("acquisition_id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("content", pa.string()),
    ]
)
"""Records that could not be read, with the reason and the (masked) bytes."""

ACQUISITIONS = pa.schema(
    [
        pa.field("acquisition_id", pa.string(), nullable=False),
        pa.field("page", pa.int64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("address", pa.string(), nullable=False),
        pa.field("part", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("framing", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("mapping_digest", pa.string(), nullable=False),
        pa.field("generation", pa.int64(), nullable=False),
        pa.field("start_offset", pa.int64(), nullable=False),
        pa.field("end_offset", pa.int64(), nullable=False),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("head_length", pa.int64(), nullable=False),
        pa.field("head_sha256", pa.string(), nullable=False),
        pa.field("milestones", pa.string(), nullable=False),
        pa.field("cursor", pa.string()),
        pa.field("records_read", pa.int64(), nullable=False),
        pa.field("mapped", pa.int64(), nullable=False),
        pa.field("ignored", pa.int64(), nullable=False),
        pa.field("already_stored", pa.int64(), nullable=False),
        pa.field("quarantined", pa.int64(), nullable=False),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("ignored_by_name", _COUNTS),
        pa.field("first_at", _TIME),
        pa.field("last_at", _TIME),
        pa.field("read_by", pa.string(), nullable=False),
        pa.field("read_at", _TIME, nullable=False),
        pa.field("tool_version", pa.string(), nullable=False),
    ]
)
"""Who read what, when, with which tool: one row a page and part. The newest row of a part is
the cursor from which the next acquisition goes on. A source that is mapped anew begins a new
generation; rows of earlier ones are custody alone."""

COVERAGE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("part", pa.string(), nullable=False),
        pa.field("page", pa.int64(), nullable=False),
        pa.field("first_at", _TIME),
        pa.field("last_at", _TIME),
        pa.field("state", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("control_total", pa.int64()),
    ]
)
"""For each source and part (or sequence) the period seen and whether it is whole. The row with the
highest `page` wins; the rows of a part `times ...` (its zone is the reason) add up."""

EVIDENCE = pa.schema(
    [
        pa.field("finding_id", pa.string(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("pattern", pa.string(), nullable=False),
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
    ]
)
"""Every event of every finding."""

SUPPRESSED = pa.schema([*EVIDENCE, pa.field("suppressor", pa.string(), nullable=False)])
"""The same for candidates that a named suppressor explained."""

FINDINGS = pa.schema(
    [
        pa.field("finding_id", pa.string(), nullable=False),
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("pattern", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("grade", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("first_at", _TIME),
        pa.field("last_at", _TIME),
        pa.field("excess", pa.int64(), nullable=False),
        pa.field("incident_id", pa.string()),
        pa.field("run_at", _TIME, nullable=False),
        pa.field("document", pa.string(), nullable=False),
    ]
)
"""One row a finding and run; `document` is the whole finding as JSON."""

RUNS = pa.schema(
    [
        pa.field("run_at", _TIME, nullable=False),
        pa.field("findings", pa.int64(), nullable=False),
        pa.field("tool_version", pa.string(), nullable=False),
        pa.field("document", pa.string(), nullable=False),
        pa.field("resolved", pa.list_(pa.string())),
    ]
)
"""One row an audit; `document` is its `findings.json`, `resolved` the findings of earlier runs that
it would have shown and did not."""

ACCEPTANCES = pa.schema(
    [
        pa.field("finding_id", pa.string(), nullable=False),
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("events", pa.list_(pa.string())),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("until", _TIME),
        pa.field("withdrawn", pa.bool_(), nullable=False),
        pa.field("said_by", pa.string(), nullable=False),
        pa.field("said_at", _TIME, nullable=False),
        pa.field("tool_version", pa.string(), nullable=False),
    ]
)
"""Who accepted which finding, as it stood then: `events` is its evidence. The newest row of a
finding holds, until `until`."""

TABLES: dict[str, pa.Schema] = {
    "events": EVENTS,
    "quarantine": QUARANTINE,
    "coverage": COVERAGE,
    "findings": FINDINGS,
    "runs": RUNS,
    "acceptances": ACCEPTANCES,
    "evidence": EVIDENCE,
    "suppressed": SUPPRESSED,
    "acquisitions": ACQUISITIONS,
}
"""In the order in which a commit writes them: the cursor last."""
