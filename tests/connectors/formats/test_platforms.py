"""What exports of workflow platforms and clouds mean where it decides over a finding."""

from typing import Any

from tests.connectors.formats.reading import DATA, sample


def _events(name: str, **wanted: str) -> list[dict[str, Any]]:
    return [e for e in sample(DATA / name).events if wanted.items() <= e.items()]


def test_a_lineage_event_that_was_sent_again_is_one_occurrence() -> None:
    charged = _events("open_lineage/events.jsonl", outcome="ok", action="billing.charge")

    assert len(charged) == 2
    assert len({event["occurrence_id"] for event in charged}) == 1


def test_each_try_is_a_run_below_one_parent() -> None:
    began = _events("open_lineage/events.jsonl", phase="start", action="billing.charge")

    assert [event["attempt"] for event in began] == [1, 2]
    assert len({event["execution_id"] for event in began}) == 2
    assert len({event["cause_id"] for event in began}) == 1


def test_first_and_last_entry_of_a_long_operation_are_one_write() -> None:
    first, last = _events("gcp_audit/entries.json", action="v1.compute.instances.insert")

    assert (first["phase"], last["phase"]) == ("start", "end")
    assert first["execution_id"] == last["execution_id"]


def test_the_loser_of_a_race_for_a_policy_was_refused() -> None:
    won, lost = _events("gcp_audit/entries.json", action="SetIamPolicy")

    assert won["version_read"] == lost["version_read"]
    assert (lost["outcome"], lost["error_kind"]) == ("rejected", "conflict")
    assert "version_written" not in lost


def test_an_entry_that_was_exported_twice_is_one_occurrence() -> None:
    refused = _events("gcp_audit/entries.json", error_kind="throttle")

    assert len(refused) == 2
    assert len({event["occurrence_id"] for event in refused}) == 1


def test_started_accepted_and_succeeded_are_one_operation() -> None:
    written = _events("azure_activity/list.json", action="microsoft.web/sites/write")
    refused, done, accepted, started = written

    assert [e["phase"] for e in (started, accepted, done)] == ["start", "progress", "end"]
    assert started["execution_id"] == accepted["execution_id"] == done["execution_id"]
    assert (refused["outcome"], refused["error_kind"]) == ("rejected", "conflict")
    assert refused["execution_id"] != done["execution_id"]


def test_two_equal_webhooks_are_two_executions_with_one_content() -> None:
    (second, first) = (
        e for e in _events("n8n/executions.json", trigger_kind="webhook") if e["outcome"] == "ok"
    )

    assert first["execution_id"] != second["execution_id"]
    assert first["payload_hash"] == second["payload_hash"]


def test_a_retry_by_hand_says_what_it_repeats() -> None:
    for name in ("n8n/executions.json", "n8n/rows.jsonl"):
        (again,) = _events(name, trigger_kind="manual_retry")
        (failed,) = _events(name, outcome="error")

        assert again["previous_execution_id"] == failed["execution_id"]


def test_a_subworkflow_is_caused_by_the_execution_that_called_it() -> None:
    (called,) = (e for e in _events("n8n/executions.json") if "cause_id" in e)

    assert called["cause_id"] == "n8n/101"


def test_an_execution_without_its_data_is_about_nothing() -> None:
    assert not any("entity_id" in event for event in _events("n8n/rows.jsonl"))


def test_one_message_at_two_nodes_is_a_fan_out() -> None:
    began = _events("node_red/metrics.jsonl", phase="start", action="http request")

    assert len({event["trace_id"] for event in began}) == 1
    assert len({event["execution_id"] for event in began}) == len(began) == 2


def test_metrics_are_read_with_and_without_the_prefix_of_the_log() -> None:
    bare, prefixed = (sample(DATA / "node_red" / f"metrics.{kind}") for kind in ("jsonl", "txt"))

    assert [e["occurred_at"] for e in bare.events] == [e["occurred_at"] for e in prefixed.events]
    assert prefixed.ignored == {"message": 1, "runtime": 1}
    assert not prefixed.quarantined


def test_tries_of_a_prefect_task_are_one_operation() -> None:
    tries = _events("prefect/events.json", kind="attempt")

    assert [(e["attempt"], e["outcome"]) for e in tries] == [
        (1, "pending"),
        (1, "error"),
        (2, "pending"),
        (2, "ok"),
    ]
    assert len({event["operation_key"] for event in tries}) == 1


def test_a_flow_that_a_clock_sets_off_says_so() -> None:
    runs = _events("prefect/flow_runs.json")

    assert [run.get("trigger_kind") for run in runs].count("schedule") == 1
    assert runs[0]["payload_hash"] == runs[1]["payload_hash"]


def test_a_step_that_is_restarted_is_a_second_attempt() -> None:
    ends = _events("dagster/debug.json", phase="end", action="charge")

    assert [(end["attempt"], end["outcome"]) for end in ends] == [(1, "error"), (2, "ok")]
    assert len({end["operation_key"] for end in ends}) == 1


def test_rows_do_not_guess_how_often_a_step_had_begun() -> None:
    assert not any("attempt" in event for event in _events("dagster/event_logs.jsonl"))


def test_the_same_step_in_both_shapes_is_one_occurrence() -> None:
    exported, rows = (
        {e["occurrence_id"] for e in _events(f"dagster/{name}")}
        for name in ("debug.json", "event_logs.jsonl")
    )

    assert exported == rows


def test_a_run_that_was_executed_again_names_the_first() -> None:
    first, by_hand, automatic, scheduled = _events("dagster/runs.jsonl")

    assert by_hand["previous_execution_id"] == first["execution_id"]
    assert by_hand["trigger_kind"] == "manual_retry"
    assert automatic["attempt"] == 2
    assert "trigger_kind" not in automatic
    assert scheduled["trigger_kind"] == "schedule"


def test_items_of_a_mapped_task_are_a_fan_out_and_tries_are_retries() -> None:
    name = "airflow/task_instances.json"
    mails, charges = (_events(name, action=action) for action in ("mail", "charge"))

    assert len({mail["operation_key"] for mail in mails}) == 2
    assert len({charge["operation_key"] for charge in charges}) == 1
    assert [charge["attempt"] for charge in charges] == [1, 2]


def test_a_row_of_the_table_is_what_the_api_answers() -> None:
    (row,) = _events("airflow/task_instance_rows.jsonl")
    (answered,) = _events("airflow/task_instances.json", action="charge", outcome="ok")

    assert row["execution_id"] == answered["execution_id"]
    assert row["occurred_at"] == answered["occurred_at"]


def test_a_clear_is_a_retry_by_a_person() -> None:
    (cleared,) = _events("airflow/event_logs.json", trigger_kind="manual_retry")

    assert (cleared["actor"], cleared["actor_kind"]) == ("alice", "human")
