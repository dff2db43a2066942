"""Values in Protobuf as JSON, in the form that Protobuf itself gives JSON.

https://protobuf.dev/programming-guides/json/
"""

import base64
from collections.abc import Sequence
from importlib import import_module

import orjson
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from connectors.kafka.schemas import Reader

_EVERYWHERE = tuple(
    f"google/protobuf/{stem}.proto"
    for stem in (
        "any", "source_context", "type", "api", "descriptor", "duration", "empty", "field_mask",
        "struct", "timestamp", "wrappers",
    )
)  # fmt: skip
"""Files that every compiler has, so that nobody hands them on; each after those it imports."""


def reader(files: Sequence[tuple[str, str]]) -> Reader:
    """What reads values of a registry's schema.

    Args:
        files: Name and content in base64 of the files that the schema imports, then its own.

    Raises:
        ValueError: They describe nothing.
    """
    try:
        described = [
            (name, FileDescriptorProto.FromString(base64.b64decode(content, validate=True)))
            for name, content in files
        ]
    except Exception:  # noqa: BLE001 - a text that is no descriptor fails in any way
        raise ValueError("the registry hands out its text alone; name a file") from None
    for name, file in described:
        file.name = name
    return _reader([file for _, file in described], "")


def set_reader(content: bytes, message: str) -> Reader:
    """What reads values by a set of descriptors, as `protoc --descriptor_set_out` writes it.

    Args:
        content: The set.
        message: Name of the message that values are; empty for the last file's first.

    Raises:
        ValueError: It describes nothing, or no such message.
    """
    try:
        files = FileDescriptorSet.FromString(content).file
    except Exception:  # noqa: BLE001 - likewise
        raise ValueError("it is no set of descriptors") from None
    if not files:
        raise ValueError("it describes nothing")
    return _reader(files, message)


def _reader(files: Sequence[FileDescriptorProto], message: str) -> Reader:
    pool = DescriptorPool()
    try:
        for name in _EVERYWHERE:
            module = import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
            pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        for file in files:
            if file.name not in _EVERYWHERE:
                pool.Add(file)
        last = pool.FindFileByName(files[-1].name)
        usual = pool.FindMessageTypeByName(message) if message else _message(last, [0])
    except Exception as error:  # noqa: BLE001 - likewise
        raise ValueError(f"it describes no message ({error})") from None

    def found(content: bytes, *, framed: bool) -> orjson.Fragment:
        try:
            indexes, start = _indexes(content) if framed else ([0], 0)
            kind = usual if message or not framed else _message(last, indexes)
            value = GetMessageClass(kind).FromString(content[start:])
            size = value.ByteSize()
            document = json_format.MessageToJson(
                value,
                always_print_fields_with_no_presence=True,
                preserving_proto_field_name=True,
                indent=None,
                ensure_ascii=False,
                descriptor_pool=pool,
            )
            value.DiscardUnknownFields()
        except Exception:  # noqa: BLE001 - bytes of another schema fail in any way
            raise ValueError("not of the Protobuf schema") from None
        if value.ByteSize() != size:
            raise ValueError("with fields that the Protobuf schema does not know")
        return orjson.Fragment(document)

    return found


def _message(file: FileDescriptor, indexes: Sequence[int]) -> Descriptor:
    """The message at a place in its file: its number there, then its number in that one, ..."""
    kinds = list(file.message_types_by_name.values())
    for index in indexes[:-1]:
        kinds = list(kinds[index].nested_types)
    return kinds[indexes[-1]]


def _indexes(content: bytes) -> tuple[list[int], int]:
    """Which message of its file a value is, and where the value begins."""
    count, start = _number(content, 0)
    if not count:
        return [0], start
    indexes = []
    for _ in range(count):
        index, start = _number(content, start)
        indexes.append(index)
    if min(indexes) < 0:
        raise ValueError
    return indexes, start


def _number(content: bytes, start: int) -> tuple[int, int]:
    """A whole number in zigzag form, and where it ends."""
    value = shift = 0
    while content[start] & 0x80:
        value |= (content[start] & 0x7F) << shift
        start, shift = start + 1, shift + 7
    value |= content[start] << shift
    return (value >> 1) ^ -(value & 1), start + 1
