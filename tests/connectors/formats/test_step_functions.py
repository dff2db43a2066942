"""What a history of Step Functions means where it decides over a finding."""

from tests.connectors.formats.reading import DATA, sample

EVENTS = sample(DATA / "step_functions" / "history.json").events
CALLS = [event for event in EVENTS if event["action"] == "lambda:invoke"]
SENT = [event for event in EVENTS if event["action"] == "sqs:sendMessage"]


def test_attempts_in_one_visit_of_a_state_are_one_operation() -> None:
    ends = sorted((e for e in CALLS if e["phase"] == "end"), key=lambda e: e["source_seq"])

    assert [(end["attempt"], end["outcome"]) for end in ends] == [
        (1, "error"),
        (2, "timeout"),
        (3, "ok"),
    ]
    assert len({event["operation_key"] for event in CALLS}) == 1
    assert len({event["execution_id"] for event in CALLS}) == 3


def test_the_phases_of_a_call_are_one_execution_and_say_what_was_called() -> None:
    phases = [e for e in CALLS if e["attempt"] == 3]

    assert {e["phase"] for e in phases} == {"start", "progress", "end"}
    assert len({e["execution_id"] for e in phases}) == 1
    assert {e["target_system"] for e in CALLS} == {"charge-card"}


def test_iterations_of_a_map_are_a_fan_out_and_no_retries() -> None:
    told = [event for event in SENT if event["phase"] == "end"]

    assert {event["attempt"] for event in SENT} == {1}
    assert len({event["operation_key"] for event in told}) == 2
    assert len({event["effect_id"] for event in told}) == 2


def test_an_execution_is_caused_by_the_one_that_started_it() -> None:
    (began,) = (event for event in EVENTS if event["action"] == "ExecutionStarted")

    assert began["cause_id"].endswith(":execution:batch:b-7")


def test_log_events_find_each_other_in_one_document_only() -> None:
    together, alone = (
        [e for e in sample(DATA / "step_functions" / name).events if e["action"] == "lambda:invoke"]
        for name in ("cloudwatch.json", "cloudwatch.jsonl")
    )

    assert [event.get("attempt") for event in together] == [1, 1, 1, 2]
    assert [event.get("attempt") for event in alone] == [None, None]
