"""Audit tables in the forms in which triggers and exports write them."""

from typing import Any

import orjson
import pytest

from forensics.normalise import documents, recognise
from tests.connectors.formats.reading import MAPPINGS, prepared
from tests.normalise.batches import page, staged

BASE = {"id": 5, "ts": "2026-11-24T05:57:48.123456Z", "tbl": "docs", "op": "UPDATE"}
LOGGED = {
    "event_id": 5, "action_tstamp_clk": "2026-11-24T05:57:48.123456Z", "schema_name": "public",
    "table_name": "docs", "relid": "16402", "transaction_id": 77, "action": "U",
}  # fmt: skip


def _event(*layers: dict[str, Any]) -> dict[str, Any]:
    """The event of one row of an audit table."""
    row = {name: value for layer in layers for name, value in layer.items()}
    with prepared() as connection:
        events, _, _ = staged(connection, MAPPINGS["audit_table"], [orjson.dumps(row)])
    (event,) = events
    return event


def _images(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return _event(BASE, {"before": before, "after": after})


@pytest.mark.parametrize(
    ("row_data", "changed_fields"),
    [
        ({"id": "7", "shipped_at": "now"}, {"shipped_at": None}),
        ('"id"=>"7", "shipped_at"=>"now"', '"shipped_at"=>NULL'),
    ],
    ids=["jsonb", "hstore"],
)
def test_a_change_to_null_is_a_change(row_data: object, changed_fields: object) -> None:
    told = _event(LOGGED, {"row_data": row_data, "changed_fields": changed_fields})
    after = _images({"id": "7", "shipped_at": "now"}, {"id": "7", "shipped_at": None})

    assert told["fields"] == ["shipped_at"]
    assert told["changes"][0]["before"] is not None
    assert told["changes"][0]["after"] is None
    assert told["after_hash"] == after["after_hash"] != told["before_hash"]


def test_what_changed_takes_the_place_of_what_stood_there_whole() -> None:
    told = _event(
        LOGGED,
        {"row_data": {"id": "7", "at": {"x": 1, "y": 2}}, "changed_fields": {"at": {"x": 3}}},
    )

    assert told["after_hash"] == _images({"id": "7"}, {"id": "7", "at": {"x": 3}})["after_hash"]


def test_a_column_that_is_gone_has_changed_and_one_that_came_too() -> None:
    told = _images({"id": "7", "gone": "a", "kept": "b"}, {"id": "7", "kept": "b", "new": "c"})

    assert told["fields"] == ["new", "gone"]


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\t", "\x01", "\\\\n", '\\"', '\\\\\n\\"'])
def test_an_hstore_is_read_whatever_signs_its_values_hold(sign: str) -> None:
    meant = sign.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\")
    told = _event(LOGGED, {"action": "I", "row_data": f'"id"=>"o-1", "note"=>"a{sign}b"'})
    as_json = _event(LOGGED, {"action": "I", "row_data": {"id": "o-1", "note": f"a{meant}b"}})

    assert (told["entity_id"], told["effect_id"]) == ("o-1", "public.docs/o-1")
    assert told["fields"] == ["id", "note"]
    assert told["after_hash"] == as_json["after_hash"]


def test_what_changed_is_no_row_where_the_row_before_cannot_be_read() -> None:
    told = _event(LOGGED, {"row_data": '"id"=>broken', "changed_fields": '"qty"=>"3"'})

    assert not {"after_hash", "before_hash", "fields", "changes"} & told.keys()


@pytest.mark.parametrize(
    ("stamp", "resolution_us"),
    [
        ("2026-11-24T05:57:48Z", 1_000_000),
        ("2026-11-24T05:57:48.5Z", 1_000),
        ("2026-11-24 05:57:48.123+00", 1_000),
        ("2026-11-24 05:57:48.123456+00", 1),
    ],
)
def test_a_clock_is_as_fine_as_its_stamps(stamp: str, resolution_us: int) -> None:
    assert _event(BASE, {"ts": stamp, "after": {"id": "7"}})["clock_resolution_us"] == resolution_us


def test_a_number_of_a_transaction_alone_is_not_postgresql() -> None:
    told = _event(BASE, {"transaction_id": "77", "after": {"id": "7"}})

    assert (told["system"], told["entity_type"], told["execution_id"]) == ("database", "docs", "77")


@pytest.mark.parametrize("sign", ["relid", "table_oid", "action_tstamp_tx"])
def test_columns_that_only_postgresql_has_say_that_it_is_postgresql(sign: str) -> None:
    found = _event(BASE, {"transaction_id": "77", sign: BASE["ts"], "after": {"id": "7"}})

    assert (found["system"], found["entity_type"], found["execution_id"]) == (
        "postgresql",
        "public.docs",
        "xid/77",
    )


def test_rows_of_two_servers_with_one_number_are_two_facts_and_a_row_read_twice_is_one() -> None:
    here = _event(BASE, {"after": {"id": "7", "qty": 1, "at": {"x": 1}}})
    exported = {
        "ts": "2026-11-24 05:57:48.123456+00",
        "after": '{"at": {"x": 1}, "id": "7", "qty": 1}',
    }

    assert _event(BASE, exported)["occurrence_id"] == here["occurrence_id"]
    others: list[dict[str, Any]] = [
        {"ts": "2026-11-24T05:57:48.123457Z"},
        {"txid": 78},
        {"after": {"id": "8", "qty": 1, "at": {"x": 1}}},
    ]
    for other in others:
        assert _event(BASE, exported, other)["occurrence_id"] != here["occurrence_id"]


@pytest.mark.parametrize(
    ("source", "expected"), [("web", "audit_table"), ("{", "audit_table"), ({"db": "shop"}, None)]
)
def test_a_column_called_source_is_no_envelope_unless_it_is_an_object(
    source: object, expected: str | None
) -> None:
    record = orjson.dumps(BASE | {"source": source, "after": {"id": "7"}})
    with prepared() as connection:
        found = recognise.best(
            connection, list(MAPPINGS.values()), documents.text(page([record])).documents
        )

    assert (found.format if found else None) == expected
