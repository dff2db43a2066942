"""OpenTelemetry traces as the collector's file exporter writes them: OTLP/JSON, one export a line.

Shapes after https://opentelemetry.io/docs/specs/otlp/ and its semantic conventions.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sample_data.identifiers import Identifiers
from sample_data.moments import later, microseconds

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5

_EXPORT_SECONDS = 5


def about(entity_type: str, entity_id: str) -> dict[str, Any]:
    """Return the attributes that say which record a span is about."""
    return {"forensics.entity_type": entity_type, "forensics.entity_id": entity_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A client's call of another service; null `status` means that no answer came."""

    caller: str
    callee: str
    name: str
    status: int | None
    seconds: float = 0.08
    resend: int = 0
    key: str | None = None


@dataclass(slots=True)
class TraceLog:
    """Collects spans; `lines` gives the exports of each service."""

    ids: Identifiers
    spans: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)

    def trace(self) -> str:
        """Return a new trace id."""
        return self.ids.hexadecimal("trace", 32)

    def span(
        self,
        service: str,
        name: str,
        start: datetime,
        seconds: float,
        *,
        trace: str,
        kind: int = INTERNAL,
        parent: str | None = None,
        error: str | None = None,
        links: tuple[tuple[str, str], ...] = (),
        attributes: dict[str, Any] | None = None,
    ) -> str:
        """Add one span and return its id; `links` are (trace, span) pairs."""
        span_id = self.ids.hexadecimal("span", 16)
        end = later(start, seconds)
        span: dict[str, Any] = {
            "traceId": trace, "spanId": span_id, "name": name, "kind": kind,
            "startTimeUnixNano": str(microseconds(start) * 1000),
            "endTimeUnixNano": str(microseconds(end) * 1000),
            "attributes": [_attribute(*pair) for pair in (attributes or {}).items()],
            "status": {"code": 2, "message": error} if error else {},
        }  # fmt: skip
        if parent:
            span["parentSpanId"] = parent
        if links:
            span["links"] = [{"traceId": other, "spanId": linked} for other, linked in links]
        self.spans.append((end, service, span))
        return span_id

    def call(
        self,
        call: Call,
        start: datetime,
        *,
        trace: str,
        parent: str | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> str:
        """Add the client span of one HTTP request and return its id."""
        method, _, path = call.name.partition(" ")
        carried: dict[str, Any] = {
            "http.request.method": method, "url.full": f"http://{call.callee}{path}",
            "server.address": call.callee, "peer.service": call.callee,
        }  # fmt: skip
        error = _failure(call.status)
        if call.status is not None:
            carried["http.response.status_code"] = call.status
        if error:
            carried["error.type"] = error
        if call.resend:
            carried["http.request.resend_count"] = call.resend
        if call.key:
            carried["http.request.header.idempotency-key"] = [call.key]
            carried["forensics.operation_key"] = call.key
        return self.span(
            call.caller, call.name, start, call.seconds, trace=trace, kind=CLIENT, parent=parent,
            error=error, attributes=carried | (attributes or {}),
        )  # fmt: skip

    def lines(self) -> list[dict[str, Any]]:
        """Return the exports: the spans that one service ended within a few seconds."""
        exports: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
        for end, service, span in sorted(self.spans, key=lambda row: row[0]):
            window = microseconds(end) // (_EXPORT_SECONDS * 1_000_000)
            exports[window, service].append(span)
        return [
            {"resourceSpans": [_of_service(service, spans)]}
            for (_, service), spans in exports.items()
        ]


def _failure(status: int | None) -> str | None:
    if status is None:
        return "timeout"
    return str(status) if status >= 400 else None


def _of_service(service: str, spans: list[dict[str, Any]]) -> dict[str, Any]:
    resource = {"service.name": service, "deployment.environment.name": "live"}
    return {
        "resource": {"attributes": [_attribute(*pair) for pair in resource.items()]},
        "scopeSpans": [{"scope": {"name": "shop.telemetry", "version": "1.4.0"}, "spans": spans}],
    }


def _attribute(key: str, value: object) -> dict[str, Any]:
    return {"key": key, "value": any_value(value)}


def any_value(value: object) -> dict[str, Any]:
    """A value as OTLP/JSON writes it."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    if isinstance(value, dict):
        pairs = [{"key": name, "value": any_value(inner)} for name, inner in value.items()]
        return {"kvlistValue": {"values": pairs}}
    return {"stringValue": str(value)}
