"""Which lines bear which names anywhere in their text."""

import string
from collections.abc import Sequence

import duckdb
import pyarrow as pa

SHORTEST = 5
LONGEST = 128
"""Characters of a name that is looked for in texts: shorter ones stand in many by chance."""
_LETTERS = [letter.encode() for letter in string.ascii_letters + string.digits]
_LINES = 50_000
"""A batch of texts, some tens of megabytes."""


def find(connection: duckdb.DuckDBPyConnection, names: Sequence[str], kinds: Sequence[str]) -> None:
    """Fill `mentions(event_id, name)`: many names in one pass, where SQL makes one for each.

    Args:
        connection: Has `events`.
        names: What is looked for.
        kinds: Of which kinds of events.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE mentions (event_id VARCHAR, name VARCHAR)")
    if len(names) <= _FEW:
        for name in names:
            connection.execute(_ONE, {"name": name, "kinds": list(kinds)})
        return
    import polars as pl  # noqa: PLC0415 - costs start-up, which most commands can do without

    told = []
    for batch in connection.sql(_TEXTS, params={"kinds": list(kinds)}).to_arrow_reader(_LINES):
        text = pl.col("text")
        named = pl.DataFrame(pa.Table.from_batches([batch])).with_columns(
            name=text.str.extract_many(names, overlapping=True),
            begin=text.str.find_many(names, overlapping=True).cast(pl.List(pl.Int64)),
        )
        # `ORD-1` begins every `ORD-17`: what goes on with a letter or digit is asked no further.
        found = named.explode("name", "begin").drop_nulls("name")
        after = pl.col("begin") + pl.col("name").str.len_bytes()
        goes_on = text.cast(pl.Binary).bin.slice(after, 1).is_in(_LETTERS)
        told.append(found.filter(~goes_on).drop("begin").unique())
    if told:
        connection.register("told_lines", pl.concat(told).to_arrow())
        connection.execute(_WHOLE)
        connection.unregister("told_lines")


_FEW = 8
"""Names for which a pass each is cheaper than reading all texts out of the engine."""

_TEXTS = """
    SELECT event_id, concat_ws(' ', coalesce(raw, attributes), ids) AS text, ids
    FROM (SELECT *, concat_ws(' ', entity_id, delivery_id, operation_key, natural_key,
        array_to_string(list_transform(related, lambda r: r.id), ' ')) AS ids FROM events)
    WHERE list_contains($kinds, kind)"""

_STANDS = r"""regexp_matches(
    CASE WHEN regexp_full_match({name}, '[0-9]+') THEN ids ELSE text END,
    '(^|[^\pL\pN])' || regexp_escape({name}) || '($|[^\pL\pN])')"""
_WHOLE = f"""
    INSERT INTO mentions SELECT DISTINCT event_id, name FROM told_lines
    WHERE {_STANDS.format(name="name")}"""
"""`ORD-1` is no name in `ORD-17`; digits alone may be an amount or a time where no id stands."""

_ONE = f"""
    INSERT INTO mentions SELECT event_id, $name FROM ({_TEXTS})
    WHERE contains(text, $name) AND {_STANDS.format(name="$name::VARCHAR")}"""
