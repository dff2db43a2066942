"""Values of Kafka in Avro: what they held, exactly."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from fastavro import schemaless_writer

from forensics.model.errors import UsageError
from tests.connectors.live.described_orders import (
    ORDER,
    PLACED,
    READ,
    in_avro,
    reader_of,
    said_by,
    schemas,
)
from tests.connectors.live.schema_server import SchemaServer

__all__ = ["schemas"]


def test_avro_says_what_it_held_exactly(schemas: SchemaServer) -> None:
    content = in_avro(schemas, ORDER, PLACED)
    reader = reader_of(registry=schemas.endpoint)

    assert said_by(reader, content) == (READ.decode(), 41, "")
    assert said_by(reader, content) == (READ.decode(), 41, "")
    assert schemas.asked.count("/schemas/ids/41") == 1


def test_an_avro_schema_may_refer_to_another(schemas: SchemaServer) -> None:
    client = SchemaRegistryClient({"url": schemas.endpoint})
    customer = {
        "type": "record",
        "name": "shop.Customer",
        "fields": [{"name": "id", "type": "int"}],
    }
    client.register_schema("customers/all", Schema(orjson.dumps(customer).decode(), "AVRO"))
    order = {
        "type": "record",
        "name": "shop.Order",
        "fields": [{"name": "of", "type": "shop.Customer"}],
    }
    number = client.register_schema(
        "orders-value",
        Schema(
            orjson.dumps(order).decode(),
            "AVRO",
            [SchemaReference("shop.Customer", "customers/all", 1)],
        ),
    )

    said = said_by(reader_of(registry=schemas.endpoint), b"\0" + number.to_bytes(4) + b"\x0e")
    assert said == ('{"of":{"id":7}}', number, "")


def test_a_value_that_begins_with_a_zero_may_have_no_number(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "string"]}]}
    schema["fields"].append({"name": "b", "type": "string"})  # type: ignore[attr-defined]
    (tmp_path / "r.avsc").write_bytes(orjson.dumps(schema))

    assert said_by(reader_of(schema=tmp_path / "r.avsc"), b"\0\x0csix ch") == (
        '{"a":null,"b":"six ch"}',
        None,
        "",
    )


def test_a_value_nested_without_end_ends_nothing(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "L", "fields": [{"name": "n", "type": ["null", "L"]}]}
    (tmp_path / "deep.avsc").write_bytes(orjson.dumps(schema))
    reader = reader_of(schema=tmp_path / "deep.avsc")

    assert said_by(reader, b"\x02\x02\0")[0] == '{"n":{"n":{"n":null}}}'
    assert reader.value(b"\x02" * 1_000_000 + b"\0")[2] == "not of the Avro schema"


def test_a_schema_that_contains_itself_is_read_as_any_other(tmp_path: Path) -> None:
    fields = [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "there", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {
            "name": "sum",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
        {"name": "share", "type": "double"},
        {"name": "raw", "type": {"type": "fixed", "name": "Raw", "size": 2}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "more", "type": {"type": "map", "values": "long"}},
    ]
    flat = {"type": "record", "name": "N", "namespace": "shop", "fields": fields}
    nested = {**flat, "fields": [*fields, {"name": "next", "type": ["null", "shop.N"]}]}
    value = {
        "at": datetime(2026, 3, 1, 10, 0, 0, 120_000, UTC),
        "there": datetime(2026, 3, 1, 11, 0, 0, 120_000),  # noqa: DTZ001 - local, as its type is
        "day": date(2026, 3, 1),
        "id": UUID(int=7),
        "sum": Decimal("-19.99"),
        "share": 0.1,
        "raw": b"\xff\0",
        "kind": "B",
        "more": {"a": 1, "b": -(2**40)},
    }
    content = io.BytesIO()
    schemaless_writer(content, flat, value)
    for name, schema in (("flat", flat), ("nested", nested)):
        (tmp_path / f"{name}.avsc").write_bytes(orjson.dumps(schema))
    as_any, _, _ = said_by(reader_of(schema=tmp_path / "flat.avsc"), content.getvalue())
    itself, _, why = said_by(reader_of(schema=tmp_path / "nested.avsc"), content.getvalue() + b"\0")

    assert not why
    assert itself == f'{as_any[:-1]},"next":null}}'


@pytest.mark.parametrize(
    "oddly", [{"namespace": "com.my-shop"}, {"order": "foo"}, {"default": "none"}, {"doc": 5}]
)
def test_a_schema_that_contains_itself_may_say_what_no_bytes_depend_on(
    tmp_path: Path, oddly: dict[str, object]
) -> None:
    field: dict[str, object] = {"name": "next", "type": ["null", "N"]}
    schema: dict[str, object] = {"type": "record", "name": "N", "fields": [field]}
    (schema if "namespace" in oddly else field).update(oddly)
    (tmp_path / "odd.avsc").write_bytes(orjson.dumps(schema))

    said = said_by(reader_of(schema=tmp_path / "odd.avsc"), b"\x02\0")
    assert said == ('{"next":{"next":null}}', None, "")


def test_a_schema_that_cannot_be_walked_is_refused(tmp_path: Path) -> None:
    kinds = ["null", "N", "string", {"type": "string", "logicalType": "uuid"}]
    schema = {"type": "record", "name": "N", "fields": [{"name": "next", "type": kinds}]}
    (tmp_path / "twice.avsc").write_bytes(orjson.dumps(schema))

    with pytest.raises(UsageError, match="it is no Avro schema"):
        reader_of(schema=tmp_path / "twice.avsc")
