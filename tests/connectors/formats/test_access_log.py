"""What lines of access logs say where it decides over a finding."""

from pathlib import Path
from typing import Any

import pytest

from forensics.case.mapping_choice import MappingChoice
from tests.connectors.formats.reading import DATA, MAPPINGS, sample
from tests.normalise.batches import prepared, staged

PROVIDER = Path(__file__).parents[2] / "data" / "text_logs" / "provider_access.log"
PROVIDERS_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' "$http_referer" "$http_user_agent" rid=$http_x_request_id idem=$http_idempotency_key'
    " rt=$request_time"
)
UPSTREAMS = (
    '$remote_addr "$request" $status $msec $request_time $request_id'
    " $upstream_addr $upstream_status $http_traceparent"
)


def _read(log_format: str, *lines: str) -> list[dict[str, Any]]:
    choice = MappingChoice.of((), list(MAPPINGS.values()), log_format=log_format)
    (forced,) = choice.forced
    with prepared() as connection:
        events, tally, problems = staged(connection, forced, [line.encode() for line in lines])
    assert (tally.mapped, problems) == (len(lines), [])
    return events


def _proxied(status: str, addresses: str, statuses: str) -> list[dict[str, Any]]:
    line = (
        f'192.0.2.7 "POST /charges HTTP/1.1" {status} 1795499002.776 1.500 4f1c'
        f" {addresses} {statuses} 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    )
    return _read(UPSTREAMS, line)


def test_a_list_of_upstreams_is_a_retry_of_the_proxy() -> None:
    request, retry = _proxied("200", "10.0.0.1:80, 10.0.0.2:80", "502, 200")

    assert (request["vantage"], request["outcome"], request.get("attempt")) == (
        "server",
        "ok",
        None,
    )
    assert (retry["vantage"], retry["attempt"], retry["attempt_kind"]) == ("proxy", 2, "proxy")
    assert (retry["outcome"], retry["error"], retry["error_kind"]) == ("ok", "502", "dependency")
    assert request["execution_id"] == retry["execution_id"] == "4f1c"


def test_one_upstream_is_no_retry() -> None:
    (request,) = _proxied("200", "10.0.0.1:80", "200")

    assert request["kind"] == "attempt"
    assert request["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert request["cause_id"] == "4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7"


def test_a_request_with_its_duration_began_before_it_was_logged() -> None:
    (request,) = _proxied("200", "10.0.0.1:80", "200")

    assert str(request["occurred_at"]) == "2026-11-24 05:43:21.276000+00:00"
    assert str(request["ended_at"]) == "2026-11-24 05:43:22.776000+00:00"


@pytest.mark.parametrize(
    ("status", "outcome", "kind"),
    [
        ("499", "unknown", "network"),
        ("504", "timeout", "timeout"),
        ("502", "error", "dependency"),
        ("429", "rejected", "throttle"),
        ("409", "rejected", "conflict"),
        ("302", "ok", None),
    ],
)
def test_a_status_is_an_outcome(status: str, outcome: str, kind: str | None) -> None:
    request = _proxied(status, "10.0.0.1:80", status)[0]

    assert (request["outcome"], request.get("error_kind")) == (outcome, kind)


def test_what_was_cut_off_may_have_been_done() -> None:
    outcomes = [event["outcome"] for event in sample(DATA / "access_log" / "envoy.txt").events]

    assert outcomes == ["ok", "error", "unknown", "unknown"]


def test_the_attempts_of_a_proxy_are_counted() -> None:
    log_format = (
        '[%START_TIME%] "%REQ(:METHOD)% %REQ(:PATH)%" %RESPONSE_CODE% %RESPONSE_FLAGS%'
        " %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CLUSTER%"
    )

    once, _, retried = _read(
        log_format,
        '[2026-11-24T05:41:55.123Z] "POST /charges" 200 - 1 billing',
        '[2026-11-24T05:41:56.123Z] "POST /charges" 503 URX 3 billing',
    )

    assert once["outcome"] == "ok"
    assert (retried["attempt"], retried["target_system"], retried["error"]) == (3, "billing", "URX")


def test_a_recorded_log_is_read_in_its_own_format() -> None:
    lines = PROVIDER.read_text(encoding="utf-8").splitlines()

    events = _read(PROVIDERS_FORMAT, *lines)

    assert len(events) == len(lines)
    assert {event["action"] for event in events} <= {"POST /v1/emails", "POST /v1/charges"}
    assert all(event["trace_id"].count("-") == 4 for event in events)
    assert not any("operation_key" in event for event in events)


def test_the_ids_of_a_path_are_its_entity() -> None:
    first, second, *_ = sample(DATA / "access_log" / "nginx_combined.txt").events

    assert (first["action"], first["entity_id"]) == ("GET /orders/*", "/orders/17")
    assert (second["action"], second.get("entity_id")) == ("POST /v1/charges", None)
