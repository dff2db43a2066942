"""A mapping compiled to one DuckDB statement over a whole batch of documents.

The statement reads the relation `documents` (part, path, offset, line, document) and gives one
row an event, an ignored record or a record for quarantine: `disposition` says which, `reason`
why, and the canonical columns hold the event.
"""

from collections.abc import Iterable

from forensics.model.columns import COLUMNS, ENUMS
from forensics.normalise.mapping import PLACEHOLDER, EventRule, Mapping

_INGEST = {"event_id", "source", "source_position", "source_part", "acquisition_id"}
_CHECKED_TYPES = ("timestamp", "decimal", "int", "bool")
_SQL_TYPES = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
    "decimal128(18, 4)": "DECIMAL(18, 4)",
    "list<element: string>": "VARCHAR[]",
    "list<item: string>": "VARCHAR[]",
}


def sql_type(name: str) -> str:
    """DuckDB's name of a canonical column's type."""
    special = {
        "related": "STRUCT(type VARCHAR, id VARCHAR, role VARCHAR)[]",
        "changes": "STRUCT(name VARCHAR, before BIGINT, after BIGINT)[]",
        "lock": "STRUCT(mode VARCHAR, expires_at TIMESTAMPTZ, fencing_token VARCHAR)",
        "approval": "STRUCT(id VARCHAR, subject_hash VARCHAR, expires_at TIMESTAMPTZ)",
        "fields": "VARCHAR[]",
        "other_causes": "VARCHAR[]",
    }
    if name in special:
        return special[name]
    return next(_SQL_TYPES[str(c.type)] for c in COLUMNS if c.name == name)


class _Paths:
    """Collects the paths a mapping uses, so that a record is parsed once for all of them."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}

    def resolve(self, expression: str) -> str:
        return PLACEHOLDER.sub(lambda match: self._reference(match.group(1).strip()), expression)

    def _reference(self, path: str) -> str:
        if path == "$":
            return "record"
        return f"found[{self._index.setdefault(path, len(self._index) + 1)}]"

    def as_list(self) -> str:
        paths = ", ".join(f"'{json_path(path)}'" for path in self._index)
        return f"[{paths}]" if paths else "['$.none']"


def json_path(path: str) -> str:
    """`a.b[0]` as a JSON path, quoted for use inside a SQL string."""
    path = path.replace("'", "''")
    return f"$.{path}"


def statement(mapping: Mapping) -> str:
    """The whole statement; parameters: $source, $acquisition_id."""
    paths = _Paths()
    ignored = paths.resolve(_ignored_case(mapping))
    recognised = paths.resolve(mapping.recognise)
    lets = [(name, paths.resolve(value)) for name, value in mapping.let.items()]
    events = [
        _event_select(rule, paths, number=number, lone=len(mapping.events) == 1)
        for number, rule in enumerate(mapping.events)
    ]
    let_steps = "".join(
        f", named_{name} AS (SELECT *, TRY({value}) AS {name} FROM {previous})"
        for (name, value), previous in zip(
            lets, ["sorted_out", *(f"named_{name}" for name, _ in lets)], strict=False
        )
    )
    last = f"named_{lets[-1][0]}" if lets else "sorted_out"
    return f"""
WITH exploded AS ({_exploded(mapping)}),
parsed AS (
    SELECT *, CASE WHEN json_valid(record) THEN json_extract_string(record, {paths.as_list()}) END
        AS found
    FROM exploded
),
sorted_out AS (
    SELECT *,
        CASE WHEN found IS NULL THEN 'not valid JSON'
             WHEN NOT coalesce(TRY({recognised}), false) THEN 'unmapped'
             ELSE {ignored} END AS excluded
    FROM parsed
){let_steps},
given AS ({" UNION ALL BY NAME ".join(e.format(last=last) for e in events)}),
excluded_records AS (
    SELECT part, path, "offset", element, line, record, excluded,
        CASE WHEN excluded = 'not valid JSON' THEN 'quarantined' ELSE 'ignored' END AS disposition
    FROM {last} WHERE excluded IS NOT NULL
)
SELECT * REPLACE (CASE WHEN problem IS NOT NULL THEN 'quarantined' ELSE 'event' END AS disposition)
FROM given
UNION ALL BY NAME
SELECT part, path, "offset", element, line, record, disposition, excluded AS problem
FROM excluded_records
"""


def _exploded(mapping: Mapping) -> str:
    """Documents to records: a top-level array and the mapping's record paths are unrolled."""
    branches = "".join(
        f" WHEN json_type(document, '{json_path(path)}') = 'ARRAY'"
        f" THEN json_extract(document, '{json_path(path)}[*]')::VARCHAR[]"
        for path in mapping.records
    )
    listed = f"""
        SELECT part, path, "offset", line, document,
            CASE WHEN NOT json_valid(document) THEN [document]
                 WHEN json_type(document) = 'ARRAY'
                     THEN json_extract(document, '$[*]')::VARCHAR[]
                 {branches} ELSE [document] END AS elements
        FROM documents"""
    return f"""
    SELECT part, path, "offset", line, record,
        CASE WHEN exploded THEN subscript - 1 END AS element
    FROM (
        SELECT *, unnest(elements) AS record, generate_subscripts(elements, 1) AS subscript,
            len(elements) <> 1 OR elements[1] <> document AS exploded
        FROM ({listed})
    )"""


def _ignored_case(mapping: Mapping) -> str:
    if not mapping.ignore:
        return "NULL"
    branches = " ".join(
        f"WHEN TRY({row.when}) THEN '{row.name.replace(chr(39), chr(39) * 2)}'"
        for row in mapping.ignore
    )
    return f"CASE {branches} END"


def _event_select(rule: EventRule, paths: _Paths, *, number: int, lone: bool) -> str:
    names = {*rule.columns, *(n for entry in rule.classify for n in entry.columns)} - _INGEST
    columns = [
        f"TRY(CAST({paths.resolve(_expression(rule, column.name))} AS {sql_type(column.name)}))"
        f" AS {column.name}"
        for column in COLUMNS
        if column.name in names
    ]
    own_id = (
        f"TRY({paths.resolve(rule.columns['event_id'])})"
        if "event_id" in rule.columns
        else ("NULL")
    )
    part = "NULL" if lone else str(number)
    problem = _problem_case(rule, paths, names)
    return f"""
    SELECT part, path, "offset", element, line, record, {part}::INTEGER AS source_part,
        {own_id} AS own_id, {problem} AS problem, 'event' AS disposition, {", ".join(columns)}
    FROM {{last}} WHERE excluded IS NULL AND coalesce(TRY({paths.resolve(rule.when)}), false)"""


def _expression(rule: EventRule, column: str) -> str:
    branches = " ".join(
        f"WHEN {entry.when} THEN {entry.columns[column]}"
        for entry in rule.classify
        if column in entry.columns
    )
    fallback = rule.columns.get(column, "NULL")
    return f"CASE {branches} ELSE {fallback} END" if branches else fallback


def _problem_case(rule: EventRule, paths: _Paths, names: Iterable[str]) -> str:
    """A sentence where a field is there but is not what its column needs; NULL where all is well.

    Only columns that are one path, or one path inside one call, are held to this: a CASE may
    give NULL on purpose.
    """
    branches = []
    for column in COLUMNS:
        if column.name not in names or column.name not in rule.columns:
            continue
        expression = rule.columns[column.name]
        references = PLACEHOLDER.findall(expression)
        resolved = paths.resolve(expression)
        if column.name in ENUMS and len(references) == 1 and expression.startswith("{"):
            words = ", ".join(f"'{word}'" for word in ENUMS[column.name])
            branches.append(
                f"WHEN {resolved} NOT IN ({words}) THEN"
                f" '`{column.name}` is `' || left({resolved}, 40) || '`, not one of its words'"
            )
        elif (
            len(references) == 1
            and str(column.type).startswith(_CHECKED_TYPES)
            and ("CASE" not in expression.upper())
        ):
            field = paths.resolve("{" + references[0] + "}")
            branches.append(
                f"WHEN {field} IS NOT NULL"
                f" AND TRY(CAST({resolved} AS {sql_type(column.name)})) IS NULL"
                f" THEN '`{column.name}` cannot be read from `' || left({field}, 40) || '`'"
            )
    return f"CASE {' '.join(branches)} END" if branches else "NULL"
