"""What a message carries, as JSON that says no more and no less than its bytes."""

import base64
from collections.abc import Iterable
from typing import cast

import orjson

_OPENING = frozenset({b"{", b"["})


def carried(content: bytes | None) -> object:
    """The content of a message, for `orjson.dumps`.

    A JSON object or array stays as it is written; other text is a text, also where it is a number,
    for `007` is a key and no 7; bytes that are no text become `{"base64": …}`.
    """
    if content is None:
        return None
    if content[:1] in _OPENING or content.lstrip()[:1] in _OPENING:
        try:
            orjson.loads(content)
        except orjson.JSONDecodeError:
            pass
        else:
            return orjson.Fragment(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def named(pairs: Iterable[tuple[str, bytes | None]]) -> dict[str, object]:
    """Fields or headers, of which one may be there several times: then all its values, in order."""
    found: dict[str, object] = {}
    repeated: set[str] = set()
    for name, content in pairs:
        value = carried(content)
        if name not in found:
            found[name] = value
        elif name in repeated:
            found[name] = [*cast("list[object]", found[name]), value]
        else:
            found[name] = [found[name], value]
            repeated.add(name)
    return found


def plain(content: bytes) -> str:
    """A name or id; what is no text is escaped, so that different bytes stay different."""
    return content.decode(errors="backslashreplace")


def listed(text: str) -> list[str]:
    """The names in an option, which are separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
