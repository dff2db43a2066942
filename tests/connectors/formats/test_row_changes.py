"""Row changes that Maxwell, Canal and DMS took from a database's log."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.connectors.formats.reading import DATA, MAPPINGS, read, sample
from tests.normalise.batches import prepared, staged

MAXWELL = sample(DATA / "maxwell" / "changes.jsonl").events
CANAL = sample(DATA / "canal" / "flat_messages.jsonl").events
FLINK = sample(DATA / "canal" / "mysqlToKafka__canal-json.txt").events
DMS = sample(DATA / "dms" / "records.jsonl").events
AUDIT = sample(DATA / "audit_table" / "rows.jsonl").events


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


STAYED = {
    "audit_table": {
        "id": 5, "ts": "2026-11-24T05:57:48Z", "tbl": "docs", "op": "UPDATE",
        "before": {"id": "7", "version": 3, "text": "a"},
        "after": {"id": "7", "version": 3, "text": "b"},
    },
    "canal": {
        "database": "shop", "table": "docs", "type": "UPDATE", "es": 1793600000000,
        "ts": 1793600000100, "id": 4, "isDdl": False, "pkNames": ["id"], "mysqlType": {},
        "data": [{"id": "7", "version": "3", "text": "b"}], "old": [{"text": "a"}],
    },
    "debezium": {
        "before": {"id": "7", "version": 3, "text": "a"},
        "after": {"id": "7", "version": 3, "text": "b"},
        "source": {"connector": "postgresql", "db": "shop", "table": "docs", "lsn": 9},
        "op": "u",
    },
    "dms": {
        "data": {"id": "7", "version": 3, "text": "b"},
        "before-image": {"id": "7", "version": 3, "text": "a"},
        "metadata": {
            "timestamp": "2026-11-24T05:57:48Z", "record-type": "data", "operation": "update",
            "table-name": "docs", "schema-name": "shop",
        },
    },
    "maxwell": {
        "database": "shop", "table": "docs", "type": "update", "ts": 1793600000, "xid": 4,
        "data": {"id": "7", "version": 3, "text": "b"}, "old": {"text": "a"},
    },
    "mongodb_change_stream": {
        "_id": {"_data": "82"}, "operationType": "replace", "ns": {"db": "shop", "coll": "docs"},
        "documentKey": {"_id": "7"}, "wallTime": "2026-11-24T05:57:48Z",
        "fullDocument": {"_id": "7", "__v": 3, "text": "b"},
        "fullDocumentBeforeChange": {"_id": "7", "__v": 3, "text": "a"},
    },
    "mongodb_oplog": {
        "op": "u", "ns": "shop.docs", "ts": {"$timestamp": {"t": 1793600000, "i": 1}}, "v": 2,
        "o": {"_id": "7", "__v": 3, "text": "b"}, "o2": {"_id": "7"},
    },
    "wal2json": {
        "action": "U", "xid": 812, "schema": "public", "table": "docs",
        "columns": [
            {"name": "id", "value": "7"}, {"name": "version", "value": 3},
            {"name": "text", "value": "b"},
        ],
        "identity": [
            {"name": "id", "value": "7"}, {"name": "version", "value": 3},
            {"name": "text", "value": "a"},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", STAYED)
def test_a_column_that_stayed_was_no_base_whatever_it_is_called(name: str) -> None:
    with prepared() as connection:
        (event,), _, _ = staged(connection, MAPPINGS[name], [orjson.dumps(STAYED[name])])

    assert event["kind"] == "write"
    assert "version_read" not in event
    assert event["version_written"] == "3"


OLD, NEW = "id[text]:'7' version[integer]:{} text[text]:'a'", "id[text]:'7' version[integer]:{}"


@pytest.mark.parametrize(
    ("change", "versions"),
    [
        pytest.param(
            f"UPDATE: old-key: {OLD.format(3)} new-tuple: {NEW.format(4)} text[text]:'b'",
            ("3", "4"),
            id="counted",
        ),
        pytest.param(
            f"UPDATE: old-key: {OLD.format(3)} new-tuple: {NEW.format(3)} text[text]:'b'",
            (None, "3"),
            id="stayed",
        ),
        pytest.param(f"UPDATE: {NEW.format(4)} text[text]:'b'", (None, "4"), id="no row before"),
        pytest.param(f"INSERT: {NEW.format(1)} text[text]:'b'", (None, "1"), id="inserted"),
        pytest.param(f"INSERT: {NEW.format('null')}", (None, None), id="without a number"),
        pytest.param(f"DELETE: {OLD.format(3)}", (None, None), id="deleted"),
    ],
)
def test_decoded_text_tells_the_version_that_a_change_replaced(
    change: str, versions: tuple[str | None, str | None], tmp_path: Path
) -> None:
    log = tmp_path / "changes.txt"
    log.write_text(f"BEGIN 9\ntable public.docs: {change}\nCOMMIT 9\n")
    event = next(e for e in read([log]).events if e["kind"] == "write")

    assert (event.get("version_read"), event.get("version_written")) == versions


@pytest.mark.parametrize(
    ("document", "versions"),
    [
        pytest.param(
            {
                "kind": "update",
                "columnnames": ["id", "lock_version"],
                "columnvalues": ["7", 4],
                "oldkeys": {"keynames": ["id", "lock_version"], "keyvalues": ["7", 3]},
            },
            ("3", "4"),
            id="first format",
        ),
        pytest.param(
            {
                "kind": "delete",
                "oldkeys": {"keynames": ["id", "lock_version"], "keyvalues": ["7", 3]},
            },
            (None, None),
            id="deleted",
        ),
    ],
)
def test_a_change_of_a_transaction_tells_the_version_that_it_replaced(
    document: dict[str, Any], versions: tuple[str | None, str | None]
) -> None:
    with prepared() as connection:
        told = orjson.dumps({"schema": "public", "table": "docs"} | document)
        (event,), _, _ = staged(connection, MAPPINGS["wal2json"], [told])

    assert (event.get("version_read"), event.get("version_written")) == versions


CHANGED = {"action": "U", "xid": 812, "schema": "public", "table": "docs"}
EMPTIED: dict[str, dict[str, Any]] = {
    "audit_table": {"before": {"id": "7", "text": None}, "after": {"id": "7", "text": ""}},
    "canal": {"data": [{"id": "7", "text": ""}], "old": [{"text": None}]},
    "dms": {"before-image": {"id": "7", "text": None}, "data": {"id": "7", "text": ""}},
    "maxwell": {"old": {"text": None}, "data": {"id": "7", "text": ""}},
    "wal2json": {
        "identity": [{"name": "id", "value": "7"}, {"name": "text", "value": None}],
        "columns": [{"name": "id", "value": "7"}, {"name": "text", "value": ""}],
    },
}


@pytest.mark.parametrize("name", EMPTIED)
def test_a_text_that_is_empty_is_not_the_same_as_none(name: str) -> None:
    document = STAYED.get(name, CHANGED) | EMPTIED[name]
    with prepared() as connection:
        (event,), _, _ = staged(connection, MAPPINGS[name], [orjson.dumps(document)])

    assert event["fields"] == ["text"]
    assert event["before_hash"] != event["after_hash"]


def test_a_field_that_a_document_lost_has_changed() -> None:
    document = STAYED["debezium"] | {"after": {"id": "7", "version": 3}}
    with prepared() as connection:
        (event,), _, _ = staged(connection, MAPPINGS["debezium"], [orjson.dumps(document)])

    assert event["fields"] == ["text"]


LEFT_OUT = [
    ({"id": "7", "a": "x", "b": "y"}, {"id": "7", "a": "x"}, ["b"]),
    ({"id": "7", "a": "x", "b": "y"}, {"id": "7", "a": "z"}, ["a", "b"]),
    # Filtered out of the row before, or null there.
    ({"id": "7", "a": "x"}, {"id": "7", "a": "x", "b": "y"}, None),
    # What is null would be written, so it was not sent.
    ({"id": "7", "a": None, "b": "y"}, {"id": "7", "a": "x"}, None),
    ({"id": "7", "a": "x", "b": "y"}, {"id": "7", "a": ""}, None),
    # The key alone is no row before, also where the row after is no more than it.
    ({"id": "7"}, {"id": "7"}, None),
]


@pytest.mark.parametrize(("before", "after", "fields"), LEFT_OUT)
def test_columns_that_are_left_out_are_null_only_where_that_is_certain(
    before: dict[str, Any], after: dict[str, Any], fields: list[str] | None
) -> None:
    document = STAYED["dms"] | {"before-image": before, "data": after}
    with prepared() as connection:
        (event,), _, _ = staged(connection, MAPPINGS["dms"], [orjson.dumps(document)])
    changed = {change["name"]: change.get("after") for change in event.get("changes", [])}

    assert event.get("fields") == fields
    assert ("before_hash" in event) == (fields is not None)
    assert [*changed] == (fields or [])
    assert changed.get("b") is None


def test_a_deletion_says_which_version_it_removed_where_the_row_before_is_there() -> None:
    row = {"op": "d", "after": None}
    documents = [STAYED["debezium"] | row, STAYED["debezium"] | row | {"before": {"id": "7"}}]
    with prepared() as connection:
        events, _, _ = staged(connection, MAPPINGS["debezium"], list(map(orjson.dumps, documents)))

    assert [event.get("version_read") for event in events] == ["3", None]
    assert not any("version_written" in event for event in events)


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("canal", "old"),
        ("debezium", "before"),
        ("dms", "before-image"),
        ("maxwell", "old"),
        ("wal2json", "identity"),
    ],
)
def test_without_the_row_before_an_update_tells_only_the_version_it_wrote(
    name: str, without: str
) -> None:
    with prepared() as connection:
        document = STAYED[name] | {without: None}
        (event,), _, _ = staged(connection, MAPPINGS[name], [orjson.dumps(document)])

    assert event["version_written"] == "3"
    assert not {"version_read", "fields", "changes", "before_hash"} & event.keys()


def test_an_audit_table_tells_the_row_before_and_after_in_each_of_its_kinds() -> None:
    balance, quantity, name = (
        next(e for e in AUDIT if e.get("entity_id") == key and e["action"] == "update")
        for key in ("acct-1", "o-1", "7")
    )

    assert (balance["version_read"], balance["version_written"]) == ("0", "1")
    assert [e["fields"] for e in (balance, quantity, name)] == [
        ["balance", "version"],
        ["qty"],
        ["name"],
    ]
    inserted = next(e for e in AUDIT if e.get("entity_id") == "o-1" and e["action"] == "insert")
    assert inserted["after_hash"] == quantity["before_hash"]


def test_an_audit_table_names_a_transaction_as_the_log_of_changes_does() -> None:
    assert {e["execution_id"] for e in AUDIT if e.get("entity_id") == "acct-1"} == {
        "xid/759",
        "xid/881",
        "xid/882",
        "xid/884",
    }
