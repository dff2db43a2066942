"""Which expressions of a mapping DuckDB cannot read, as sentences for whoever wrote it."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

import duckdb

from forensics.model.errors import UsageError
from forensics.normalise.mapping import Mapping
from forensics.normalise.paths import Paths
from forensics.normalise.sql_types import text

UNREADABLE = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.SyntaxException,
)
"""What DuckDB raises for an expression that means nothing, whatever the data."""
_NAME = re.compile(r"\w+")


def fault(
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, error: duckdb.Error
) -> UsageError:
    """The sentences for a mapping on whose statement DuckDB raised `error`."""
    return UsageError.of(
        list(_faults(connection, mapping)) or [_sentence(mapping, "format", error)]
    )


def _faults(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> Iterator[UsageError]:
    """Its expressions are tried one by one, each with the names that are defined before it.

    One that uses a name which means nothing itself is not judged.
    """
    for number, pattern in enumerate(mapping.line.patterns if mapping.line else (), start=1):
        try:
            connection.execute(f"SELECT regexp_matches('', {text(f'({pattern})')})")
        except duckdb.Error as found:
            yield _sentence(mapping, f"line.pattern {number}", found)
    texts = ", ".join(f"NULL::VARCHAR AS {name}" for name in ("body", "record", "rest", "element"))
    scope = f"SELECT {texts}, 0 AS rule, 0 AS class"
    meaningless: set[str] = set()
    for key, expression in _expressions(mapping):
        name = key.split(".")[1] if key.startswith("let.") else ""
        if not meaningless.isdisjoint(_NAME.findall(expression)):
            meaningless |= {name} - {""}
            continue
        paths = Paths(whole="record" if mapping.line else "body")
        resolved = paths.resolve(expression)
        levels = "".join(f", NULL::VARCHAR[] AS above_{level}" for level in paths.levels)
        try:
            connection.execute(
                f"EXPLAIN SELECT ({resolved}) FROM (SELECT *, NULL::VARCHAR[] AS found{levels}"
                f" FROM ({scope}))"
            )
        except UNREADABLE as found:
            yield _sentence(mapping, key, found)
            meaningless |= {name} - {""}
            continue
        if name and not key.endswith((".where", ".is")):
            value = f"[TRY({resolved})]" if key.endswith(".values") else f"TRY({resolved})"
            scope = (
                f"SELECT * EXCLUDE (found), {value} AS {name}"
                f" FROM (SELECT *, NULL::VARCHAR[] AS found{levels} FROM ({scope}))"
            )


def _sentence(mapping: Mapping, key: str, error: duckdb.Error) -> UsageError:
    said = str(error)
    reason = said.splitlines()[0].split("Error: ", 1)[-1].rstrip(".!")
    return UsageError(
        f"{mapping.where}: `{key}` is not an expression that DuckDB can read: {reason}.",
        hint=_hint(mapping, said),
    )


def _hint(mapping: Mapping, said: str) -> str:
    if missing := re.search(r'Referenced column "([^"]+)" not found', said):
        near = get_close_matches(missing.group(1), mapping.let, n=1)
        if not near:
            return f"A field of the record is written `{{{missing.group(1)}}}`."
        return f"Did you mean `{near[0]}`?"
    if near_call := re.search(r'Did you mean "([^"]+)"|Candidate functions: "?([^",\n]+)', said):
        return f"Did you mean `{near_call.group(1) or near_call.group(2)}`?"
    return "docs/mappings.md lists what an expression may call."


def _expressions(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every expression with the key it stands under, in the order in which names are defined."""
    for name, value in mapping.let.items():
        if isinstance(value, str):
            yield f"let.{name}", value
        else:
            yield f"let.{name}.where", value.where
            yield f"let.{name}.is", value.equals
            yield f"let.{name}.values", value.values
    yield "recognise", mapping.recognise
    yield "typical", mapping.typical
    for row in mapping.ignore:
        yield f"ignore.{row.name}.when", row.when
    for number, rule in enumerate(mapping.events, start=1):
        yield f"event.{number}.when", rule.when
        for name, value in rule.columns.items():
            yield f"event.{number}.columns.{name}", value
        for place, entry in enumerate(rule.classify, start=1):
            yield f"event.{number}.classify.{place}.when", entry.when
            for name, value in entry.columns.items():
                yield f"event.{number}.classify.{place}.columns.{name}", value
