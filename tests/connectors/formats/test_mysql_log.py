"""MariaDB's two logs of statements: which line counts as a write, and what neither says."""

from typing import Any

from tests.connectors.formats.reading import DATA, MAPPINGS, sample
from tests.normalise.batches import prepared, staged

GENERAL = sample(DATA / "mysql_log" / "general.txt").events
AUDIT = sample(DATA / "mysql_log" / "server_audit.txt").events


def _audited(statement: str, code: int) -> dict[str, Any]:
    line = f"20261126 02:44:25,db1,shop,localhost,6,31,QUERY,shop,'{statement}',{code}"
    with prepared() as connection:
        events, _, _ = staged(connection, MAPPINGS["mysql_server_audit"], [line.encode()])
    return events[0]


def test_only_a_line_that_knows_what_came_of_it_is_a_write() -> None:
    assert not any(e["kind"] == "write" for e in GENERAL)
    assert {e["outcome"] for e in GENERAL} == {"pending"}
    assert {e["outcome"] for e in AUDIT if e["kind"] == "write"} == {"unknown"}


def test_both_logs_name_one_statement_alike() -> None:
    hashes = [{e["payload_hash"] for e in log if "entity_type" in e} for log in (GENERAL, AUDIT)]

    assert hashes[0] == hashes[1]


def test_a_second_row_of_one_key_is_turned_away_and_is_no_write() -> None:
    twin = _audited(r"INSERT INTO orders VALUES (\'o-1\')", 1062)

    assert (twin["kind"], twin["outcome"], twin["error_kind"]) == (
        "attempt",
        "rejected",
        "conflict",
    )


def test_a_wait_that_ran_out_and_a_snapshot_that_is_stale_are_told_apart() -> None:
    waited = _audited("UPDATE stock SET qty = 1 WHERE id = 7", 1205)
    stale = _audited("UPDATE stock SET qty = 1 WHERE id = 7", 1020)

    assert (waited["outcome"], stale["outcome"]) == ("timeout", "error")
    assert stale["error_kind"] == "conflict"


def test_a_relative_change_is_no_overwriting() -> None:
    relative = _audited("UPDATE stock SET qty = qty - 1 WHERE id = 7", 0)
    absolute = _audited("UPDATE stock SET qty = 9 WHERE id = 7", 0)

    assert relative["commutative"] is True
    assert "commutative" not in absolute or not absolute["commutative"]
    assert {relative["entity_id"], absolute["entity_id"]} == {"7"}


def test_a_record_is_named_only_where_nothing_but_its_key_says_which() -> None:
    several = _audited("UPDATE stock SET qty = 9 WHERE id = 7 OR qty = 3", 0)

    assert "entity_id" not in several


def test_a_line_without_a_time_has_none() -> None:
    stamped = [e for e in GENERAL if "occurred_at" in e]

    assert [e["source_line"] for e in stamped] == [32, 40]


def test_a_password_is_not_stored() -> None:
    assert not any("IDENTIFIED" in e["raw"] for e in GENERAL)
