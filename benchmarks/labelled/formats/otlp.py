"""OpenTelemetry spans in OTLP/JSON, one export a line with one span in it.

What the semantic conventions have a name for is written under that name, what they have none for
as `forensics.<column>`. https://opentelemetry.io/docs/specs/otlp/
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats.canonical import Written, plain
from sample_data.logs.trace import any_value
from sample_data.moments import microseconds

_INTERNAL, _SERVER, _CLIENT, _CONSUMER = 1, 2, 3, 5
_KIND = {"attempt": _CLIENT, "delivery": _CONSUMER, "trigger": _SERVER}
_NATIVE = {
    "system", "action", "kind", "outcome", "environment", "cause_id", "other_causes", "trace_id",
    "target_system", "operation_key", "delivery_id", "ended_at", "error", "error_kind",
    "execution_id", "customer_id", "consumer",
}  # fmt: skip
_STATUS = {
    "error": "500", "timeout": "504", "rejected": "409",
}  # fmt: skip


def write(facts: Sequence[Fact]) -> Written:
    """One span a fact; the first of an execution is the span that the others belong to."""
    traces = _traces(facts)
    begun: set[str] = set()
    for number, fact in enumerate(facts):
        yield fact, _end(fact), _export(fact, number, traces, first=_begins(fact, begun))


def _traces(facts: Sequence[Fact]) -> dict[str, str]:
    """The trace of each execution: the one it names, else its cause's, else one of its own."""
    first = {fact.columns["execution_id"]: fact.columns for fact in reversed(facts)}
    traces: dict[str, str] = {}
    for run in first:
        line = [run]
        while "trace_id" not in first.get(line[-1], {}):
            cause = first.get(line[-1], {}).get("cause_id")
            if cause is None or cause in line:
                break
            line.append(cause)
        named = first.get(line[-1], {}).get("trace_id", line[-1])
        traces[run] = _hex(named, 32)
    return traces


def _begins(fact: Fact, begun: set[str]) -> bool:
    run = fact.columns["execution_id"]
    first = run not in begun
    begun.add(run)
    return first


def _export(fact: Fact, number: int, traces: dict[str, str], *, first: bool) -> dict[str, Any]:
    columns = fact.columns
    run = columns["execution_id"]
    span: dict[str, Any] = {
        "traceId": traces[run],
        "spanId": _hex(run, 16) if first else _hex(f"{run}/{number}", 16),
        "name": columns["action"], "kind": _KIND.get(columns["kind"], _INTERNAL),
        "startTimeUnixNano": str(microseconds(fact.at) * 1000),
        "endTimeUnixNano": str(microseconds(_end(fact)) * 1000),
    }  # fmt: skip
    attributes = _attributes(fact)
    if not first:
        attributes["forensics.execution_id"] = f"{traces[run]}/{_hex(run, 16)}"
    _add_causes(span, columns, traces)
    if columns["outcome"] in _STATUS:
        span["status"] = {"code": 2, "message": columns.get("error", columns["outcome"])}
    span["attributes"] = [
        {"key": key, "value": any_value(value)} for key, value in attributes.items()
    ]
    resource = {
        "service.name": columns["system"],
        "deployment.environment.name": columns["environment"],
    }
    described = [{"key": key, "value": any_value(value)} for key, value in resource.items()]
    return {
        "resourceSpans": [
            {"resource": {"attributes": described}, "scopeSpans": [{"spans": [span]}]}
        ]
    }


def _attributes(fact: Fact) -> dict[str, Any]:
    columns = fact.columns
    named = {
        "peer.service": columns.get("target_system"),
        "idempotency.key": columns.get("operation_key"),
        "messaging.message.id": columns.get("delivery_id"),
        "messaging.consumer.group.name": columns.get("consumer"),
        "customer.id": columns.get("customer_id"),
        "error.type": columns.get("error_kind") if columns["outcome"] in _STATUS else None,
    }
    if columns["kind"] == "attempt":
        named["http.response.status_code"] = _status(columns)
    own = {f"forensics.{name}": plain(v) for name, v in columns.items() if name not in _NATIVE}
    if columns["kind"] not in _KIND:
        own["forensics.kind"] = columns["kind"]
    if columns["outcome"] != "ok":
        own["forensics.outcome"] = columns["outcome"]
    # A server's span has no attribute for whom it calls, an internal one none for who sent it.
    own |= {
        f"forensics.{name}": columns.get(name)
        for name, kinds in (("target_system", {"attempt"}), ("consumer", {"delivery"}))
        if columns["kind"] not in kinds
    }
    return {name: value for name, value in (named | own).items() if value is not None}


def _status(columns: dict[str, Any]) -> int | None:
    given = str(columns.get("error", ""))
    if given.isdigit():
        return int(given)
    return None if columns["outcome"] == "timeout" else int(_STATUS.get(columns["outcome"], 200))


def _add_causes(span: dict[str, Any], columns: dict[str, Any], traces: dict[str, str]) -> None:
    links = []
    for cause in [columns.get("cause_id"), *columns.get("other_causes", [])]:
        if cause is None:
            continue
        trace = traces.get(cause, span["traceId"])
        if trace == span["traceId"] and "parentSpanId" not in span:
            span["parentSpanId"] = _hex(cause, 16)
        else:
            links.append({"traceId": trace, "spanId": _hex(cause, 16)})
    if links:
        span["links"] = links


def _end(fact: Fact) -> datetime:
    return fact.columns.get("ended_at") or fact.at + timedelta(milliseconds=40)


def _hex(name: str, length: int) -> str:
    return sha256(name.encode()).hexdigest()[:length]
