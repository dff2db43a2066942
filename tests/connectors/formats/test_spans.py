"""Which spans of Jaeger and Zipkin are one call, and which are several."""

from tests.connectors.formats.reading import DATA, sample

JAEGER = sample(DATA / "jaeger" / "conventions.json").events
ZIPKIN = sample(DATA / "zipkin" / "traces.json").events


def test_a_resend_is_a_second_attempt_at_the_same_operation() -> None:
    first, second = (event for event in JAEGER if event.get("operation_key") == "op-1")

    assert (first.get("attempt"), second["attempt"]) == (None, 2)
    assert (first["outcome"], second["outcome"]) == ("timeout", "rejected")
    assert first["execution_id"] != second["execution_id"]


def test_halves_that_share_a_jaeger_span_are_two_occurrences() -> None:
    halves = [event for event in JAEGER if event["execution_id"].endswith("90003")]

    assert [half["kind"] for half in halves] == ["attempt", "trigger"]
    assert len({half["occurrence_id"] for half in halves}) == 2


def test_a_span_that_was_exported_twice_is_one_occurrence() -> None:
    twice = sample(DATA / "jaeger" / "fixtures__otlp2jaeger-out.json").events

    assert len(twice) == 2
    assert len({event["occurrence_id"] for event in twice}) == 1


def test_a_batch_has_several_causes() -> None:
    (handled,) = (event for event in JAEGER if event["kind"] == "delivery")

    assert handled["cause_id"].endswith("/00f067aa0ba90001")
    assert handled["other_causes"] == ["5bf92f3577b34da6a3ce929d0e0e4737/10f067aa0ba90001"]


def test_the_shared_half_of_a_zipkin_span_is_called_by_the_other() -> None:
    client, *server = (e for e in ZIPKIN if "/b7ad6b7169203331" in e["execution_id"])

    assert client["kind"] == "attempt"
    assert {half["cause_id"] for half in server} == {client["execution_id"]}
    # The server's half was reported twice.
    assert len(server) == 2
    assert len({half["occurrence_id"] for half in server}) == 1


def test_calls_below_one_parent_to_other_things_are_a_fan_out() -> None:
    calls = [event for event in ZIPKIN if event.get("target_system") == "stock"]

    assert len({call["cause_id"] for call in calls}) == 1
    assert len({call["payload_hash"] for call in calls}) == len(calls) == 3
