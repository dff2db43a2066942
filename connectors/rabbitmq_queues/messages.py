"""Messages of RabbitMQ as JSON documents."""

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


def document(
    queue: str,
    method: Basic.Deliver | Basic.GetOk,
    properties: BasicProperties,
    body: bytes,
    *,
    offset: int | None = None,
) -> bytes:
    """A message with all that the broker says of it; `offset` where it is in a stream."""
    return orjson.dumps(
        {
            "queue": queue,
            "offset": offset,
            "exchange": method.exchange,
            "routing_key": method.routing_key,
            "redelivered": method.redelivered,
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


def _readable(value: Any) -> Any:  # noqa: ANN401 - whatever a header may hold
    """Headers with bytes as text, or as base64 where they are none."""
    if isinstance(value, bytes):
        return carried(value)
    if isinstance(value, dict):
        return {str(name): _readable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_readable(each) for each in value]
    return value
