"""Messages of Kafka as JSON documents."""

from collections import Counter
from collections.abc import Sequence
from typing import cast

import orjson
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from connectors.kafka.schemas import Schemas
from connectors.live.payload import named

_Headers = Sequence[tuple[str, bytes | None]]


def documents(
    topic: str, partition: int, messages: Sequence[Message], schemas: Schemas
) -> tuple[list[bytes], Counter[str]]:
    """The messages as JSON, and how many values are kept as bytes, by the reason."""
    found: list[bytes] = []
    unread: Counter[str] = Counter()
    for message in messages:
        kind, at_ms = message.timestamp()
        value, schema, why = schemas.value(message.value())
        if why:
            unread[why] += 1
        headers = message.headers()
        document: dict[str, object] = {
            "topic": topic,
            "partition": partition,
            "offset": message.offset(),
            "timestamp": None if kind == TIMESTAMP_NOT_AVAILABLE else at_ms,
            "timestamp_type": "append" if kind == TIMESTAMP_LOG_APPEND_TIME else "create",
            "key": schemas.key(message.key()),
            "headers": named(cast("_Headers", headers)) if headers else {},
            "value": value,
        }
        if schema is not None:
            document["schema_id"] = schema
        found.append(orjson.dumps(document))
    return found, unread
