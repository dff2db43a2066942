"""Row changes that Maxwell, Canal and DMS took from a database's log."""

from typing import Any

import pytest

from tests.connectors.formats.reading import DATA, sample

MAXWELL = sample(DATA / "maxwell" / "changes.jsonl").events
CANAL = sample(DATA / "canal" / "flat_messages.jsonl").events
FLINK = sample(DATA / "canal" / "mysqlToKafka__canal-json.txt").events
DMS = sample(DATA / "dms" / "records.jsonl").events


def _of(events: list[dict[str, Any]], entity: str, action: str) -> list[dict[str, Any]]:
    return [e for e in events if e.get("entity_id") == entity and e["action"] == action]


@pytest.mark.parametrize("events", [MAXWELL, CANAL, DMS], ids=["maxwell", "canal", "dms"])
def test_an_update_says_what_it_replaced_and_which_version_it_saw(
    events: list[dict[str, Any]],
) -> None:
    update = _of(events, "7", "update")[0]

    assert (update["version_read"], update["version_written"]) == ("1", "2")
    assert {"qty", "version"} <= set(update["fields"])
    assert update["before_hash"] != update["after_hash"]


def test_an_event_that_a_restarted_reader_wrote_again_is_a_witness() -> None:
    first, again = _of(MAXWELL, "o-1", "insert")

    assert first["occurrence_id"] == again["occurrence_id"]


def test_the_row_after_one_update_is_the_row_before_the_next() -> None:
    first, second = _of(MAXWELL, "7", "update")

    assert first["after_hash"] == second["before_hash"]
    assert second["fields"] == ["note"]


def test_each_row_of_a_statement_finds_its_own_old_values() -> None:
    seven, eight = (_of(CANAL, key, "update")[0] for key in ("7", "8"))

    assert [c["before"] for c in seven["changes"]] != [c["before"] for c in eight["changes"]]
    assert seven["before_hash"] != eight["before_hash"]


def test_a_batch_number_is_no_identity() -> None:
    assert "occurrence_id" not in _of(CANAL, "7", "update")[0]
    assert not any("occurrence_id" in event for event in FLINK)


def test_a_column_that_was_written_again_unchanged_is_not_said_to_have_changed() -> None:
    assert [e["fields"] for e in _of(FLINK, "107", "update")] == [["weight"]]


def test_the_key_alone_is_no_row_before() -> None:
    (update,) = _of(DMS, "8", "update")

    assert not {"before_hash", "fields", "changes"} & update.keys()


def test_without_transaction_details_only_the_time_of_writing_is_known() -> None:
    (deleted,) = _of(DMS, "o-1", "delete")

    assert deleted["time_means"] == "logged"
    assert "occurrence_id" not in deleted
