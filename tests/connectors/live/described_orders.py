"""Orders as schemas describe them, written by Confluent's own serialisers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from connectors import registry
from connectors.kafka.schemas import Schemas
from connectors.live.address import Address
from tests.connectors.live.schema_server import SchemaServer

VALUE = SerializationContext("orders", MessageField.VALUE)


ORDER = {
    "type": "record",
    "namespace": "shop",
    "name": "Order",
    "fields": [
        {"name": "order", "type": "string"},
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {
            "name": "total",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "blob", "type": "bytes"},
        {"name": "rate", "type": "double"},
    ],
}


PLACED = {
    "order": "o-1",
    "placed": datetime(2026, 11, 1, 8, 30, tzinfo=UTC),
    "total": Decimal("19.90"),
    "note": None,
    "blob": b"\xff\0",
    "rate": float("inf"),
}


READ = (
    b'{"order":"o-1","placed":"2026-11-01T08:30:00+00:00","total":19.90,"note":null,'
    b'"blob":{"base64":"/wA="},"rate":"inf"}'
)


@pytest.fixture
def schemas() -> Iterator[SchemaServer]:
    with SchemaServer().serving() as server:
        yield server


def reader_of(**options: object) -> Schemas:
    text = "&".join(f"{name}={value}" for name, value in options.items())
    kind = registry.live_source("kafka://b/t")
    assert kind
    return Schemas(Address.parse(f"kafka://b/t?{text}", options=kind.options, secrets=kind.secrets))


def said_by(schemas: Schemas, content: bytes) -> tuple[str, int | None, str]:
    value, number, why = schemas.value(content)
    return orjson.dumps(value).decode(), number, why


def in_avro(schemas: SchemaServer, schema: object, value: object) -> bytes:
    client = SchemaRegistryClient({"url": schemas.endpoint})
    written = AvroSerializer(client, orjson.dumps(schema).decode())(value, VALUE)
    assert written
    return bytes(written)


def _file(name: str, *messages: dict[str, Any], imports: tuple[str, ...] = ()) -> Any:
    """A `.proto` as the compiler describes it."""
    file = FileDescriptorProto(name=name, package="shop", syntax="proto3", dependency=imports)
    for message in messages:
        _add(file.message_type.add(), **message)
    return file


def _add(kind: Any, name: str, fields: dict[str, Any], nested: tuple[Any, ...] = ()) -> None:
    kind.name = name
    for number, (field, of) in enumerate(fields.items(), 1):
        added = kind.field.add(name=field, number=number, label=1)
        if isinstance(of, str):
            added.type, added.type_name = 11, of
        else:
            added.type = of
    for inner in nested:
        _add(kind.nested_type.add(), **inner)


STRING, INT64, BYTES = 9, 3, 12


CUSTOMER = _file("shop/customer.proto", {"name": "Customer", "fields": {"id": STRING}})


PLACEMENT = _file(
    "shop/order.proto",
    {"name": "Other", "fields": {"id": STRING}},
    {
        "name": "Order",
        "fields": {
            "order": STRING,
            "cents": INT64,
            "at": ".google.protobuf.Timestamp",
            "customer": ".shop.Customer",
            "blob": BYTES,
        },
        "nested": ({"name": "Line", "fields": {"sku": STRING}},),
    },
    imports=("google/protobuf/timestamp.proto", "shop/customer.proto"),
)


def message_class(name: str) -> Any:
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(CUSTOMER)
    pool.Add(PLACEMENT)
    return GetMessageClass(pool.FindMessageTypeByName(name))


def an_order() -> Any:
    order = message_class("shop.Order")(order="o-1", blob=b"\xff")
    order.at.FromJsonString("2026-11-01T08:30:00Z")
    order.customer.id = "c-1"
    return order


ORDER_READ = (
    '{"order": "o-1", "at": "2026-11-01T08:30:00Z", "customer": {"id": "c-1"}, "blob": "/w==",'
    ' "cents": "0"}'
)


def in_protobuf(schemas: SchemaServer, message: Any) -> bytes:
    client = SchemaRegistryClient({"url": schemas.endpoint})
    written = ProtobufSerializer(type(message), client)(message, VALUE)
    assert written
    return bytes(written)
