"""Messages of Kafka as JSON documents."""

import base64
from collections.abc import Sequence
from typing import cast

import orjson
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from connectors.live.payload import carried, named

_SCHEMA_HEADER = 5
"""Bytes before a value that a schema registry describes: a zero and the schema's number."""

_Headers = Sequence[tuple[str, bytes | None]]


def documents(topic: str, partition: int, messages: Sequence[Message]) -> tuple[list[bytes], int]:
    """The messages as JSON, and how many of them are in a form that is not read."""
    found, binary = [], 0
    for message in messages:
        kind, at_ms = message.timestamp()
        value, schema = _value(message.value())
        binary += schema is not None and isinstance(value, dict)
        headers = message.headers()
        document: dict[str, object] = {
            "topic": topic,
            "partition": partition,
            "offset": message.offset(),
            "timestamp": None if kind == TIMESTAMP_NOT_AVAILABLE else at_ms,
            "timestamp_type": "append" if kind == TIMESTAMP_LOG_APPEND_TIME else "create",
            "key": carried(message.key()),
            "headers": named(cast("_Headers", headers)) if headers else {},
            "value": value,
        }
        if schema is not None:
            document["schema_id"] = schema
        found.append(orjson.dumps(document))
    return found, binary


def _value(content: bytes | None) -> tuple[object, int | None]:
    """What a message carries, and the number of its schema where a registry describes it."""
    if not content or content[0] or len(content) < _SCHEMA_HEADER:
        return carried(content), None
    number, rest = int.from_bytes(content[1:_SCHEMA_HEADER]), content[_SCHEMA_HEADER:]
    document = carried(rest)
    if isinstance(document, orjson.Fragment):
        return document, number
    return {"base64": base64.b64encode(content).decode()}, number
