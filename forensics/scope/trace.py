"""What every log says of one thing, and how often it was done."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from forensics.model.answer import TracedLine
from forensics.model.columns import ENUMS
from forensics.model.joins import Join
from forensics.model.words import log_place
from forensics.scope.mentions import LONGEST, SHORTEST, find
from forensics.scope.queries import execute, sql
from forensics.scope.trace_words import reached_by

_STEPS = 3
"""From an order to its charge, to the run that made the charge, to the message that set it off."""

_TIES = (
    "effect_id", "told_effect", "operation_key", "occurrence_id", "delivery_id", "transaction_id",
    "execution_id", "trace_id",
)  # fmt: skip
"""The closest first: of several ways to a line the first is named."""


def prepare(
    connection: duckdb.DuckDBPyConnection,
    joins: Iterable[Join],
    ids: Sequence[str],
) -> None:
    """Fill `own_names` and `name_verdicts`, and find the ids.

    Args:
        connection: After `link`; has the tables of the case.
        joins: What `link` returned.
        ids: What will be asked for.
    """
    joins = tuple(joins)
    _name_fields(connection, joins)
    _name_customer_spaces(connection, joins)
    _run(connection, "names", "effects", "coverage", "doubts")
    _name_asked(connection, ids)
    _run(connection, "asked")
    connection.execute(_SOUGHT)
    sought = [name for (name,) in connection.execute("FROM sought ORDER BY ALL").fetchall()]
    find(connection, [n for n in sought if SHORTEST <= len(n) <= LONGEST], ENUMS["kind"])
    _run(connection, "mentioned", "wanted")
    _run(connection, "groups", "nameless", "possible", "books", "verdicts")


_SOUGHT = """
    CREATE OR REPLACE TEMP VIEW asked_through AS
    SELECT DISTINCT event_id FROM asked_events
    WHERE field = 'effect_id'
        OR (field <> 'attributes' AND id NOT IN (SELECT value FROM effect_names));

    CREATE OR REPLACE TEMP TABLE sought AS
    SELECT id AS name FROM asked
    UNION
    SELECT value FROM names_of('asked_through')
    WHERE field NOT IN ('operation_key', 'delivery_id', 'customer_id', 'entity_id:customer')"""
"""What may be answered on: the ids, and of a charge or a run what it was for."""


def ask(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    """Fill `asked_events`, where these ids stand, `asked_groups` and `telling_events`.

    Args:
        connection: After `prepare`, for these ids among others.
        ids: What is asked for.
    """
    _name_asked(connection, ids)
    _run(connection, "answers")


def _name_asked(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    connection.register("asked_ids", pa.table({"id": pa.array(list(ids), pa.string())}))
    connection.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT DISTINCT id FROM asked_ids")
    connection.unregister("asked_ids")


def lines(connection: duckdb.DuckDBPyConnection) -> list[TracedLine]:
    """Every line that tells of the ids in `asked`, after `ask`; in order of time."""
    connection.execute(_OWN)
    connection.execute(_SEEDS)
    for step in range(1, _STEPS + 1):
        _run(connection, "neighbours")
        ((found,),) = connection.execute(
            _text("reach"), {"step": step, "order": list(_TIES)}
        ).fetchall()
        if not found:
            break
    connection.execute(_MENTIONING)
    rows = connection.sql(_text("lines")).to_arrow_table().to_pylist()
    return [_line(row) for row in rows]


_OWN = """
    CREATE OR REPLACE TEMP VIEW identities AS
    SELECT DISTINCT event_id FROM asked_events WHERE field NOT IN ('attributes', 'text');

    CREATE OR REPLACE TEMP TABLE own_things AS
    WITH here AS (
        SELECT DISTINCT field, value, value IN (SELECT id FROM asked) AS is_asked
        FROM names_of('identities')
        WHERE field NOT IN ('operation_key', 'delivery_id')
    )
    SELECT field, value FROM here WHERE is_asked
    UNION ALL
    SELECT field, min(value) FROM here
    WHERE NOT EXISTS (FROM here WHERE is_asked)
    GROUP BY field HAVING count(*) = 1"""
"""What was asked for, else the one thing that its lines are about."""

_SEEDS = """
    CREATE OR REPLACE TEMP TABLE reached AS
    SELECT event_id, 0 AS step, string_agg(DISTINCT field, ',' ORDER BY field) AS field,
        min(id) AS value, NULL::VARCHAR AS via
    FROM asked_events WHERE field <> 'text' GROUP BY event_id"""

_MENTIONING = """
    INSERT INTO reached
    SELECT DISTINCT event_id, 0, field, NULL, NULL FROM asked_events
    WHERE field = 'text' AND event_id NOT IN (SELECT event_id FROM reached)"""
"""Nothing is followed from a line that only mentions the id, such as a statement on many orders."""


def _via(via: dict[str, Any] | None) -> str:
    return f"{via['source']} {log_place(via['path'], via['line'], via['position'])}" if via else ""


def _line(row: dict[str, Any]) -> TracedLine:
    field, value, via = row.pop("field"), row.pop("value"), row.pop("via")
    amount = row.pop("amount")
    place = log_place(row.pop("source_path"), row.pop("source_line"), row.pop("source_position"))
    return TracedLine(
        **row,
        place=place,
        amount=None if amount is None else f"{amount:,.2f}",
        reached=reached_by(field, value, via=_via(via), step=row["step"]),
    )


def _text(stem: str) -> str:
    return sql(f"trace_{stem}")


def _run(connection: duckdb.DuckDBPyConnection, *stems: str) -> None:
    execute(connection, *(f"trace_{stem}" for stem in stems))


def _name_fields(connection: duckdb.DuckDBPyConnection, joins: Iterable[Join]) -> None:
    """Fill `name_fields`, which gives fields that name one thing one name."""
    pairs = []
    for join in joins:
        left = _field(join.left_source, join.left_field)
        right = _field(join.right_source, join.right_field)
        if join.used and _names_a_thing(left) and _names_a_thing(right):
            pairs.append((left, right))
    told = Counter(field for pair in pairs for _, field in pair)
    names: dict[_Field, str] = {}
    for left, right in pairs:
        both = {names.get(left, left[1]), names.get(right, right[1])}
        kept = min(both, key=lambda name: (-told[name], name))
        names |= {field: kept for field, name in names.items() if name in both}
        names |= {left: kept, right: kept}
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE name_fields (source VARCHAR, field VARCHAR, name VARCHAR);
        CREATE OR REPLACE TEMP TABLE joined_attributes
            (source VARCHAR, field VARCHAR, path VARCHAR)""")
    for (source, field), name in names.items():
        connection.execute("INSERT INTO name_fields VALUES ($1, $2, $3)", [source, field, name])
    if names:
        connection.execute("""
            INSERT INTO joined_attributes
            SELECT a.source, a.field, a.path FROM attribute_fields AS a
            INNER JOIN name_fields USING (source, field)""")


def _name_customer_spaces(connection: duckdb.DuckDBPyConnection, joins: Iterable[Join]) -> None:
    """Fill `customer_spaces`: sources that a used join says name customers alike have one space."""
    spaces: dict[str, str] = {}
    for join in joins:
        if join.used and join.left_field == join.right_field == "customer_id":
            both = {spaces.get(s, s) for s in (join.left_source, join.right_source)}
            kept = min(both)
            spaces |= {source: kept for source, space in spaces.items() if space in both}
            spaces |= {join.left_source: kept, join.right_source: kept}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE customer_spaces (source VARCHAR, space VARCHAR)"
    )
    for source, space in spaces.items():
        connection.execute("INSERT INTO customer_spaces VALUES ($1, $2)", [source, space])


_Field = tuple[str | None, str]
"""A field, and of which source; None where it means the same in all, as canonical columns do."""

_OF_CALLS = frozenset({"delivery_id", "effect_id", "operation_key", "trace_id", "transaction_id"})


def _field(source: str, field: str) -> _Field:
    shared = field in _OF_CALLS or field in {"customer_id", "natural_key"}
    return (None if shared or field.startswith("entity_id") else source, field)


def _names_a_thing(field: _Field) -> bool:
    """Whether it names what calls are about; a call has several keys, one beside the other."""
    return field[1] not in _OF_CALLS
