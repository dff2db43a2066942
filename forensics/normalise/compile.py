"""A mapping compiled to one DuckDB statement over a whole batch of documents.

The statement reads the relation `documents` (part, path, offset, line, document) and gives one
row an event, an ignored record or a record for quarantine: `disposition` says which, `problem`
why or under which name, and the canonical columns hold the event.
"""

import re
from collections.abc import Iterator, Sequence

from forensics.model.columns import BY_NAME, COLUMNS, ENUMS, Column
from forensics.normalise.explode import exploded
from forensics.normalise.mapping import EventRule, Mapping
from forensics.normalise.paths import PLACEHOLDER, Paths
from forensics.normalise.readings import by_name, located

_PLACE = 'part, path, "offset", line, element, record'
_BY_INGEST = frozenset({"event_id", "acquisition_id", "raw"})
_OVERRIDABLE = ("source", "source_position", "source_part")
_BARE_READING = re.compile(r"(?:\w+\()*(\{[^{}]+\})\)*")
_CHECKED_TYPES = ("timestamp", "decimal", "int", "bool")
_SQL_TYPES = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
    "decimal128(18, 4)": "DECIMAL(18, 4)",
}
_NESTED_TYPES = {
    "related": "STRUCT(type VARCHAR, id VARCHAR, role VARCHAR)[]",
    "changes": "STRUCT(name VARCHAR, before BIGINT, after BIGINT)[]",
    "lock": "STRUCT(mode VARCHAR, expires_at TIMESTAMPTZ, fencing_token VARCHAR)",
    "approval": "STRUCT(id VARCHAR, subject_hash VARCHAR, expires_at TIMESTAMPTZ)",
    "fields": "VARCHAR[]",
    "other_causes": "VARCHAR[]",
}


def sql_type(name: str) -> str:
    """DuckDB's name of a canonical column's type."""
    return _NESTED_TYPES.get(name) or _SQL_TYPES[str(BY_NAME[name].type)]


def statement(mapping: Mapping, *, has_arrays: bool = True, has_rest: bool = True) -> str:
    """The whole statement; parameters: $source, $acquisition_id.

    Args:
        mapping: What is compiled.
        has_arrays: Whether a document may be an array.
        has_rest: Whether a record may have a top-level name that the mapping does not use.
    """
    paths = Paths()
    lets = {name: paths.resolve(value) for name, value in mapping.let.items()}
    excluded = paths.resolve(_excluded(mapping))
    rules = paths.resolve(_rules(mapping))
    classes = paths.resolve(_class(mapping))
    names = _given(mapping)
    columns = [f"{paths.resolve(_chosen(mapping, name))} AS {name}" for name in names]
    columns += [
        f"{paths.resolve(reference)} AS {name}" for name, reference in _checks(mapping).items()
    ]
    columns.append(f"{paths.resolve(_chosen(mapping, 'event_id'))} AS own_id")
    problem = paths.resolve(_problem(mapping))
    rest = f", {paths.rest('body')} AS rest" if has_rest and paths.uses_rest else ", NULL AS rest"
    query = f"SELECT *, {paths.parse('body')} AS found{rest} FROM exploded"
    steps = [
        f"exploded AS ({exploded(mapping, paths, has_arrays=has_arrays)})",
        f"parsed AS ({query})",
    ]
    previous = "parsed"
    for name, value in lets.items():
        steps.append(f"named_{name} AS (SELECT *, TRY({value}) AS {name} FROM {previous})")
        previous = f"named_{name}"
    steps += [
        f"sorted_out AS (SELECT *, {excluded} AS excluded FROM {previous})",
        f"ruled AS (SELECT *, {rules} FROM sorted_out)",
        f"classed AS (SELECT *, {classes} AS class FROM ruled)",
        f"valued AS (SELECT {_PLACE}, excluded, rule, {', '.join(columns)} FROM classed)",
        f"judged AS (SELECT *, {problem} AS problem FROM valued)",
        f"identified AS (SELECT *, {_identity(names, lone=len(mapping.events) == 1)} FROM judged)",
    ]
    return paths.finish(f"WITH {', '.join(steps)} {_completed(names)}")


def recognition(mapping: Mapping) -> str:
    """A query for how many records `documents` gives and how many of them are of this format."""
    paths = Paths()
    typical = paths.resolve(mapping.typical)
    ignored = paths.resolve(
        " OR ".join(f"coalesce(TRY({row.when}), false)" for row in mapping.ignore) or "false"
    )
    steps = [
        f"exploded AS ({exploded(mapping, paths, has_arrays=True)})",
        f"parsed AS (SELECT *, {paths.parse('body')} AS found FROM exploded)",
    ]
    return paths.finish(
        f"WITH {', '.join(steps)} SELECT count(*),"
        f" count(*) FILTER (coalesce(TRY({typical}), false) OR {ignored}) FROM parsed"
    )


def _given(mapping: Mapping) -> list[str]:
    """Canonical columns that the mapping fills, in canonical order."""
    named = {
        name
        for rule in mapping.events
        for columns in (rule.columns, *(entry.columns for entry in rule.classify))
        for name in columns
    }
    if mapping.by_name:
        named |= set(by_name(mapping.by_name))
    return [c.name for c in COLUMNS if c.name in named - _BY_INGEST]


def _excluded(mapping: Mapping) -> str:
    """Why a record gives no event: a name to count it under, or NULL."""
    ignored = " ".join(f"WHEN TRY({row.when}) THEN {_text(row.name)}" for row in mapping.ignore)
    events = " OR ".join(f"coalesce(TRY({rule.when}), false)" for rule in mapping.events)
    return f"""CASE
        WHEN found IS NULL AND NOT json_valid(body) THEN 'not valid JSON'
        WHEN hollow THEN 'empty list'
        {ignored}
        WHEN NOT coalesce(TRY({mapping.recognise}), false) THEN 'unmapped'
        WHEN NOT ({events}) THEN 'unmapped kind' END"""


def _rules(mapping: Mapping) -> str:
    """Which of the mapping's events a record gives; one row for each, one row when excluded."""
    if len(mapping.events) == 1:
        return "0 AS rule"
    held = ", ".join(
        f"CASE WHEN TRY({rule.when}) THEN {number} END"
        for number, rule in enumerate(mapping.events)
    )
    return (
        "unnest(CASE WHEN excluded IS NULL"
        f" THEN list_filter([{held}], lambda x: x IS NOT NULL) ELSE [NULL] END) AS rule"
    )


def _chosen(mapping: Mapping, name: str) -> str:
    """The expression for a column, over all of the mapping's events, cast to its type."""
    expressions = [_expression(rule, name) for rule in mapping.events]
    own = by_name(mapping.by_name).get(name) if mapping.by_name else None
    if own is not None:
        expressions = [own if e == "NULL" else f"coalesce({own}, {e})" for e in expressions]
    if all(expression == "NULL" for expression in expressions):
        return "NULL"
    if len(set(expressions)) == 1:
        chosen = expressions[0]
    else:
        branches = " ".join(f"WHEN {n} THEN ({value})" for n, value in enumerate(expressions))
        chosen = f"CASE rule {branches} END"
    kind = sql_type(name)
    if kind == "VARCHAR" and PLACEHOLDER.fullmatch(chosen):
        return chosen
    return f"TRY(CAST({chosen} AS {kind}))"


def _expression(rule: EventRule, name: str) -> str:
    """The rule's expression for a column: of the class the record is in, else the general one.

    Classes that give the same expression share a branch.
    """
    classes: dict[str, list[int]] = {}
    for number, entry in enumerate(rule.classify):
        if name in entry.columns:
            classes.setdefault(entry.columns[name], []).append(number)
    fallback = rule.columns.get(name, "NULL")
    branches = " ".join(
        f"WHEN class IN ({', '.join(map(str, numbers))}) THEN ({expression})"
        for expression, numbers in classes.items()
    )
    return f"CASE {branches} ELSE ({fallback}) END" if branches else fallback


def _class(mapping: Mapping) -> str:
    """Number of the first classification that holds for a record under its rule, or NULL."""
    rules = []
    for number, rule in enumerate(mapping.events):
        branches = " ".join(
            f"WHEN TRY({entry.when}) THEN {place}" for place, entry in enumerate(rule.classify)
        )
        rules.append(f"WHEN {number} THEN (CASE {branches} END)" if branches else "")
    return f"CASE rule {' '.join(rules)} END" if any(rules) else "NULL"


def _held(mapping: Mapping) -> Iterator[tuple[Column, str]]:
    """Columns that must be readable, with the placeholder they are read from.

    Only those that are one path, at most inside calls: anything longer may give NULL on purpose.
    """
    for column in COLUMNS:
        if mapping.by_name and _held_type(column):
            yield column, located(mapping.by_name, column.name)
            continue
        expressions = {rule.columns.get(column.name, "") for rule in mapping.events}
        if len(expressions) != 1 or column.name in _BY_INGEST:
            continue
        expression = expressions.pop()
        bare = _BARE_READING.fullmatch(expression)
        classified = any(
            column.name in entry.columns for rule in mapping.events for entry in rule.classify
        )
        if bare is None or classified:
            continue
        if _held_type(column):
            yield column, bare.group(1)


def _held_type(column: Column) -> bool:
    """Whether some texts cannot be a value of the column."""
    return (
        column.name in ENUMS
        or column.name in _NESTED_TYPES
        or str(column.type).startswith(_CHECKED_TYPES)
    )


def _checks(mapping: Mapping) -> dict[str, str]:
    return {f"read_{column.name}": reference for column, reference in _held(mapping)}


def _problem(mapping: Mapping) -> str:
    """A sentence where a field is there but is not what its column needs; else NULL."""
    branches = ["WHEN excluded = 'not valid JSON' THEN excluded"]
    for column, _ in _held(mapping):
        name = column.name
        if name in ENUMS:
            words = ", ".join(f"'{word}'" for word in ENUMS[name])
            branches.append(
                f"WHEN {name} NOT IN ({words})"
                f" THEN '`{name}` is `' || left({name}, 40) || '`, not one of its words'"
            )
        else:
            branches.append(
                f"WHEN {name} IS NULL AND nullif(read_{name}, '') IS NOT NULL"
                f" THEN '`{name}` cannot be read from `' || left(read_{name}, 40) || '`'"
            )
    return f"CASE {' '.join(branches)} END"


def _identity(names: Sequence[str], *, lone: bool) -> str:
    position = "concat(part, ':', \"offset\", '#' || element)"
    part = "NULL::INTEGER" if lone else "CASE WHEN excluded IS NULL THEN rule END"
    read = {
        "source": "$source",
        "source_position": position,
        "source_part": part,
    }
    filled = ", ".join(
        f"coalesce({name}, {read[name]}) AS own_{name}"
        if name in names
        else f"{read[name]} AS own_{name}"
        for name in _OVERRIDABLE
    )
    return (
        f"{filled}, coalesce(own_id, md5(concat_ws('|', $source, {position}, {part}))) AS given_id"
    )


def _completed(names: Sequence[str]) -> str:
    """Fill what every event has: position, id, defaults, masked record."""
    computed = {
        "event_id": "given_id",
        "acquisition_id": "$acquisition_id",
        "raw": "mask(record)",
        **{name: f"own_{name}" for name in _OVERRIDABLE},
    }
    if "attributes" in names:
        computed["attributes"] = "mask(attributes)"
    columns = []
    for column in COLUMNS:
        value = computed.get(column.name) or (column.name if column.name in names else "NULL")
        if column.name == "execution_id":
            value = f"coalesce({value}, given_id)"
        elif column.default:
            value = f"coalesce({value}, {_text(column.default)})"
        columns.append(f"CAST({value} AS {sql_type(column.name)}) AS {column.name}")
    return f"""
    SELECT
        CASE WHEN problem IS NOT NULL THEN 'quarantined' WHEN excluded IS NOT NULL THEN 'ignored'
            ELSE 'event' END AS disposition,
        coalesce(problem, excluded) AS problem, part AS part_identity, "offset" AS record_offset,
        element AS record_element, own_id IS NOT NULL AS has_own_id,
        {", ".join(columns)}, path AS source_path, line AS source_line
    FROM identified"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
