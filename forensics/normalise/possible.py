"""Which mappings could recognise a record at all: by the names in the text, by how lines look.

Asking the engine costs some hundredths of a second a format, whatever the records; with many
formats that is more than reading a small log. Most formats need names that are not there.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from forensics.normalise.line import Line, fits
from forensics.normalise.mapping import Mapping
from forensics.normalise.paths import PLACEHOLDER, top_level

_TOKEN = re.compile(r"'(?:[^']|'')*'|\{[^{}]*\}|[()]|\b(?:AND|OR)\b|[^'{}()\w]+|\w+", re.IGNORECASE)
_CASE = re.compile(r"\bCASE\b", re.IGNORECASE)
"""Has words of its own between AND and OR, so that it is not taken apart."""
_MAY_HOLD_WITHOUT = re.compile(r"\b(?:IS\s+NULL|NOT|DISTINCT|IF|IFNULL)\b", re.IGNORECASE)
"""Words by which an expression may be true of a record that lacks its names."""
_NEEDS_ITS_NAME = re.compile(r"\bIS\s+NOT\s+NULL\b|(?<=[}])\s*NOT\s+IN\b", re.IGNORECASE)
"""What one of those words is part of without being true of a record that lacks the name."""


_ONE_OF = re.compile(r"\{[^{}]+\}\s*(?:=|IN)\s*(\([^()]*\)|'[\w .:-]*')", re.IGNORECASE | re.ASCII)
"""A name that must have one of some values, which stand in the text as they stand here."""
_WORD = re.compile(r"'([\w .:-]*)'", re.ASCII)
_LIKE = re.compile(r"\{[^{}]+\}\s*LIKE\s*'([^']*)'(\s*ESCAPE\s*'\\')?", re.IGNORECASE)
_PLAIN = re.compile(r"[\w .:-]+", re.ASCII)
"""What no JSON writes in another way; a slash may be escaped, as may a letter with an accent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """The formats that some documents may be in, in the order in which they were given.

    Attributes:
        typical: Those of which a record may be.
        ignoring: Those that at most ignore what is there.
    """

    typical: Sequence[Mapping]
    ignoring: Sequence[Mapping]


def possible(
    connection: duckdb.DuckDBPyConnection, mappings: Sequence[Mapping], documents: Sequence[str]
) -> Possible:
    """Which formats records may be in.

    Args:
        connection: Has them as the relation `documents`.
        mappings: The formats.
        documents: The records; a name may also stand in a string, as in JSON inside JSON.
    """
    text = "\n".join(documents)
    fitting = _fitting(connection, mappings, documents)
    typical, ignoring = [], []
    for place, mapping in enumerate(mappings):
        if place in fitting or may_hold(mapping.typical, text):
            typical.append(mapping)
        elif not mapping.line and any(may_hold(one.when, text) for one in mapping.ignore):
            ignoring.append(mapping)
    return Possible(typical=typical, ignoring=ignoring)


def _fitting(
    connection: duckdb.DuckDBPyConnection, mappings: Sequence[Mapping], documents: Sequence[str]
) -> set[int]:
    """Places of the formats of which a pattern fits; the names of its groups are in no text."""
    are_objects = all(document.startswith("{") for document in documents)
    asked = {
        place: fits(mapping.line)
        for place, mapping in enumerate(mappings)
        if mapping.line and not (are_objects and not _is_inside(mapping.line, documents))
    }
    if not asked:
        return set()
    columns = ", ".join(f"coalesce(bool_or({fit}), false)" for fit in asked.values())
    found = connection.execute(f"SELECT {columns} FROM documents").fetchall()[0]
    return {place for place, fit in zip(asked, found, strict=True) if fit}


def _is_inside(line: Line, documents: Sequence[str]) -> bool:
    """Whether an object may hold the text of a line."""
    names = {top_level(path) for path in line.inside}
    return any(name in document for name in names for document in documents)


def may_hold(condition: str, text: str) -> bool:
    """Whether a condition could be true of a record whose names all occur in `text`."""
    if _CASE.search(condition):
        return True
    return any(
        all(_part_may_hold(part, text) for part in _split(alternative, "AND"))
        for alternative in _split(condition, "OR")
    )


def _part_may_hold(part: str, text: str) -> bool:
    inner = part.strip()
    if inner.startswith("(") and inner.endswith(")") and _is_one_group(inner):
        return may_hold(inner[1:-1], text)
    if _MAY_HOLD_WITHOUT.search(_NEEDS_ITS_NAME.sub("", inner)):
        return True
    paths = [match.group(1).strip() for match in PLACEHOLDER.finditer(part)]
    names = [top_level(path.lstrip("^")) for path in paths]
    if "#" in names:
        # Where the record stands in its document is no part of the text.
        return True
    has_name = not names or "$" in names or any(name in text for name in names)
    return has_name and _has_value(inner, text)


def _has_value(part: str, text: str) -> bool:
    """Whether what a name must be or be like is there, where that is some plain words."""
    if like := _LIKE.fullmatch(part):
        pattern, escaped = like.groups()
        pieces = re.split(r"(?<!\\)[%_]" if escaped else "[%_]", pattern)
        literal = (re.sub(r"\\([%_])", r"\1", piece) if escaped else piece for piece in pieces)
        return all(piece in text for piece in literal if _PLAIN.fullmatch(piece))
    listed = _ONE_OF.fullmatch(part)
    words = _WORD.findall(listed.group(1)) if listed else []
    all_plain = listed is not None and listed.group(1).count("'") == 2 * len(words)
    return not all_plain or any(word in text for word in words)


def _is_one_group(text: str) -> bool:
    """Whether the first parenthesis is closed by the last."""
    depth = 0
    tokens = list(_TOKEN.finditer(text))
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end() == tokens[-1].end()
    return False


def _split(condition: str, word: str) -> Iterator[str]:
    """The parts of a condition between `word`, outside parentheses and quotes."""
    depth = begin = 0
    for token in _TOKEN.finditer(condition):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if depth == 0 and token.group().upper() == word:
            yield condition[begin : token.start()]
            begin = token.end()
    yield condition[begin:]
