"""Whether a mapping could recognise a record at all, from the names that occur in the text.

Asking the engine costs some hundredths of a second a format, whatever the records; with many
formats that is more than reading a small log. Most formats need names that are not there.
"""

import re
from collections.abc import Iterator

from forensics.normalise.mapping import Mapping
from forensics.normalise.paths import PLACEHOLDER, top_level

_TOKEN = re.compile(r"'(?:[^']|'')*'|\{[^{}]*\}|[()]|\b(?:AND|OR)\b|[^'{}()\w]+|\w+", re.IGNORECASE)
_CASE = re.compile(r"\bCASE\b", re.IGNORECASE)
"""Has words of its own between AND and OR, so that it is not taken apart."""
_MAY_HOLD_WITHOUT = re.compile(r"\b(?:IS\s+NULL|NOT|DISTINCT|IF|IFNULL)\b", re.IGNORECASE)
"""Words by which an expression may be true of a record that lacks its names."""
_NEEDS_ITS_NAME = re.compile(r"\bIS\s+NOT\s+NULL\b|(?<=[}])\s*NOT\s+IN\b", re.IGNORECASE)
"""What one of those words is part of without being true of a record that lacks the name."""


_ONE_OF = re.compile(r"\{[^{}]+\}\s*(?:=|IN)\s*(\([^()]*\)|'[\w .:/-]*')", re.IGNORECASE)
"""A name that must have one of some values, which stand in the text as they stand here."""
_WORD = re.compile(r"'([\w .:/-]*)'")


def is_possible(mapping: Mapping, text: str) -> bool:
    """Whether records in `text` may be of this format, or among what it ignores.

    Args:
        mapping: The format.
        text: The records, one after the other; a name may also stand in a string, as in JSON
            inside JSON.
    """
    if mapping.line is not None:
        if not text.startswith("{"):
            # The names are those of a pattern's groups; they do not stand in the text.
            return True
        if any(top_level(path) in text for path in mapping.line.inside):
            return True
    conditions = (mapping.typical, *(ignored.when for ignored in mapping.ignore))
    return any(may_hold(condition, text) for condition in conditions)


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
    has_name = not names or bool({"$", "#"} & set(names)) or any(name in text for name in names)
    return has_name and _has_value(inner, text)


def _has_value(part: str, text: str) -> bool:
    """Whether one of the values is there, where the part asks for one of some plain words."""
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
