"""Every name in a mapping's file that does not exist, and every one that it lacks."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from forensics.model.columns import BY_NAME, ENUMS
from forensics.model.errors import UsageError
from forensics.normalise.line import KEYS as LINE_KEYS

KEYS = frozenset(
    {
        "format",
        "title",
        "records",
        "recognise",
        "let",
        "ignore",
        "event",
        "absent",
        "secrets",
        "coverage",
        "kept_days",
        "queue",
        "unwrap",
        "by_name",
        "typical",
        "line",
    }
)
_REQUIRED = ("format", "recognise", "event")
_TAKEN = frozenset(
    {
        "part", "path", "offset", "position", "line", "suspect", "element", "record", "hollow",
        "body", "found", "rest", "excluded", "rule", "class",
    }
)  # fmt: skip
"""Columns of the statement into which a mapping is compiled."""
_WORD = re.compile(r"'([^']*)'")
_EVENT_KEYS = frozenset({"when", "columns", "classify"})
_BESIDE_KEYS = frozenset({"values", "where", "is"})


def wrong_names(document: dict[str, Any], *, where: str) -> Iterator[UsageError]:
    """An error for each, in the order of the file; `where` names the file."""
    yield from _unknown("key", document, KEYS, where=where)
    for key in _REQUIRED:
        if key not in document:
            yield UsageError(f"{where} lacks `{key}`.", hint="docs/mappings.md shows a whole one.")
    for name, value in document.get("let", {}).items():
        if name in _TAKEN:
            yield UsageError(
                f"{where}: `let.{name}` has the name of a column that is there already.",
                hint="Give it another name.",
            )
        if not isinstance(value, str):
            yield from _beside(value, where=where)
    yield from _unknown("key", document.get("line", {}), LINE_KEYS, where=where)
    for row in document.get("event", ()):
        yield from _event(row, where=where)


def _beside(row: dict[str, str], *, where: str) -> Iterator[UsageError]:
    yield from _unknown("key", row, _BESIDE_KEYS, where=where)
    for key in sorted(_BESIDE_KEYS - row.keys()):
        yield UsageError(
            f"{where} looks at other records without `{key}`.",
            hint="docs/mappings.md says how.",
        )


def _event(row: dict[str, Any], *, where: str) -> Iterator[UsageError]:
    yield from _unknown("key", row, _EVENT_KEYS, where=where)
    classified = (entry["columns"] for entry in row.get("classify", ()))
    for columns in (row.get("columns", {}), *classified):
        yield from _unknown("canonical column", columns, BY_NAME, where=where)
        for name, value in columns.items():
            word = _WORD.fullmatch(value.strip())
            if word and name in ENUMS:
                yield from _unknown(f"`{name}`", word.groups(), ENUMS[name], where=where)


def _unknown(
    what: str, names: Collection[str], known: Collection[str], *, where: str
) -> Iterator[UsageError]:
    for name in names:
        if name not in known:
            yield UsageError.unknown(what, name, known=known, where=where)
