"""Which of a mapping's expressions holds for a record, as SQL.

A record is excluded under a name, or gives one row for each rule that holds; under a rule it is
in at most one class; rule and class together choose the expression of every column.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary

from forensics.model.columns import COLUMNS, ENUMS, Column
from forensics.normalise.mapping import EventRule, Mapping
from forensics.normalise.paths import PLACEHOLDER
from forensics.normalise.sql_types import can_be_misread, sql_type, text

_BARE_READING = re.compile(r"(?!records_in)(?:\w+\()*(\{[^{}]+\})\)*")
"""One path, at most inside calls; a text that names no records is none that cannot be read."""

OwnReadings = Dictionary[str, str]
"""Columns that stand in the record under their own names, and how they are read."""


def excluded(mapping: Mapping) -> str:
    """Why a record gives no event: a name to count it under, or NULL."""
    ignored = " ".join(f"WHEN TRY({row.when}) THEN {text(row.name)}" for row in mapping.ignore)
    events = " OR ".join(f"coalesce(TRY({rule.when}), false)" for rule in mapping.events)
    unread = f"WHEN found IS NULL AND NOT json_valid(body) THEN {text(unread_as(mapping))}"
    # Lines of no pattern, such as a banner, may be known to say nothing.
    first, last = ("", unread) if mapping.line else (unread, "")
    return f"""CASE
        {first}
        WHEN hollow THEN 'empty list'
        {ignored} {last}
        WHEN NOT coalesce(TRY({mapping.recognise}), false) THEN 'unmapped'
        WHEN NOT ({events}) THEN 'unmapped kind' END"""


def unread_as(mapping: Mapping) -> str:
    """What is said of a record in which no path can be found."""
    return "fits no pattern of this format" if mapping.line else "not valid JSON"


def rules(mapping: Mapping) -> str:
    """Numbers of the rules that hold; one row for each, one row when excluded."""
    if len(mapping.events) == 1:
        return "0"
    held = ", ".join(
        f"CASE WHEN TRY({rule.when}) THEN {number} END"
        for number, rule in enumerate(mapping.events)
    )
    return (
        "unnest(CASE WHEN excluded IS NULL"
        f" THEN list_filter([{held}], lambda x: x IS NOT NULL) ELSE [NULL] END)"
    )


def classes(mapping: Mapping) -> str:
    """Number of the first classification that holds for a record under its rule, or NULL."""
    branches = []
    for number, rule in enumerate(mapping.events):
        cases = " ".join(
            f"WHEN TRY({entry.when}) THEN {place}" for place, entry in enumerate(rule.classify)
        )
        if cases:
            branches.append(f"WHEN {number} THEN (CASE {cases} END)")
    return f"CASE rule {' '.join(branches)} END" if branches else "NULL"


_IS_JSON = ("NULL", "{*}")
"""What needs no look to be known as JSON or nothing."""


def column(mapping: Mapping, name: str, own: OwnReadings) -> str:
    """The expression for a column, over all rules, cast to its type."""
    expressions = [_under_rule(rule, name) for rule in mapping.events]
    if name == "attributes":
        expressions = [e if e in _IS_JSON else f"stored_json({e})" for e in expressions]
    if name in own:
        expressions = [
            own[name] if expression == "NULL" else f"coalesce({own[name]}, {expression})"
            for expression in expressions
        ]
    if all(expression == "NULL" for expression in expressions):
        return "NULL"
    if len(set(expressions)) == 1:
        chosen = expressions[0]
    else:
        branches = " ".join(f"WHEN {n} THEN ({value})" for n, value in enumerate(expressions))
        chosen = f"CASE rule {branches} END"
    if sql_type(name) != "VARCHAR":
        return f"TRY(CAST({chosen} AS {sql_type(name)}))"
    if chosen == own.get(name):
        return chosen
    # Else records that name no key would have an empty one in common.
    return (
        f"filled({chosen if PLACEHOLDER.fullmatch(chosen) else f'TRY(CAST({chosen} AS VARCHAR))'})"
    )


def _under_rule(rule: EventRule, name: str) -> str:
    """A rule's expression for a column: of the class the record is in, else the general one.

    Classes that give the same expression share a branch.
    """
    numbers: dict[str, list[int]] = {}
    for number, entry in enumerate(rule.classify):
        if name in entry.columns:
            numbers.setdefault(entry.columns[name], []).append(number)
    fallback = rule.columns.get(name, "NULL")
    branches = " ".join(
        f"WHEN class IN ({', '.join(map(str, members))}) THEN ({expression})"
        for expression, members in numbers.items()
    )
    return f"CASE {branches} ELSE ({fallback}) END" if branches else fallback


def zoneless(mapping: Mapping, own: OwnReadings) -> str:
    """The time that `occurred_at` may have been read from, where it has no zone; else NULL."""
    expression = column(mapping, "occurred_at", own)
    texts = dict.fromkeys(_arguments(expression, "iso_time"))
    readings = ", ".join(f"zoneless_time({one})" for one in texts)
    return f"TRY(coalesce({readings}))" if texts else "NULL::TIMESTAMP"


def _arguments(expression: str, macro: str) -> Iterator[str]:
    """What each call of a macro of one argument is called with."""
    for call in re.finditer(rf"\b{macro}\(", expression):
        depth = 1
        for place in range(call.end(), len(expression)):
            depth += {"(": 1, ")": -1}.get(expression[place], 0)
            if not depth:
                yield expression[call.end() : place]
                break


def checked(mapping: Mapping, own: OwnReadings) -> Iterator[tuple[Column, str]]:
    """Columns that must be readable, with the text they are read from.

    Only those that are one path, at most inside calls: anything longer may give NULL on purpose.
    """
    for entry in COLUMNS:
        if not can_be_misread(entry):
            continue
        if entry.name in own:
            yield entry, _argument(own[entry.name])
            continue
        expressions = {rule.columns.get(entry.name, "") for rule in mapping.events}
        classified = any(
            entry.name in classification.columns
            for rule in mapping.events
            for classification in rule.classify
        )
        bare = _BARE_READING.fullmatch(expressions.pop()) if len(expressions) == 1 else None
        if bare is not None and not classified:
            yield entry, bare.group(1)


def _argument(call: str) -> str:
    """What the outermost function is called with: `f(x)` gives `x`."""
    return call[call.index("(") + 1 : -1]


def problem(mapping: Mapping, own: OwnReadings) -> str:
    """A sentence where a field is there but is not what its column needs; else NULL."""
    branches = [f"WHEN excluded = {text(unread_as(mapping))} THEN excluded"]
    for entry, _ in checked(mapping, own):
        name = entry.name
        if name in ENUMS:
            words = ", ".join(map(text, ENUMS[name]))
            allowed = text(f"`, not one of {', '.join(ENUMS[name])}")
            branches.append(
                f"WHEN {name} NOT IN ({words})"
                f" THEN '`{name}` is `' || left({name}, 40) || {allowed}"
            )
        else:
            branches.append(
                f"WHEN {name} IS NULL AND nullif(read_{name}, '') IS NOT NULL"
                f" THEN '`{name}` cannot be read from `' || left(read_{name}, 40) || '`'"
            )
    return f"CASE {' '.join(branches)} END"
