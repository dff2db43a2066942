r"""How a record that is text is taken apart: its `[line]` table, read and turned into SQL.

    [line]
    pattern = '^(?P<at>\S+) (?P<level>[A-Z]+) (?P<rest>.*)$'   # or a list; the first that fits
    prefix = '(?P<host>\S+) '  # what stands before each of the patterns
    log_format = '$remote_addr [$time_local] "$request"'       # as nginx, Apache or Envoy have it
    inside = ["log"]      # where the text stands when the record is a JSON object
    pairs = "rest"        # the part that is made of `name=value`
    absent = "-"          # how the log writes that there is nothing

The parts become a JSON object, so that `{at}` works as if the record had been one. A record that
fits no pattern stays as it is: it may be JSON already.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forensics.model.errors import UsageError
from forensics.normalise.log_format import pattern_of
from forensics.normalise.paths import json_path, quoted
from forensics.normalise.sql_types import text

KEYS = frozenset({"pattern", "prefix", "log_format", "inside", "pairs", "absent"})
_WHOLE = "whole line"
"""Name of the group around a pattern; a group of the pattern cannot be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How text records are taken apart.

    Attributes:
        patterns: In the syntax of RE2, with named groups; the first that fits is taken.
        inside: Paths at which the text may stand when the record is a JSON object.
        pairs: Name of the group that is made of `name=value`; empty when there is none.
        absent: What stands where there is no value.
    """

    patterns: tuple[str, ...]
    inside: tuple[str, ...] = ()
    pairs: str = ""
    absent: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all groups, without repetition."""
        groups = (name for pattern in self.patterns for name in _groups(pattern) if name)
        return tuple(dict.fromkeys(groups))


def read_line(row: dict[str, Any], *, where: str) -> Line:
    """The `[line]` table of a mapping whose keys were checked.

    Raises:
        UsageError: It has no pattern, or one that cannot be read.
    """
    written = _listed(row.get("pattern", ()))
    if prefix := row.get("prefix", ""):
        written = tuple(f"{prefix}(?:{one.removeprefix('^')})" for one in written)
        if not written:
            raise UsageError(
                f"{where}: `line.prefix` stands before a `pattern`, and there is none."
            )
    formats = _listed(row.get("log_format", ()))
    for pattern in written:
        _check(pattern, where=where)
    patterns = (*written, *(pattern_of(one, where=where) for one in formats))
    if not patterns:
        raise UsageError(f"{where}: `[line]` lacks `pattern`.", hint="docs/mappings.md shows one.")
    line = Line(
        patterns=patterns,
        inside=_listed(row.get("inside", ())),
        pairs=row.get("pairs", ""),
        absent=row.get("absent", ""),
    )
    if line.pairs and line.pairs not in line.names:
        raise UsageError.unknown(
            "group", line.pairs, known=line.names, where=f"{where}: line.pairs"
        )
    return line


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check(pattern: str, *, where: str) -> None:
    try:
        names = re.compile(pattern).groupindex
    except re.error as error:
        raise UsageError(
            f"{where}: `line.pattern` is no regular expression: {error}.",
            hint="A named group is written (?P<name>...).",
        ) from None
    if not names:
        raise UsageError(
            f"{where}: `line.pattern` names no part of the line.",
            hint="A named group is written (?P<name>...).",
        )


def _groups(pattern: str) -> list[str]:
    """The name of each group, in order; empty for one that has none."""
    compiled = re.compile(pattern)
    named = {number: name for name, number in compiled.groupindex.items()}
    return [named.get(number, "") for number in range(1, compiled.groups + 1)]


def taken_apart(line: Line) -> str:
    """The query that gives `documents` with `parts`, the JSON of a text's parts or NULL.

    A pattern that is not the first is only tried on what those before it do not fit.
    """
    query = f"SELECT *, {_text(line)} AS line_text FROM documents"
    fitting = []
    for number, pattern in enumerate(line.patterns):
        found = f"taken_{number}"
        listed = ", ".join(text(name) for name in _struct_names(pattern))
        extracted = f"regexp_extract(line_text, {_from_the_start(pattern)}, [{listed}])"
        before = " AND ".join(f"taken_{one}.{quoted(_WHOLE)} = ''" for one in range(number))
        query = f"SELECT *, {_when(before, extracted)} AS {found} FROM ({query})"
        fitting.append(f"WHEN {found}.{quoted(_WHOLE)} <> '' THEN {_json(line, pattern, found)}")
    names = ", ".join(["line_text", *(f"taken_{one}" for one in range(len(line.patterns)))])
    return f"SELECT * EXCLUDE ({names}), CASE {' '.join(fitting)} END AS parts FROM ({query})"


def fits(line: Line) -> str:
    """An expression over `documents`: whether the text fits one of the patterns."""
    found = [f"regexp_matches({_text(line)}, {_from_the_start(one)})" for one in line.patterns]
    return " OR ".join(found)


def _from_the_start(pattern: str) -> str:
    return text(f"(?s)^({pattern})")


def _text(line: Line) -> str:
    """Where the text is: the document, or a member of it that is there."""
    if not line.inside:
        return "document"
    members = ", ".join(
        f"TRY(json_extract_string(document, '{json_path(path)}'))" for path in line.inside
    )
    # A container's log ends each text with its line break.
    found = f"rtrim(coalesce({members}), chr(10))"
    return f"CASE WHEN starts_with(document, '{{') THEN {found} ELSE document END"


def _struct_names(pattern: str) -> list[str]:
    numbered = enumerate(_groups(pattern), start=1)
    return [_WHOLE, *(name or f"unnamed {number}" for number, name in numbered)]


def _when(condition: str, value: str) -> str:
    return f"CASE WHEN {condition} THEN {value} END" if condition else value


def _json(line: Line, pattern: str, found: str) -> str:
    """The JSON object of the parts, without those that are empty or absent."""
    members = []
    for name in filter(None, _groups(pattern)):
        value = f"nullif({found}.{quoted(name)}, '')"
        if line.absent:
            value = f"nullif({value}, {text(line.absent)})"
        members.append(f"{text(name)}: {value}")
    has_pairs = line.pairs and line.pairs in _groups(pattern)
    under = f"pairs_of({found}.{quoted(line.pairs)})" if has_pairs else "'{}'"
    # Merging leaves out what is null.
    return f"json_merge_patch({under}, to_json({{{', '.join(members)}}}))::VARCHAR"
