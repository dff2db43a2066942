"""MongoDB's change events and oplog: the state after a write, and what only looks like it."""

from tests.connectors.formats.reading import DATA, sample

EVENTS = sample(DATA / "mongodb" / "change_stream.jsonl").events
OPLOG = sample(DATA / "mongodb" / "oplog.jsonl").events


def test_a_document_that_was_looked_up_later_is_not_what_the_update_left() -> None:
    update = next(e for e in EVENTS if e["action"] == "update")

    assert "after_hash" not in update
    assert (update["version_read"], update["version_written"]) == ("1", "2")


def test_a_stream_that_is_read_again_adds_a_witness() -> None:
    first, again = (e for e in EVENTS if e["action"] == "update")

    assert first["occurrence_id"] == again["occurrence_id"]


def test_what_an_insert_left_is_what_the_update_found() -> None:
    insert, update = EVENTS[:2]

    assert insert["after_hash"] == update["before_hash"]


def test_the_writes_of_a_transaction_are_one_run_and_several_occurrences() -> None:
    inside = [e for e in OPLOG if e.get("transaction_id", "").endswith("/4")]

    assert [e["action"] for e in inside] == ["update", "insert"]
    assert len({e["occurrence_id"] for e in inside}) == 2
    assert len({e["execution_id"] for e in inside}) == 1


def test_what_the_balancer_moved_is_not_deleted() -> None:
    assert [e["entity_type"] for e in OPLOG if e["action"] == "delete"] == ["shop.orders"]
