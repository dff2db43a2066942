"""Which lines bear which names anywhere in their text."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

SHORTEST = 5
LONGEST = 128
"""Characters of a name that is looked for in texts: shorter ones stand in many by chance."""
_LINES = 50_000
"""A batch of texts, some tens of megabytes."""


def find(connection: duckdb.DuckDBPyConnection, names: Sequence[str], kinds: Sequence[str]) -> None:
    """Fill `mentions(event_id, name)`; all names in one pass, where SQL would make one for each.

    Args:
        connection: Has `events`.
        names: What is looked for.
        kinds: Of which kinds of events.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE mentions (event_id VARCHAR, name VARCHAR)")
    if not names:
        return
    import polars as pl  # noqa: PLC0415 - costs start-up, which most commands can do without

    told = []
    for batch in connection.sql(_TEXTS, params={"kinds": list(kinds)}).to_arrow_reader(_LINES):
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
    WHERE list_contains($kinds, kind)"""

_WHOLE = r"""
    INSERT INTO mentions SELECT DISTINCT event_id, name FROM told_lines
    WHERE regexp_matches(
        CASE WHEN regexp_full_match(name, '[0-9]+') THEN ids ELSE text END,
        '(^|[^\pL\pN])' || regexp_escape(name) || '($|[^\pL\pN])')"""
"""`ORD-1` is no name in `ORD-17`; digits alone may be an amount or a time where no id stands."""
