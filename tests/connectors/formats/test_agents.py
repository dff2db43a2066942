"""What transcripts and traces of AI agents mean where it decides over a finding."""

from collections import Counter
from typing import Any

from tests.connectors.formats.reading import DATA, sample


def _events(name: str, **wanted: str) -> list[dict[str, Any]]:
    """The events of a sample that hold what is wanted, in the order of their conversation."""
    found = [e for e in sample(DATA / name).events if wanted.items() <= e.items()]
    return sorted(found, key=lambda event: event.get("source_seq", 0))


def test_an_approval_names_exactly_what_was_approved() -> None:
    (refund,) = _events("anthropic/session.json", kind="effect")
    allowed, denied = _events("anthropic/session.json", kind="approval")

    assert (allowed["outcome"], denied["outcome"]) == ("ok", "rejected")
    assert allowed["cause_id"] == refund["execution_id"]
    assert allowed["approval"]["subject_hash"] == str(refund["payload_hash"])
    assert refund["other_causes"] == [allowed["execution_id"]]


def test_a_call_that_was_refused_was_not_made() -> None:
    ends = _events("anthropic/session.json", phase="end", action="payments/refund")

    assert sorted(end["outcome"] for end in ends) == ["ok", "rejected"]


def test_a_transcript_that_repeats_itself_tells_of_each_call_once() -> None:
    charges = _events("anthropic/requests.jsonl", action="charge")

    assert len(charges) == 6
    assert len({charge["occurrence_id"] for charge in charges}) == 4
    assert len({charge["execution_id"] for charge in charges}) == 2
    assert len({charge["payload_hash"] for charge in charges}) == 1


def test_the_time_of_a_request_is_not_that_of_what_it_repeats() -> None:
    assert not any("occurred_at" in event for event in _events("anthropic/requests.jsonl"))


def test_an_id_that_is_used_again_is_a_call_of_its_own() -> None:
    failed, cancelled = _events("openai/chats.jsonl", phase="end", action="cancel")

    assert (failed["outcome"], cancelled["outcome"]) == ("error", "ok")
    assert failed["execution_id"] != cancelled["execution_id"]
    assert failed["payload_hash"] != cancelled["payload_hash"]
    assert failed["occurrence_id"] != cancelled["occurrence_id"]


def test_a_refused_approval_is_no_call() -> None:
    (approval,) = _events("openai/response.json", kind="approval")
    told = _events("openai/response.json", action="payments/refund")

    assert approval["outcome"] == "rejected"
    assert {event["kind"] for event in told} == {"other", "approval"}


def test_a_session_that_repeats_a_line_tells_of_one_call() -> None:
    calls = _events("claude_code/session.jsonl", phase="start")
    told = Counter(call["occurrence_id"] for call in calls)

    assert sorted(told.values()) == [1, 1, 2]
    assert [e["outcome"] for e in _events("claude_code/session.jsonl", phase="end")] == [
        "error",
        "ok",
        "rejected",
    ]


def test_each_side_of_a_session_numbers_its_own_requests() -> None:
    (approved,) = _events("mcp/session.json", kind="approval")
    (charged,) = _events("mcp/session.json", kind="effect")

    assert approved["action"] == "elicitation/create"
    assert charged["action"] == "charge"
    assert approved["execution_id"] != charged["execution_id"]


def test_answers_in_lines_belong_to_their_requests_all_the_same() -> None:
    together, alone = (
        {e["execution_id"] for e in _events(f"mcp/{name}")}
        for name in ("session.json", "lines.jsonl")
    )

    assert alone < together


def test_a_span_in_two_shapes_is_one_occurrence() -> None:
    (answered,) = _events("openinference/spans.json", kind="effect")
    (framed,) = _events("openinference/dataframe.jsonl", kind="effect")

    assert answered["occurrence_id"] == framed["occurrence_id"]
    assert answered["effect_id"] == framed["effect_id"]


def test_a_tool_that_is_called_for_two_things_is_a_fan_out() -> None:
    name = "langfuse/framework-traces__claude-agent-2025-12-22.trace.json"
    first, second = _events(name, kind="attempt")

    assert first["entity_id"] == second["entity_id"]
    assert first["payload_hash"] != second["payload_hash"]


def test_a_tool_made_what_its_answer_names_after_it() -> None:
    refunds = _events("otlp/agent.json", action="issue_refund")

    assert [e.get("effect_id") for e in refunds] == [
        "re_3Px2KQ8sLm2Vd72",
        None,
        "re_3Px2KQ8sLm2Vd73",
    ]
    assert [e["kind"] for e in refunds] == ["effect", "attempt", "attempt"]


def test_what_a_tool_looked_up_it_did_not_make() -> None:
    (looked_up,) = _events("otlp/agent.json", action="get_order")
    (sent,) = _events("otlp/agent.json", action="send_email")

    assert (looked_up["kind"], looked_up.get("effect_id")) == ("attempt", None)
    assert (sent["kind"], sent["effect_class"]) == ("effect", "messaging")


def test_the_same_call_of_a_tool_is_known_by_what_it_was_asked_for() -> None:
    first, again, other = _events("otlp/agent.json", action="issue_refund")
    (unasked,) = _events("otlp/agent.json", action="send_email")

    assert first["payload_hash"] == again["payload_hash"] != other["payload_hash"]
    assert "payload_hash" not in unasked
    assert not any("operation_key" in e for e in (first, again, other, unasked))


def test_a_timeout_of_a_tool_may_have_done_its_work() -> None:
    first, second = (e for e in _events("langsmith/runs.jsonl") if e["action"] == "charge")

    assert (first["outcome"], first["attempt"]) == ("timeout", 1)
    assert (second["kind"], second["attempt"]) == ("effect", 2)
