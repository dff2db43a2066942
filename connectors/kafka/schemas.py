"""Keys and values that a schema describes: which schema it is, and what it makes of them.

What a registry describes begins with a zero and the number of its schema.
https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
"""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import orjson

from connectors.live.address import Address
from connectors.live.payload import carried
from connectors.live.source import loaded
from forensics.model.errors import UsageError

_HEADER = 5
"""Bytes before a value: the zero and the number."""

_DESCRIPTORS = (".binpb", ".desc", ".pb", ".protoset")

_UNNAMED = (
    "in the binary form of a schema that nobody named; `?registry=URL` or `?schema=FILE` reads it,"
    " under another `NAME=`"
)


class Reader(Protocol):
    """What makes JSON of bytes."""

    def __call__(self, content: bytes, *, framed: bool) -> orjson.Fragment:
        """The JSON; `framed` says that the bytes stood behind the number of a schema.

        Raises:
            ValueError: They are not of the schema.
        """
        ...


class Schemas:
    """The schemas of what is read; each is asked for once."""

    def __init__(self, address: Address) -> None:
        """Prepare to read by what an address names; a registry is not asked yet.

        Raises:
            SourceError: A library that the schemas need is not installed.
            UsageError: The file is none that describes values, or the registry's address is odd.
        """
        self._of_file = _of_file(address)
        self._of_registry = _of_registry(address)
        self._known: dict[int, Reader] = {}

    def key(self, content: bytes | None) -> object:
        """What a key says: by the registry, or as it is written.

        Raises:
            SourceError: The registry does not answer, or a library is missing.
        """
        if not self._of_registry or not content or content[0] or len(content) < _HEADER:
            return carried(content)
        try:
            return self._numbered(content)[0]
        except ValueError:
            return carried(content)

    def value(self, content: bytes | None) -> tuple[object, int | None, str]:
        """What a value says, the number of its schema, and why it is kept as bytes.

        Raises:
            SourceError: The registry does not answer, or a library is missing.
        """
        if not content or (content[0] and not self._of_file):
            return carried(content), None, ""
        if content[0] or len(content) < _HEADER:
            return self._bare(content)
        try:
            return *self._numbered(content), ""
        except ValueError as error:
            bare, _, unread = self._bare(content)
            # Without a number, too, a value may begin with a zero.
            if self._of_file and not unread:
                return bare, None, ""
            raw = {"base64": base64.b64encode(content).decode()}
            return raw, _number(content), str(error)

    def _numbered(self, content: bytes) -> tuple[object, int]:
        """What stands behind the number of a schema, and the number."""
        number, rest = _number(content), content[_HEADER:]
        document = carried(rest)
        if isinstance(document, orjson.Fragment):
            return document, number
        reader = self._of_file or self._by_number(number)
        return reader(rest, framed=True), number

    def _bare(self, content: bytes) -> tuple[object, None, str]:
        if not self._of_file:
            return carried(content), None, ""
        try:
            return self._of_file(content, framed=False), None, ""
        except ValueError as error:
            document = carried(content)
            return document, None, "" if isinstance(document, orjson.Fragment) else str(error)

    def _by_number(self, number: int) -> Reader:
        if not self._of_registry:
            raise ValueError(_UNNAMED)
        if number not in self._known:
            self._known[number] = self._of_registry(number)
        return self._known[number]


def _number(content: bytes) -> int:
    return int.from_bytes(content[1:_HEADER])


def _of_file(address: Address) -> Reader | None:
    """What reads by the file that an address names; None for JSON, which needs no schema."""
    if "schema" not in address.options:
        return None
    path = Path(address.options["schema"]).expanduser()
    if path.suffix not in {".avsc", ".json", *_DESCRIPTORS}:
        raise UsageError(
            f"`schema`: `{path}` does not say by its name what it is.",
            hint="It is `.avsc` (Avro), `.json` (JSON Schema) or `.desc` (Protobuf), which `protoc"
            " --include_imports --descriptor_set_out=orders.desc orders.proto` makes.",
        )
    try:
        content = path.read_bytes()
        if path.suffix == ".avsc":
            return _avro([content.decode()])
        if path.suffix in _DESCRIPTORS:
            return _protobuf("set_reader", content, address.options.get("message", ""))
    except OSError as error:
        raise UsageError(f"`schema`: `{path}`: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"`schema`: `{path}`: {error}.") from None
    return None


def _of_registry(address: Address) -> Callable[[int], Reader] | None:
    """What finds a reader by the number of a schema."""
    if "registry" not in address.options:
        return None
    registry = loaded(
        "connectors.kafka.schema_registry", library="httpx", extra="http", what="A schema registry"
    ).SchemaRegistry(address)

    def found(number: int) -> Reader:
        described = registry.described(number)
        if not described:
            return _unreadable(f"the registry does not know schema {number}")
        try:
            if described.kind == "AVRO":
                return _avro([text for _, text in described.files])
            if described.kind == "PROTOBUF":
                return _protobuf("reader", described.files)
        except ValueError as error:
            return _unreadable(f"schema {number} ({described.kind}) cannot be used: {error}")
        return _unreadable(f"no JSON, as schema {number} ({described.kind}) has it")

    return found


def _avro(texts: Sequence[str]) -> Reader:
    loaded("avro.io", library="avro", extra="avro", what="Avro")
    module = loaded("connectors.kafka.avro", library="fastavro", extra="avro", what="Avro")
    reader: Reader = module.reader(texts)
    return reader


def _protobuf(maker: str, *described: object) -> Reader:
    module = loaded(
        "connectors.kafka.protobuf", library="google", extra="protobuf", what="Protobuf"
    )
    reader: Reader = getattr(module, maker)(*described)
    return reader


def _unreadable(why: str) -> Reader:
    def reader(content: bytes, *, framed: bool) -> orjson.Fragment:
        del content, framed
        raise ValueError(why)

    return reader
