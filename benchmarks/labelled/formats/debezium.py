"""Debezium's change events of a PostgreSQL database, in the order of its write-ahead log.

https://debezium.io/documentation/reference/stable/connectors/postgresql.html
"""

from collections.abc import Sequence
from typing import Any

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats.canonical import Written
from sample_data.identifiers import content_hash
from sample_data.moments import microseconds

_OPERATIONS = {"create": "c", "update": "u", "delete": "d"}


def write(facts: Sequence[Fact]) -> Written:
    """One change a fact; the images before and after are those of the row as it stood."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    position = 24_000_000_000
    for fact in facts:
        columns = fact.columns
        place = (columns["entity_type"], columns["entity_id"])
        operation = _OPERATIONS[columns["write_kind"]]
        before = rows.get(place)
        if before is None and operation != "c":
            before = {"id": place[1], "note": "as imported"}
        after = None if operation == "d" else (before or {"id": place[1]}) | fact.payload
        rows[place] = after or {}
        position += 8 + len(fact.columns)
        yield fact, fact.at, {
            "before": _versioned(before, columns.get("version_read")) if before else None,
            "after": _versioned(after, columns.get("version_written")) if after else None,
            "source": _source(fact, position),
            "op": operation, "transaction": None,
            "ts_ms": microseconds(fact.at) // 1000 + 180,
        }  # fmt: skip


def _versioned(row: dict[str, Any], version: str | None) -> dict[str, Any]:
    return row if version is None else row | {"version": int(version)}


def _source(fact: Fact, position: int) -> dict[str, Any]:
    micros = microseconds(fact.at)
    return {
        "version": "2.7.3.Final", "connector": "postgresql", "name": "shop-db", "db": "shop",
        "schema": "public", "table": fact.columns["entity_type"], "lsn": position,
        "txId": content_hash(fact.columns["execution_id"]) % 10**9, "snapshot": "false",
        "ts_ms": micros // 1000, "ts_us": micros,
    }  # fmt: skip
