"""Pseudonyms in place of names, wherever in a report they stand.

A pseudonym is a digest under the case's key: the same name has the same one in every report of a
case, and without the key nobody finds out a name by hashing guesses.
"""

import hmac
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from operator import is_not
from typing import Any, TypeVar, cast

import orjson

from forensics.model.audit import RunInfo
from forensics.model.figure import Drawn

T = TypeVar("T")

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(Z|[+-]\d\d:\d\d)?")
_WORD = re.compile(r"\w+")
# In the address of a source an account stands before the host, and somebody types it again.
_MAIL = re.compile(
    r"(?<![\w.+%-])(?:(?<!://)|(?<=http://)|(?<=https://))[\w.+%-]+@((?:[\w-]+\.)+[\w-]+)"
)
# Without the country's code a telephone number looks like any other number.
_TELEPHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ()./-]*\d){7,14}(?!\w)")
# A title leaves out the middle of a long id.
_SHORTENED = re.compile(r"([\w.@:+-]+)…([\w.@:+-]*)")
_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")
_PART_BEFORE, _PART_AFTER = re.compile(r"\d[.,:]$"), re.compile(r"[.,:]\d")
"""Digits of a time or an amount are no name."""
_QUOTES = "`\"'"
_KIND = 100
"""Characters in front of a name in which the type of its record is looked for."""
_WHOLE_DIGITS, _WHOLE_LETTERS = 5, 3
"""Shorter names stand in prose as ordinary numbers and words: they are replaced where they are
quoted, or where the type of their record stands before them."""

_OURS = frozenset(
    {
        "act", "certain", "commands", "currency", "detector", "exposure_id", "finding_id", "grade",
        "harm", "incident_id", "kind", "pattern", "problem_id", "reproduce", "role", "severity",
        "stage", "state", "status", "verdict", "why",
    }
)  # fmt: skip
"""Fields whose values are words of this tool or its own ids: no name stands in them."""


@dataclass(frozen=True, slots=True)
class Names:
    """What is to be replaced.

    Attributes:
        labels: Name to what its pseudonym begins with: `person`, `customer` or `id`.
        types: Types of records: after one of them stands an id, however short it is.
        systems: Names of systems, which may look like the host of an e-mail address.
    """

    labels: Mapping[str, str]
    types: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()


@cache
def _fields(kind: type[Any]) -> tuple[str, ...]:
    """Fields of a dataclass in which a name may stand."""
    return tuple(field.name for field in fields(kind) if field.name not in _OURS)


class Pseudonyms:
    """Replaces names in texts, and in whatever holds texts.

    Args:
        key: The case's.
        names: What is to be replaced.
        people: Whether e-mail addresses and telephone numbers are replaced besides.
    """

    def __init__(self, key: bytes, names: Names, *, people: bool = True) -> None:
        self._key = key
        self._names = names
        self._people = people
        self._sorted = sorted(names.labels)
        self._by_word: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name in sorted(names.labels, key=len, reverse=True):
            if first := _WORD.search(name):
                self._by_word[first.group()].append((name, first.start()))

    def of(self, name: str, label: str) -> str:
        """The pseudonym of a name."""
        digest = hmac.digest(self._key, name.encode("utf-8", "surrogatepass"), "sha256")
        return f"{label}-{digest.hex()[:12]}"

    def text(self, value: str) -> str:
        """The text with pseudonyms in it."""
        if not (self._names.labels or "@" in value or "+" in value):
            return value
        if label := self._names.labels.get(value):
            return self.of(value, label)
        if _MOMENT.fullmatch(value):
            return value
        replaced = self._known(value) if self._by_word else value
        if "…" in replaced and self._sorted:
            replaced = _SHORTENED.sub(self._whole, replaced)
        if self._people and "@" in replaced:
            replaced = _MAIL.sub(self._address, replaced)
        if self._people and "+" in replaced:
            replaced = _TELEPHONE.sub(lambda found: self.of(found.group(), "person"), replaced)
        return replaced

    def within(self, value: T) -> T:
        """The same value with pseudonyms in all its texts; fields of our own words stay."""
        return cast("T", self._within(value))

    def _within(self, value: Any) -> Any:  # noqa: ANN401 - whatever a report is made of
        """The very same object where no name is in it: most of a large audit holds none."""
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self.text(value)
        if isinstance(value, list | tuple):
            told = [self._within(member) for member in value]
            return told if any(map(is_not, told, value)) else value
        if isinstance(value, Mapping):
            return {self._within(name): self._field(name, value[name]) for name in value}
        return self._within_dataclass(value) if is_dataclass(value) else value

    def _field(self, name: Any, value: Any) -> Any:  # noqa: ANN401 - whatever a report is made of
        return value if name in _OURS else self._within(value)

    def _within_dataclass(self, value: Any) -> Any:  # noqa: ANN401 - whatever a report is made of
        if isinstance(value, RunInfo):
            return value
        if isinstance(value, Drawn):
            data = self._within(orjson.loads(value.json)) if value.json else None
            json = orjson.dumps(data).decode() if value.json else ""
            return Drawn(json=json, words=self.text(value.words))
        changed = {}
        for name in _fields(value.__class__):
            held = getattr(value, name)
            if (told := self._within(held)) is not held:
                changed[name] = told
        return replace(value, **changed) if changed else value

    def _address(self, found: re.Match[str]) -> str:
        """`workflow@system` is no address of a person."""
        if found.group(1) in self._names.systems:
            return found.group()
        return self.of(found.group().casefold(), "person")

    def _whole(self, found: re.Match[str]) -> str:
        """The pseudonym of the name that was shortened; of several, any has that beginning."""
        begin, end = found.groups()
        for name in self._sorted[bisect_left(self._sorted, begin) :]:
            if not name.startswith(begin):
                break
            if name.endswith(end):
                return self.of(name, self._names.labels[name])
        return found.group()

    def _known(self, text: str) -> str:
        """The text with every known name replaced, the longest first, in one pass."""
        parts, done = [], 0
        for word in _WORD.finditer(text):
            for name, offset in self._by_word.get(word.group(), ()):
                begin = word.start() - offset
                if (
                    begin >= done
                    and text.startswith(name, begin)
                    and self._stands(name, text, begin)
                ):
                    parts += [text[done:begin], self.of(name, self._names.labels[name])]
                    done = begin + len(name)
                    break
        return "".join([*parts, text[done:]])

    def _stands(self, name: str, text: str, begin: int) -> bool:
        """Whether the name stands there by itself, and as a name."""
        after = text[begin + len(name) : begin + len(name) + 1]
        if _WORD.match(after) and _WORD.match(name[-1]):
            return False
        before = text[max(0, begin - _KIND) : begin]
        least = _WHOLE_LETTERS
        if name.isdecimal():
            if _PART_BEFORE.search(before[-2:]) or _PART_AFTER.match(text, begin + len(name)):
                return False
            least = _WHOLE_DIGITS
        if len(name) >= least and not _DATE.fullmatch(name):
            return True
        is_quoted = before.endswith(tuple(_QUOTES)) and after in _QUOTES
        kind = before[:-1].rpartition(" ")[2] if before.endswith((" ", ":")) else ""
        return is_quoted or kind.strip(_QUOTES) in self._names.types
