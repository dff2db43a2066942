"""The canonical event: one row is one thing that one log says happened.

The names, types and meanings are public: mappings, detectors, notebooks and other people's
queries rely on them. Times are UTC microseconds. `REQUIRED` columns are never null; of the rest,
the more a log has, the more can be seen.
"""

from dataclasses import dataclass

import pyarrow as pa

_TIME = pa.timestamp("us", tz="UTC")
_TEXT = pa.string()
_CHANGE = pa.struct([("name", _TEXT), ("before", pa.int64()), ("after", pa.int64())])
_RELATED = pa.struct([("type", _TEXT), ("id", _TEXT), ("role", _TEXT)])
_LOCK = pa.struct([("mode", _TEXT), ("expires_at", _TIME), ("fencing_token", _TEXT)])
_APPROVAL = pa.struct([("id", _TEXT), ("subject_hash", _TEXT), ("expires_at", _TIME)])

ENUMS: dict[str, tuple[str, ...]] = {
    "time_means": ("start", "end", "logged", "received"),
    "vantage": (
        "client", "server", "proxy", "broker", "database", "provider", "orchestrator", "agent",
    ),
    "actor_kind": (
        "human", "service", "worker", "orchestrator", "ai_agent", "provider", "schedule",
    ),
    "kind": (
        "trigger", "delivery", "attempt", "effect", "read", "write", "lock", "inference",
        "approval", "state", "change", "other",
    ),
    "phase": ("single", "start", "progress", "end"),
    "effect_class": (
        "billing", "messaging", "crm", "ledger", "inventory", "access", "infrastructure", "data",
        "other",
    ),
    "outcome": (
        "ok", "error", "timeout", "rejected", "replayed", "skipped", "cancelled", "partial",
        "pending", "unknown",
    ),
    "error_kind": (
        "throttle", "timeout", "network", "conflict", "validation", "auth", "not_found", "server",
        "dependency", "other",
    ),
    "attempt_kind": (
        "transport", "proxy", "broker", "provider", "application", "task", "workflow",
    ),
    "trigger_kind": (
        "user", "api", "schedule", "webhook", "event", "manual_retry", "replay", "backfill",
        "continue_as_new",
    ),
    "write_kind": ("create", "update", "delete", "upsert"),
    "money_stage": (
        "authorised", "captured", "refunded", "reversed", "disputed", "settled", "fee", "debited",
        "credited", "reinstated",
    ),
}  # fmt: skip
"""Columns whose values are one of a few words; a mapping that yields another word is told so."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the canonical event.

    Attributes:
        name: As it is in every table, query and file.
        type: Arrow type.
        meaning: One sentence, without the words of `ENUMS`.
        default: What stands in where a mapping gives nothing; null when nothing does.
        given_by: `mapping` (a format says how), or `ingest` (filled for every record).
    """

    name: str
    type: pa.DataType
    meaning: str
    default: str | None = None
    given_by: str = "mapping"


COLUMNS: tuple[Column, ...] = (
    Column("event_id", _TEXT, "this line of this log; unique in the case"),
    Column("source", _TEXT, "the log it came from, as the analyst calls it", given_by="ingest"),
    Column("source_position", _TEXT, "where in that log", given_by="ingest"),
    Column("source_part", pa.int32(), "which of several events one record gave",
           given_by="ingest"),
    Column("source_stream", _TEXT, "partition, shard or session within which `source_seq` orders"),
    Column("source_seq", pa.int64(), "order that needs no clock: offset, LSN, row id"),
    Column("acquisition_id", _TEXT, "the acquisition that read it", given_by="ingest"),
    Column("occurrence_id", _TEXT, "the source's own id of what happened"),
    Column("delivery_id", _TEXT, "the message or webhook, the same in each redelivery"),
    Column("handoff_id", _TEXT, "one attempt to deliver"),
    Column("operation_key", _TEXT, "idempotency key or operation id that the caller gave"),
    Column("effect_id", _TEXT, "the change in the world: charge id, message id, inserted key"),
    Column("occurred_at", _TIME, "by the clock of the emitting system; null when the log has none"),
    Column("time_means", _TEXT, "what `occurred_at` stamps; `start` when null"),
    Column("ended_at", _TIME, "end of what took time; null when it was never acknowledged"),
    Column("recorded_at", _TIME, "when the log says it was written"),
    Column("enqueued_at", _TIME, "when it was put in the queue"),
    Column("scheduled_for", _TIME, "the tick or date it was meant for"),
    Column("retry_after", _TIME, "not to be tried again before"),
    Column("clock", _TEXT, "clock domain; `system` when null"),
    Column("clock_resolution_us", pa.int64(), "resolution of `occurred_at` in microseconds"),
    Column("system", _TEXT, "the system that acted"),
    Column("target_system", _TEXT, "the system it called"),
    Column("vantage", _TEXT, "who witnessed it"),
    Column("actor", _TEXT, "the principal that acted"),
    Column("actor_kind", _TEXT, "what kind of principal"),
    Column("on_behalf_of", _TEXT, "the principal behind the actor"),
    Column("origin", _TEXT, "who the source says made the change"),
    Column("consumer", _TEXT, "consumer group, subscription or endpoint"),
    Column("kind", _TEXT, "what the row is", "other"),
    Column("phase", _TEXT, "which row of an action that the log writes in several", "single"),
    Column("action", _TEXT, "the verb, in the source's own words", "unknown"),
    Column("effect_class", _TEXT, "class of side effect; null when none"),
    Column("reversible", pa.bool_(), "whether the effect can be taken back"),
    Column("compensates_effect_id", _TEXT, "the effect that this one takes back"),
    Column("outcome", _TEXT, "what came of it", "unknown"),
    Column("error", _TEXT, "error code as logged"),
    Column("error_kind", _TEXT, "what kind of error"),
    Column("attempt", pa.int32(), "1 for the first, whatever base the source counts from"),
    Column("attempt_kind", _TEXT, "the layer that tried again"),
    Column("trigger_kind", _TEXT, "what set it off"),
    Column("entity_type", _TEXT, "type of the record acted on"),
    Column("entity_id", _TEXT, "id of the record acted on"),
    Column("related", pa.list_(_RELATED), "other records involved"),
    Column(
        "natural_key",
        _TEXT,
        "the business key that should be unique: of what is owed (an invoice's number), not of what"
        " was made (a charge's)",
    ),
    Column("item_key", _TEXT, "which item of a batch or order"),
    Column("period_key", _TEXT, "which billing or reporting period"),
    Column("write_kind", _TEXT, "how the record was written"),
    Column("fields", pa.list_(_TEXT), "fields read or written; null when unknown or all"),
    Column("changes", pa.list_(_CHANGE), "hashes of single fields before and after"),
    Column("before_hash", pa.int64(), "hash of the record before; for a read, of what was read"),
    Column("after_hash", pa.int64(), "hash of the record after"),
    Column("version_read", _TEXT, "row version, ETag or revision seen"),
    Column("version_written", _TEXT, "row version, ETag or revision produced"),
    Column("conditional", pa.bool_(), "held only if what it had read was still true"),
    Column("predicate", _TEXT, "what a read searched for, when not one record"),
    Column("commutative", pa.bool_(), "an increment, append or set-add"),
    Column("transaction_id", _TEXT, "database or business transaction"),
    Column("lock", _LOCK, "for kind `lock`: mode, lease end, fencing token"),
    Column("approval", _APPROVAL, "for kind `approval`: which decision, on what, until when"),
    Column("execution_id", _TEXT, "the run, task, span or transaction; `event_id` when none"),
    Column("previous_execution_id", _TEXT, "continued-as-new, re-run or retry of"),
    Column("cause_id", _TEXT, "the `execution_id` (or `event_id`) that caused it"),
    Column("other_causes", pa.list_(_TEXT), "further causes: batches, span links"),
    Column("progress", _TEXT, "cursor or remaining count of a run that continues itself"),
    Column("trace_id", _TEXT, "correlation across systems"),
    Column("workflow", _TEXT, "name of the workflow, job or handler"),
    Column("workflow_version", _TEXT, "its version"),
    Column("amount", pa.decimal128(18, 4), "money, unsigned, in major units"),
    Column("currency", _TEXT, "ISO 4217 code, upper case"),
    Column("money_stage", _TEXT, "where the money stood"),
    Column("customer_id", _TEXT, "who is affected"),
    Column("tenant", _TEXT, "whose account; never mixed in one comparison"),
    Column(
        "environment",
        _TEXT,
        "`live` (also written `production`, `prod` or `prd`), `test` or another name; never mixed"
        " in one comparison. What names none is compared with what is live",
    ),
    Column("payload_hash", pa.int64(), "hash of the business payload without volatile fields"),
    Column("attributes", _TEXT, "JSON of what the mapping did not place, secrets masked"),
    Column("raw", _TEXT, "the record as read, secrets masked"),
)  # fmt: skip

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}

TOLD_BY: dict[str, tuple[str, str]] = {
    "content_read": ("before_hash", "of a write, as its writer had read the record"),
    "numbered_record": ("attempt", "beside the `entity_id` of a record: no tool, model or URL"),
    "read_order": ("source_seq", "in a log that has the reads too"),
    "traced_call": ("trace_id", "or `cause_id`, beside a `payload_hash` or a record's `entity_id`"),
    "session_actor": ("actor", "of its transaction in the database's log of statements"),
    "version_seen": ("version_read", "of a read in the same `execution_id` or `transaction_id`"),
    "writing_system": ("system", "in a log that is not the store's own, whose name is no writer's"),
}
"""What patterns need that is no column: the column that tells it, and where."""

REQUIRED = frozenset(
    {
        "event_id", "source", "source_position", "acquisition_id", "kind", "phase", "action",
        "outcome", "execution_id",
    }
)  # fmt: skip

DISPLAY: tuple[Column, ...] = (
    Column("source_path", _TEXT, "the file as it was typed; for people", given_by="ingest"),
    Column("source_line", pa.int64(), "line number in that file; for people", given_by="ingest"),
)
"""Kept beside the canonical columns so that a person can find the line; never compared."""

EVENTS = pa.schema(
    [pa.field(c.name, c.type, nullable=c.name not in REQUIRED) for c in (*COLUMNS, *DISPLAY)]
)
"""Arrow schema of the events table."""
