"""Names of fields as words, whatever the case and the punctuation they are written in."""

import re
import unicodedata

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)
_MARKS = re.compile(r"[\u0300-\u036f]")
_SEGMENT = re.compile(r'"([^"]*)"|([^."\[\]]+)')

_SAYS_NOTHING_ALONE = frozenset(
    {"id", "uuid", "guid", "name", "key", "type", "number", "no", "ref", "code", "sid", "value",
     "kind", "group", "version", "currency"}
)  # fmt: skip
"""Last names that take their meaning from what they stand in."""

_WRAPPERS = frozenset(
    {"data", "attributes", "payload", "body", "record", "detail", "details", "properties",
     "context", "metadata", "meta", "headers", "header", "fields", "object", "params", "args",
     "tags", "labels", "value", "extra", "json", "log", "msg", "content"}
)  # fmt: skip
"""Names of containers, which say nothing of what is in them."""


_EVENTS = frozenset({"event", "request", "req", "http"})
"""Containers that are the record's own event, not another thing."""


def words(name: str) -> list[str]:
    """`idempotencyKey`, `Idempotency-Key` and `IDEMPOTENCY_KEY` as `idempotency`, `key`.

    Letters with marks are as they are without: `Empfänger` is `empfaenger`, `bénéficiaire`
    `beneficiaire`.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name).translate(_UMLAUTS))
    return [word.lower() for word in _WORD.findall(_MARKS.sub("", plain))]


def segments(path: str) -> list[str]:
    """The names along a path, without quotes."""
    return [quoted or plain for quoted, plain in _SEGMENT.findall(path)]


def nesting(path: str) -> int:
    """How many things of their own a field stands inside: 0 for `ts`, `data.ts`, `order.id`."""
    names = segments(path)[:-1]
    if names and _takes_meaning(path):
        names = names[:-1]
    return sum(not set(words(name)) <= _WRAPPERS | _EVENTS for name in names)


def _takes_meaning(path: str) -> bool:
    """Whether the last name says nothing without the one before it."""
    last = words(segments(path)[-1])
    return len(last) == 1 and last[0] in _SAYS_NOTHING_ALONE


def phrase_of(path: str) -> str:
    """What a path calls its field: `order_id` for `order.id`, `order.orderId` and `orderID`."""
    # A name with dots in it is a path that somebody flattened.
    names = [part for segment in segments(path) for part in segment.split(".") if part]
    found = words(names[-1]) if names else []
    if len(found) == 1 and found[0] in _SAYS_NOTHING_ALONE and len(names) > 1:
        parent = words(names[-2])
        if parent and not set(parent) <= _WRAPPERS:
            return "_".join([*parent, *found])
    return "_".join(found)
