"""Values of Kafka that a registry or a file describes."""

import base64
import sys
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from connectors import registry
from connectors.kafka.schemas import Schemas
from connectors.live.address import Address
from forensics.case.case import Case
from forensics.model.errors import SourceError, UsageError
from tests.connectors.live.contract import read
from tests.connectors.live.described_orders import (
    CUSTOMER,
    ORDER,
    ORDER_READ,
    PLACED,
    PLACEMENT,
    READ,
    an_order,
    in_avro,
    in_protobuf,
    message_class,
    reader_of,
    said_by,
    schemas,
)
from tests.connectors.live.schema_server import SchemaServer
from tests.connectors.live.servers import kafka_server

__all__ = ["kafka_server", "schemas"]


def test_protobuf_says_which_message_of_its_file_it_is(schemas: SchemaServer) -> None:
    content = in_protobuf(schemas, an_order())
    line = in_protobuf(schemas, message_class("shop.Order.Line")(sku="s-1"))
    first = in_protobuf(schemas, message_class("shop.Other")(id="x"))
    reader = reader_of(registry=schemas.endpoint)

    assert said_by(reader, content)[0] == ORDER_READ
    assert said_by(reader, line)[0] == '{"sku": "s-1"}'
    assert said_by(reader, first)[0] == '{"id": "x"}'


def test_a_registry_without_descriptors_is_told_apart_from_bad_values(
    schemas: SchemaServer,
) -> None:
    content = in_protobuf(schemas, an_order())
    schemas.has_serialized = False
    value, number, why = said_by(reader_of(registry=schemas.endpoint), content)

    assert base64.b64decode(orjson.loads(value)["base64"]) == content
    assert (number, "its text alone" in why) == (42, True)


@pytest.mark.parametrize("framed", [True, False], ids=["framed", "bare"])
def test_a_file_describes_what_no_registry_does(
    schemas: SchemaServer, tmp_path: Path, framed: bool
) -> None:
    (tmp_path / "order.avsc").write_bytes(orjson.dumps(ORDER))
    described = FileDescriptorSet(file=[CUSTOMER, PLACEMENT]).SerializeToString()
    (tmp_path / "order.desc").write_bytes(described)
    avro = in_avro(schemas, ORDER, PLACED)
    protobuf = in_protobuf(schemas, an_order()) if framed else an_order().SerializeToString()
    by_avro = reader_of(schema=tmp_path / "order.avsc")
    by_protobuf = reader_of(schema=tmp_path / "order.desc", message="shop.Order")

    assert said_by(by_avro, avro if framed else avro[5:])[0] == READ.decode()
    assert said_by(by_protobuf, protobuf)[0] == ORDER_READ
    assert said_by(by_avro, b'{"a":1}') == ('{"a":1}', None, "")


def test_what_is_not_of_its_schema_is_kept_as_bytes(schemas: SchemaServer, tmp_path: Path) -> None:
    avro = in_avro(schemas, ORDER, PLACED)
    protobuf = in_protobuf(schemas, an_order())
    reader = reader_of(registry=schemas.endpoint)
    torn, longer = avro[:-1], avro + b"\0"
    unknown_field, negative = protobuf + b"\x7a\x01x", protobuf[:5] + b"\x02\x01"
    why = {}
    for content in (torn, longer, unknown_field, negative, b"\0\0\0\x7f\xff\x01"):
        value, _, reason = said_by(reader, content)
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
    assert said_by(reader_of(schema=tmp_path / "order.avsc"), b"plain") == (
        '"plain"',
        None,
        "not of the Avro schema",
    )


def test_keys_are_read_as_values_are(schemas: SchemaServer) -> None:
    key = in_avro(schemas, {"type": "string"}, "o-1")
    reader = reader_of(registry=schemas.endpoint)

    assert orjson.dumps(reader.key(key)) == b'"o-1"'
    assert reader.key(b"\0\0\0\0") == "\0\0\0\0"
    assert reader.key(b"007") == "007"


def test_the_account_of_a_registry_comes_from_the_environment(
    schemas: SchemaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = in_avro(schemas, ORDER, PLACED)
    schemas.account = f"Basic {base64.b64encode(b'reader:s3cret').decode()}"
    monkeypatch.setenv("SCHEMA_REGISTRY_PASSWORD", "s3cret")

    assert not reader_of(registry=schemas.endpoint, registry_user="reader").value(content)[2]
    monkeypatch.setenv("SCHEMA_REGISTRY_PASSWORD", "wrong")
    with pytest.raises(SourceError, match="401") as refused:
        reader_of(registry=schemas.endpoint, registry_user="reader").value(content)
    assert "registry_user" in refused.value.hint
    monkeypatch.delenv("SCHEMA_REGISTRY_PASSWORD")
    with pytest.raises(SourceError, match="registry_password"):
        reader_of(registry=schemas.endpoint, registry_user="reader")


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
        reader_of(**options)
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
        reader_of(schema=tmp_path / name)
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
    order = in_protobuf(schemas, an_order())
    for value in (in_avro(schemas, ORDER, PLACED), order, json, order[:-1], b'{"order":"o-3"}'):
        producer.produce(topic, value=value)
    producer.flush(10)
    address = f"kafka://{kafka_server}/{topic}?registry={schemas.endpoint}"
    (page,) = read(address)
    values = [orjson.loads(d.as_py())["value"] for d in page.records["document"]]

    assert [value.get("order") for value in values] == ["o-1", "o-1", "o-2", None, "o-3"]
    assert page.coverage == "unknown"
    assert page.coverage_reason.startswith("1 value ")
    assert "not of the Protobuf schema" in page.coverage_reason
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
