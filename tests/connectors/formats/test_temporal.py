"""What a history means where a reset, a retry or a second export decides over a finding."""

from collections import defaultdict

from tests.connectors.formats.reading import DATA, sample

EVENTS = sample(DATA / "temporal" / "reset.jsonl").events
CHARGES = [event for event in EVENTS if event["kind"] == "effect"]


def test_a_history_in_either_order_tells_the_same_occurrences() -> None:
    told = defaultdict(list)
    for event in EVENTS:
        if event["execution_id"].startswith(CHARGES[0]["trace_id"]):
            told[event["occurrence_id"]].append(event["phase"])

    # The reset's copy of the start is a third witness.
    assert sorted(map(len, told.values())) == [2, 2, 2, 2, 2, 2, 3]


def test_a_reset_charges_again_for_the_same_operation() -> None:
    assert {charge["effect_id"] for charge in CHARGES} == {
        "ch_3Qaaaaaaaaaaaaaa",
        "ch_3Qbbbbbbbbbbbbbb",
    }
    assert len({charge["operation_key"] for charge in CHARGES}) == 1
    assert len({charge["cause_id"] for charge in CHARGES}) == 2


def test_what_a_reset_did_not_copy_belongs_to_the_new_run() -> None:
    (reset,) = (event for event in EVENTS if event.get("trigger_kind") == "replay")

    assert reset["previous_execution_id"] == CHARGES[0]["trace_id"]
    assert reset["execution_id"] == CHARGES[-1]["cause_id"]


def test_the_last_try_knows_its_number_also_where_it_is_left_out() -> None:
    assert [charge["attempt"] for charge in CHARGES] == [3, 3, 1]


def test_an_activity_that_nobody_took_up_did_nothing() -> None:
    receipts = [e for e in EVENTS if e["action"] == "send_receipt" and e["kind"] == "attempt"]

    assert {receipt["outcome"] for receipt in receipts} == {"error"}
    assert {receipt["error_kind"] for receipt in receipts} == {"timeout"}


def test_a_child_is_one_call_and_a_run_of_its_own() -> None:
    called = [event for event in EVENTS if event.get("entity_id") == "order-9"]

    assert [event["phase"] for event in called] == ["start", "progress", "end"]
    assert len({event["execution_id"] for event in called}) == 1


def test_the_names_of_events_are_read_in_either_spelling() -> None:
    old, new = (
        {e["action"] for e in sample(DATA / "temporal" / name).events if e["kind"] == "attempt"}
        for name in (
            "worker__test_replayer_complete_history.json",
            "worker__test_replayer_event_tracing.json",
        )
    )

    assert old == new == {"say_hello"}
