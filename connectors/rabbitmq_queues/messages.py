"""Messages of RabbitMQ as JSON documents."""

import hashlib
from typing import Any

import orjson
from pika.spec import Basic, BasicProperties

from connectors.live.payload import carried

_PROPERTIES = (
    "app_id",
    "content_encoding",
    "content_type",
    "correlation_id",
    "delivery_mode",
    "expiration",
    "message_id",
    "priority",
    "reply_to",
    "timestamp",
    "type",
    "user_id",
)
_MARKS = ("x-acquired-count", "x-delivery-count")
"""Headers in which a quorum queue counts how often it handed the message over."""


def document(
    queue: str,
    method: Basic.Deliver | Basic.GetOk,
    properties: BasicProperties,
    body: bytes,
    *,
    redelivered: bool | str,
    offset: int | None = None,
) -> bytes:
    """A message with all that the broker says of it.

    Args:
        queue: The queue that held it.
        method: How it was handed over.
        properties: Its properties and headers.
        body: Its content.
        redelivered: Whether it had been handed over before; a word where that is not known.
        offset: Where it is in a stream.
    """
    return orjson.dumps(
        {
            "queue": queue,
            "offset": offset,
            "exchange": method.exchange,
            "routing_key": method.routing_key,
            "redelivered": redelivered,
            "properties": {
                name: value
                for name in _PROPERTIES
                if (value := getattr(properties, name)) is not None
            },
            "headers": _readable(properties.headers or {}),
            "body": carried(body),
        },
        default=str,
    )


def unmarked(method: Basic.GetOk, properties: BasicProperties, body: bytes) -> str:
    """What a message is whoever looked at it, as 16 hex digits."""
    told = orjson.loads(document("", method, properties, body, redelivered=False))
    for mark in _MARKS:
        told["headers"].pop(mark, None)
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _readable(value: Any) -> Any:  # noqa: ANN401 - whatever a header may hold
    """Headers with bytes as text, or as base64 where they are none."""
    if isinstance(value, bytes):
        return carried(value)
    if isinstance(value, dict):
        return {str(name): _readable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_readable(each) for each in value]
    return value
