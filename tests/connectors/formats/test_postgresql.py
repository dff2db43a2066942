"""PostgreSQL's own accounts of a write: which of its lines counts, and what none of them says."""

from collections import Counter
from typing import Any

import orjson
import pytest

from tests.connectors.formats.reading import DATA, MAPPINGS, sample
from tests.normalise.batches import prepared, staged

STDERR = sample(DATA / "postgresql_log" / "stderr.txt")
CSVLOG = sample(DATA / "postgresql_log" / "csvlog.txt")
JSONLOG = sample(DATA / "postgresql_log" / "jsonlog.jsonl")
DURATIONS = sample(DATA / "postgresql_log" / "csvlog_durations.txt")
CHANGES = sample(DATA / "postgresql_changes" / "wal2json_v2.jsonl")
DECODED = sample(DATA / "postgresql_changes" / "test_decoding_rows.txt")


def _said(*messages: str, **fields: str) -> list[dict[str, Any]]:
    line = {"log_time": "2026-11-24 05:57:48.332 UTC", "process_id": "7", "session_id": "6b05.7"}
    records = [
        orjson.dumps(line | {"error_severity": "LOG", "message": message} | fields)
        for message in messages
    ]
    with prepared() as connection:
        return staged(connection, MAPPINGS["postgresql_log"], records)[0]


@pytest.mark.parametrize(
    ("where", "record"),
    [
        ("id = 'a-4'", "a-4"),
        ("id = 4", "4"),
        ("id=-4;", "-4"),
        ("id = 4 FOR UPDATE", "4"),
        ("id = 4\n  RETURNING qty", "4"),
        ("(id = 4)", None),
        ("id = 4 AND version = 6", "4"),
        ("id = 4::bigint", "4"),
        ("id = 4 OR id = 5", None),
        ("id = 4 + 1", None),
        ("id = 4.5", None),
        ("id = 4e5", None),
        ("id = $1", None),
        ("id IN (4)", None),
        ("id > 4", None),
        ("qty = 4", None),
    ],
)
def test_a_literal_key_names_the_record(where: str, record: str | None) -> None:
    (plain,) = _said(f"statement: UPDATE stock SET qty = 9 WHERE {where}")
    (audited,) = _said(
        f'AUDIT: SESSION,1,1,WRITE,UPDATE,TABLE,public.stock,"UPDATE stock SET qty = 9 WHERE'
        f' {where}",<none>,1'
    )

    assert plain.get("entity_id") == audited.get("entity_id") == record


def test_a_write_with_two_lines_is_one_write() -> None:
    update = [
        e
        for e in STDERR.events
        if e["action"] == "update" and e["occurred_at"].microsecond < 350_000
    ]

    assert [(e["kind"], e["phase"]) for e in update] == [("attempt", "start"), ("write", "single")]
    assert {e["entity_id"] for e in update} == {"acct-001"}
    assert {e["execution_id"] for e in update} == {"7/4/2"}


def test_what_a_trigger_ran_is_not_counted() -> None:
    assert STDERR.ignored["statement of a trigger"] == 1
    assert not any(event.get("entity_type") == "public.audit_log" for event in STDERR.events)


def test_no_line_says_whether_a_write_was_committed() -> None:
    outcomes = [e["outcome"] for e in STDERR.events if e["kind"] == "write"]

    assert outcomes == ["unknown", "rejected"]


def test_a_write_without_rows_or_transaction_had_no_effect() -> None:
    audit = "AUDIT: SESSION,1,1,WRITE,INSERT,TABLE,public.t,INSERT INTO t VALUES (1),<none>"

    (no_rows,) = _said(f"{audit},0", transaction_id="812")
    (no_transaction,) = _said(audit, transaction_id="0")
    (unknown,) = _said(audit, transaction_id="812")

    assert [e["outcome"] for e in (no_rows, no_transaction, unknown)] == [
        "skipped",
        "skipped",
        "unknown",
    ]


def test_the_lines_after_an_error_belong_to_it() -> None:
    (refused,) = [event for event in STDERR.events if event.get("error")]

    assert refused["outcome"] == "rejected"
    assert refused["error"].startswith("23505 duplicate key")
    assert (refused["action"], refused["entity_type"]) == ("insert", "payments")
    assert "VALUES (7, 'idem-1')" in refused["raw"]


def test_a_statement_with_its_duration_began_before_its_line() -> None:
    at_once, prepared_before, _ = DURATIONS.events
    by_stderr = STDERR.events[-1]

    for event, began, ended in (
        (at_once, 319_500, 332_000),
        (prepared_before, 351_750, 360_000),
        (by_stderr, 600_000, 700_000),
    ):
        assert (event["kind"], event["phase"], event["outcome"]) == ("attempt", "single", "ok")
        assert event["time_means"] == "start"
        assert (event["occurred_at"].microsecond, event["ended_at"].microsecond) == (began, ended)
    assert at_once["entity_id"] == "acct-001"
    assert by_stderr["entity_id"] == "acct-003"


def test_a_statement_whose_duration_stands_alone_is_one_event() -> None:
    *_, deleted = DURATIONS.events

    assert (deleted["action"], deleted["phase"], deleted["outcome"]) == (
        "delete",
        "start",
        "pending",
    )
    assert DURATIONS.ignored == {"duration alone": 1, "preparation": 2, "server message": 1}


def test_autocommitted_statements_of_a_session_are_not_one_run() -> None:
    at_once, prepared_before, _ = DURATIONS.events

    assert at_once["execution_id"] == at_once["event_id"]
    assert prepared_before["execution_id"] == "6b05275c.7/4/3"


def test_a_deadlock_is_one_failure() -> None:
    failures = [event for event in JSONLOG.events if event["outcome"] != "pending"]

    assert [(f["error_kind"], f["entity_id"]) for f in failures] == [("conflict", "acct-002")]
    assert JSONLOG.ignored == {"lock wait": 1}


def test_failed_statements_are_told_by_their_state() -> None:
    failures = Counter(
        (event["error"].split()[0], event["outcome"]) for event in CSVLOG.events if "error" in event
    )

    assert failures == {("40001", "error"): 2, ("23505", "rejected"): 2, ("55P03", "timeout"): 2}


def test_statements_of_one_transaction_share_an_execution_before_it_has_an_id() -> None:
    runs = {
        event["execution_id"]: {
            e.get("transaction_id")
            for e in CSVLOG.events
            if e["execution_id"] == event["execution_id"]
        }
        for event in CSVLOG.events
    }

    assert any({None, "802"} <= ids for ids in runs.values())
    assert all(len(ids - {None}) <= 1 for ids in runs.values())


def test_statements_with_parameters_are_not_alike() -> None:
    events = _said(
        "execute <unnamed>: INSERT INTO t VALUES ($1)",
        "execute <unnamed>: INSERT INTO t VALUES ($1)",
    )
    told = [
        *_said("execute s1: INSERT INTO t VALUES ($1)", detail="Parameters: $1 = '1'"),
        *_said("execute s1: INSERT INTO t VALUES ($1)", detail="parameters: $1 = '2'"),
    ]

    assert not any("payload_hash" in event for event in events)
    assert len({event["payload_hash"] for event in told}) == 2


def test_only_a_relative_update_commutes() -> None:
    events = _said(
        "statement: UPDATE stock SET qty = qty - 1 WHERE id = 'a'",
        "statement: UPDATE stock SET qty = 495 WHERE id = 'a'",
        "statement: UPDATE stock SET version = version + 1, qty = 495 WHERE id = 'a'",
    )

    assert [event.get("commutative") for event in events] == [True, None, None]


def test_a_change_of_the_log_is_a_committed_write_with_both_images() -> None:
    (update,) = [e for e in CHANGES.events if e["entity_id"] == "acct-001"][:1]

    assert (update["kind"], update["outcome"], update["transaction_id"]) == ("write", "ok", "806")
    assert update["fields"] == ["balance", "updated_at"]
    assert update["before_hash"] != update["after_hash"]


def test_the_key_of_a_row_is_no_old_image() -> None:
    (update,) = [e for e in CHANGES.events if e["entity_id"] == "sku-C"][:1]

    assert not {"before_hash", "changes", "fields"} & update.keys()


def test_a_slot_that_is_read_twice_adds_witnesses() -> None:
    ids = [event["occurrence_id"] for event in CHANGES.events]

    assert len(set(ids)) == len(ids)


def test_the_log_and_the_changes_name_one_transaction() -> None:
    logged = {e["transaction_id"] for e in CSVLOG.events if "transaction_id" in e}
    changed = {e["transaction_id"] for e in CHANGES.events}

    assert "802" in logged & changed


def test_a_transaction_of_version_one_gives_its_changes() -> None:
    events = sample(DATA / "postgresql_changes" / "wal2json_v1.json").events

    assert [(e["action"], e["entity_id"]) for e in events] == [
        ("insert", "7"),
        ("update", "6"),
        ("delete", "5"),
    ]
    assert {e["transaction_id"] for e in events} == {"806"}


def test_decoded_text_gives_what_changed_and_no_more() -> None:
    updates = [e for e in DECODED.events if e["action"] == "update"]

    assert [(e["entity_type"], e.get("fields")) for e in updates] == [
        ("public.accounts", ["balance"]),
        ("public.Order", ["b"]),
        ("public.ledger", None),
    ]
    assert updates[0]["before_hash"] == DECODED.events[0]["after_hash"]


def test_a_decoded_write_has_the_transaction_of_the_commit_that_knows_the_time() -> None:
    writes = {e["transaction_id"] for e in DECODED.events if e["kind"] == "write"}
    commits = {e["transaction_id"]: e for e in DECODED.events if e["action"] == "commit"}

    assert writes == set(commits)
    assert all("occurred_at" in e for e in commits.values())
