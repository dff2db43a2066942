"""To which line repeated work goes back, by the names that lines bear anywhere in their text."""

import duckdb
import pyarrow as pa

from forensics.scope.queries import execute

_LINES = 50_000
"""A batch of texts, some tens of megabytes."""


def origins(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `finding_origins(finding_id, event_id)`: the line to which repeated work goes back.

    Args:
        connection: After `assemble` and `ties`; has `finding_failures`.
    """
    execute(connection, "origin_names")
    connection.execute("CREATE OR REPLACE TEMP TABLE mentions (event_id VARCHAR, name VARCHAR)")
    found = connection.execute("SELECT DISTINCT name FROM origin_names ORDER BY name").fetchall()
    if found:
        _search(connection, [name for (name,) in found])
    execute(connection, "origins")


def _search(connection: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """All names in one pass over the texts; SQL would look for each of them by itself."""
    import polars as pl  # noqa: PLC0415 - costs start-up, which most commands can do without

    told = []
    for batch in connection.sql(_TEXTS).to_arrow_reader(_LINES):
        texts = pl.DataFrame(pa.Table.from_batches([batch]))
        named = texts.with_columns(name=pl.col("text").str.extract_many(names, overlapping=True))
        told.append(named.explode("name").drop_nulls("name").unique())
    if told:
        connection.register("told_lines", pl.concat(told).to_arrow())
        connection.execute(_WHOLE)
        connection.unregister("told_lines")


_TEXTS = """
    SELECT event_id, concat_ws(' ', raw, ids) AS text, ids
    FROM (SELECT *, concat_ws(' ', entity_id, delivery_id, operation_key, natural_key,
        array_to_string(list_transform(related, lambda r: r.id), ' ')) AS ids FROM events)
    WHERE kind IN ('other', 'trigger', 'delivery', 'write', 'attempt', 'effect')"""

_WHOLE = r"""
    INSERT INTO mentions SELECT DISTINCT event_id, name FROM told_lines
    WHERE regexp_matches(
        CASE WHEN regexp_full_match(name, '[0-9]+') THEN ids ELSE text END,
        '(^|[^\pL\pN])' || regexp_escape(name) || '($|[^\pL\pN])')"""
"""`ORD-1` is no name in `ORD-17`; digits alone may be an amount or a time where no id stands."""
