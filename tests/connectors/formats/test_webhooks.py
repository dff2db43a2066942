"""What webhook mappings take for a retry, a redelivery and a fan-out."""

from typing import Any

from tests.connectors.formats.reading import DATA, sample

Events = list[dict[str, Any]]


def _requests(folder: str, name: str = "requests.jsonl") -> Events:
    return [e for e in sample(DATA / folder / name).events if e["kind"] == "delivery"]


def test_a_retry_is_the_same_message_handed_over_again() -> None:
    refused, taken, *_ = _requests("webhooks")

    assert refused["delivery_id"] == taken["delivery_id"] == "msg_1"
    assert refused["consumer"] == taken["consumer"]
    assert refused["handoff_id"] != taken["handoff_id"]
    assert (refused["outcome"], taken["outcome"]) == ("error", "ok")


def test_one_message_at_two_endpoints_is_a_fan_out() -> None:
    first, _, elsewhere, *_ = _requests("webhooks")

    assert first["delivery_id"] == elsewhere["delivery_id"]
    assert first["consumer"] != elsewhere["consumer"]
    assert first["handoff_id"] != elsewhere["handoff_id"]


def test_requests_without_a_message_id_are_never_one_message() -> None:
    *_, legacy, health = _requests("webhooks")

    assert "delivery_id" not in legacy
    assert "delivery_id" not in health
    assert legacy["outcome"] == "unknown"
    assert "not-a-real-token" not in legacy["raw"]


def test_a_guid_at_one_hook_is_a_redelivery_and_at_two_a_fan_out() -> None:
    again, late, other_hook, first, _ = _requests("github", "deliveries.json")

    assert {e["delivery_id"] for e in (again, late, other_hook, first)} == {first["delivery_id"]}
    assert len({e["handoff_id"] for e in (again, late, other_hook, first)}) == 4
    assert again["consumer"] == late["consumer"] == first["consumer"] != other_hook["consumer"]
    assert [e["trigger_kind"] for e in (first, late)] == ["event", "manual_retry"]
    assert (late["outcome"], late["error_kind"]) == ("timeout", "timeout")


def test_what_a_redelivered_body_says_happened_once() -> None:
    said = [e for e in sample(DATA / "github" / "requests.jsonl").events if e["kind"] == "write"]

    assert len(said) == 3
    assert len({e["occurrence_id"] for e in said}) == 1


def test_a_run_that_is_started_again_is_another_execution_of_it() -> None:
    third, first, _ = sample(DATA / "github" / "runs.json").events

    assert (third["attempt"], first["attempt"]) == (3, 1)
    assert third["execution_id"] != first["execution_id"]
    assert third["previous_execution_id"] == "30433642/2"
    assert (third["actor"], third["on_behalf_of"]) == ("hubot", "octocat")
