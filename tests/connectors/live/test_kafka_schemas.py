"""Values of Kafka that a schema describes, written by Confluent's own serialisers."""

import base64
import io
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import schemaless_writer
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from connectors import registry
from connectors.kafka.schemas import Schemas
from connectors.live.address import Address
from forensics.case.case import Case
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Notice, Page, SourceSpec
from tests.connectors.live.contract import read
from tests.connectors.live.schema_server import SchemaServer
from tests.connectors.live.servers import kafka_server

__all__ = ["kafka_server"]

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


def _reader(**options: object) -> Schemas:
    text = "&".join(f"{name}={value}" for name, value in options.items())
    kind = registry.live_source("kafka://b/t")
    assert kind
    return Schemas(Address.parse(f"kafka://b/t?{text}", options=kind.options, secrets=kind.secrets))


def _said(schemas: Schemas, content: bytes) -> tuple[str, int | None, str]:
    value, number, why = schemas.value(content)
    return orjson.dumps(value).decode(), number, why


def _avro(schemas: SchemaServer, schema: object, value: object) -> bytes:
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


def _message(name: str) -> Any:
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(CUSTOMER)
    pool.Add(PLACEMENT)
    return GetMessageClass(pool.FindMessageTypeByName(name))


def _order() -> Any:
    order = _message("shop.Order")(order="o-1", blob=b"\xff")
    order.at.FromJsonString("2026-11-01T08:30:00Z")
    order.customer.id = "c-1"
    return order


ORDER_READ = (
    '{"order": "o-1", "at": "2026-11-01T08:30:00Z", "customer": {"id": "c-1"}, "blob": "/w==",'
    ' "cents": "0"}'
)


def _protobuf(schemas: SchemaServer, message: Any) -> bytes:
    client = SchemaRegistryClient({"url": schemas.endpoint})
    written = ProtobufSerializer(type(message), client)(message, VALUE)
    assert written
    return bytes(written)


def test_avro_says_what_it_held_exactly(schemas: SchemaServer) -> None:
    content = _avro(schemas, ORDER, PLACED)
    reader = _reader(registry=schemas.endpoint)

    assert _said(reader, content) == (READ.decode(), 41, "")
    assert _said(reader, content) == (READ.decode(), 41, "")
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

    said = _said(_reader(registry=schemas.endpoint), b"\0" + number.to_bytes(4) + b"\x0e")
    assert said == ('{"of":{"id":7}}', number, "")


def test_protobuf_says_which_message_of_its_file_it_is(schemas: SchemaServer) -> None:
    content = _protobuf(schemas, _order())
    line = _protobuf(schemas, _message("shop.Order.Line")(sku="s-1"))
    first = _protobuf(schemas, _message("shop.Other")(id="x"))
    reader = _reader(registry=schemas.endpoint)

    assert _said(reader, content)[0] == ORDER_READ
    assert _said(reader, line)[0] == '{"sku": "s-1"}'
    assert _said(reader, first)[0] == '{"id": "x"}'


def test_a_registry_without_descriptors_is_told_apart_from_bad_values(
    schemas: SchemaServer,
) -> None:
    content = _protobuf(schemas, _order())
    schemas.has_serialized = False
    value, number, why = _said(_reader(registry=schemas.endpoint), content)

    assert base64.b64decode(orjson.loads(value)["base64"]) == content
    assert (number, "its text alone" in why) == (42, True)


@pytest.mark.parametrize("framed", [True, False], ids=["framed", "bare"])
def test_a_file_describes_what_no_registry_does(
    schemas: SchemaServer, tmp_path: Path, framed: bool
) -> None:
    (tmp_path / "order.avsc").write_bytes(orjson.dumps(ORDER))
    described = FileDescriptorSet(file=[CUSTOMER, PLACEMENT]).SerializeToString()
    (tmp_path / "order.desc").write_bytes(described)
    avro = _avro(schemas, ORDER, PLACED)
    protobuf = _protobuf(schemas, _order()) if framed else _order().SerializeToString()
    by_avro = _reader(schema=tmp_path / "order.avsc")
    by_protobuf = _reader(schema=tmp_path / "order.desc", message="shop.Order")

    assert _said(by_avro, avro if framed else avro[5:])[0] == READ.decode()
    assert _said(by_protobuf, protobuf)[0] == ORDER_READ
    assert _said(by_avro, b'{"a":1}') == ('{"a":1}', None, "")


def test_a_value_that_begins_with_a_zero_may_have_no_number(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "string"]}]}
    schema["fields"].append({"name": "b", "type": "string"})  # type: ignore[attr-defined]
    (tmp_path / "r.avsc").write_bytes(orjson.dumps(schema))

    assert _said(_reader(schema=tmp_path / "r.avsc"), b"\0\x0csix ch") == (
        '{"a":null,"b":"six ch"}',
        None,
        "",
    )


def test_what_is_not_of_its_schema_is_kept_as_bytes(schemas: SchemaServer, tmp_path: Path) -> None:
    avro = _avro(schemas, ORDER, PLACED)
    protobuf = _protobuf(schemas, _order())
    reader = _reader(registry=schemas.endpoint)
    torn, longer = avro[:-1], avro + b"\0"
    unknown_field, negative = protobuf + b"\x7a\x01x", protobuf[:5] + b"\x02\x01"
    why = {}
    for content in (torn, longer, unknown_field, negative, b"\0\0\0\x7f\xff\x01"):
        value, _, reason = _said(reader, content)
        assert base64.b64decode(orjson.loads(value)["base64"]) == content
        why[content] = reason

    assert list(why.values()) == [
        "not of the Avro schema",
        "longer than the Avro schema has it",
        "with fields that the Protobuf schema does not know",
        "not of the Protobuf schema",
        "the registry does not know schema 32767",
    ]
    (tmp_path / "order.avsc").write_bytes(orjson.dumps(ORDER))
    assert _said(_reader(schema=tmp_path / "order.avsc"), b"plain") == (
        '"plain"',
        None,
        "not of the Avro schema",
    )


def test_a_value_nested_without_end_ends_nothing(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "L", "fields": [{"name": "n", "type": ["null", "L"]}]}
    (tmp_path / "deep.avsc").write_bytes(orjson.dumps(schema))
    reader = _reader(schema=tmp_path / "deep.avsc")

    assert _said(reader, b"\x02\x02\0")[0] == '{"n":{"n":{"n":null}}}'
    assert reader.value(b"\x02" * 1_000_000 + b"\0")[2] == "not of the Avro schema"


def test_a_schema_that_contains_itself_is_read_as_any_other(tmp_path: Path) -> None:
    fields = [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
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
    as_any, _, _ = _said(_reader(schema=tmp_path / "flat.avsc"), content.getvalue())
    itself, _, why = _said(_reader(schema=tmp_path / "nested.avsc"), content.getvalue() + b"\0")

    assert not why
    assert itself == f'{as_any[:-1]},"next":null}}'


def test_keys_are_read_as_values_are(schemas: SchemaServer) -> None:
    key = _avro(schemas, {"type": "string"}, "o-1")
    reader = _reader(registry=schemas.endpoint)

    assert orjson.dumps(reader.key(key)) == b'"o-1"'
    assert reader.key(b"\0\0\0\0") == "\0\0\0\0"
    assert reader.key(b"007") == "007"


def test_the_account_of_a_registry_comes_from_the_environment(
    schemas: SchemaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = _avro(schemas, ORDER, PLACED)
    schemas.account = f"Basic {base64.b64encode(b'reader:s3cret').decode()}"
    monkeypatch.setenv("SCHEMA_REGISTRY_PASSWORD", "s3cret")

    assert not _reader(registry=schemas.endpoint, registry_user="reader").value(content)[2]
    monkeypatch.setenv("SCHEMA_REGISTRY_PASSWORD", "wrong")
    with pytest.raises(SourceError, match="401") as refused:
        _reader(registry=schemas.endpoint, registry_user="reader").value(content)
    assert "registry_user" in refused.value.hint
    monkeypatch.delenv("SCHEMA_REGISTRY_PASSWORD")
    with pytest.raises(SourceError, match="registry_password"):
        _reader(registry=schemas.endpoint, registry_user="reader")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"registry": "http://reader:s3cret@registry"}, "in an odd place"),
        ({"registry": "registry:8081"}, "no address"),
        ({"schema": "none.avsc"}, "No such file"),
        ({"schema": "order.proto"}, "does not say by its name"),
        ({"schema": "bad.avsc"}, "no Avro schema"),
        ({"schema": "bad.desc"}, "no set of descriptors"),
        ({"schema": "empty.desc"}, "describes nothing"),
        ({"schema": "order.desc", "message": "shop.Nobody"}, "no message"),
    ],
)
def test_what_describes_nothing_is_refused(
    options: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.avsc").write_text('{"type": "recrod"}')
    (tmp_path / "bad.desc").write_text('syntax = "proto3";')
    (tmp_path / "empty.desc").write_bytes(b"")
    (tmp_path / "order.desc").write_bytes(
        FileDescriptorSet(file=[CUSTOMER, PLACEMENT]).SerializeToString()
    )
    with pytest.raises(UsageError, match=said) as raised:
        _reader(**options)
    assert "s3cret" not in f"{raised.value} {raised.value.hint}"


def test_a_registry_has_no_password_in_its_address() -> None:
    kind = registry.live_source("kafka://b/t")
    assert kind
    address = "kafka://reader@b/t?password_env=HOME&registry=http://reader:s3cret@registry"
    with pytest.raises(UsageError, match="before an `@`") as raised:
        Schemas(Address.parse(address, options=kind.options, secrets=kind.secrets))
    assert "s3cret" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    ("library", "name", "extra"),
    [
        ("avro", "order.avsc", "avro"),
        ("fastavro", "order.avsc", "avro"),
        ("google", "order.desc", "protobuf"),
    ],
)
def test_a_missing_library_is_told_with_the_line_that_installs_it(
    library: str, name: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"{}")
    for module in [*sys.modules]:
        if module.partition(".")[0] == library:
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"connectors.kafka.{extra}", raising=False)
    with pytest.raises(SourceError) as raised:
        _reader(schema=tmp_path / name)
    assert f"event-forensics[{extra}]" in raised.value.hint


@pytest.mark.service
@pytest.mark.xdist_group("kafka")
def test_a_topic_in_three_forms_is_read_and_what_is_left_is_told(
    kafka_server: str, schemas: SchemaServer, tmp_path: Path
) -> None:
    topic = f"schemas-{tmp_path.name}"
    admin = AdminClient({"bootstrap.servers": kafka_server})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
    producer = Producer({"bootstrap.servers": kafka_server})
    json = b'\0\0\0\0\x07{"order":"o-2"}'
    order = _protobuf(schemas, _order())
    for value in (_avro(schemas, ORDER, PLACED), order, json, order[:-1], b'{"order":"o-3"}'):
        producer.produce(topic, value=value)
    producer.flush(10)
    address = f"kafka://{kafka_server}/{topic}?registry={schemas.endpoint}"
    (page,) = read(address)
    values = [orjson.loads(d.as_py())["value"] for d in page.records["document"]]

    assert [value.get("order") for value in values] == ["o-1", "o-1", "o-2", None, "o-3"]
    source = registry.connector(SourceSpec(name="", address=address))
    (notice,) = [item for item in source.pages(()) if not isinstance(item, Page)]
    assert isinstance(notice, Notice)
    assert "1 value " in notice.sentence
    assert "not of the Protobuf schema" in notice.sentence
    (outcome,) = Case(tmp_path / "case", registry).ingest([f"orders={address}"])
    assert (outcome.read, outcome.events, outcome.quarantined) == (5, 5, 0)


@pytest.mark.service
@pytest.mark.xdist_group("kafka")
def test_a_registry_that_is_away_stops_the_reading(kafka_server: str, tmp_path: Path) -> None:
    topic = f"away-{tmp_path.name}"
    admin = AdminClient({"bootstrap.servers": kafka_server})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
    producer = Producer({"bootstrap.servers": kafka_server})
    producer.produce(topic, value=b"\0\0\0\0\x07\x02")
    producer.flush(10)
    with SchemaServer().serving() as server:
        server.account = "somebody"
        with pytest.raises(SourceError, match="schema registry"):
            read(f"kafka://{kafka_server}/{topic}?registry={server.endpoint}")
