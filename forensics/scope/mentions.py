"""Which lines bear which names anywhere in their text."""

import re
import string
from collections.abc import Sequence

import duckdb
import pyarrow as pa

SHORTEST = 5
LONGEST = 128
"""Characters of a name that is looked for in texts: shorter ones stand in many by chance."""
_LETTERS = [letter.encode() for letter in string.ascii_letters + string.digits]
_BEYOND_ASCII = b"\x80"
_DIGITS = re.compile("[0-9]+")
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
    numbers = [name for name in names if _DIGITS.fullmatch(name)]
    words = [name for name in names if not _DIGITS.fullmatch(name)]
    told = [
        _told(batch.select(["event_id", column]), sought)
        for batch in connection.sql(_TEXTS, params={"kinds": list(kinds)}).to_arrow_reader(_LINES)
        for column, sought in (("text", words), ("ids", numbers))
        if sought
    ]
    if told:
        connection.register("told_lines", pa.concat_tables(told))
        connection.execute(_WHOLE)
        connection.unregister("told_lines")


def _told(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Table:
    """Lines with a name that no letter or digit of ASCII goes on.

    Their text is kept where another alphabet is beside it, which takes a closer look.
    """
    import polars as pl  # noqa: PLC0415 - costs start-up, which most commands can do without

    lines = pl.DataFrame(pa.Table.from_batches([batch])).rename({batch.column_names[1]: "text"})
    text, begin = pl.col("text"), pl.col("begin")
    named = lines.with_columns(
        name=text.str.extract_many(names, overlapping=True),
        begin=text.str.find_many(names, overlapping=True).cast(pl.List(pl.Int64)),
    )
    found = named.explode("name", "begin").drop_nulls("name")
    data, end = text.cast(pl.Binary), begin + pl.col("name").str.len_bytes()
    before = pl.when(begin > 0).then(data.bin.slice(begin - 1, 1)).otherwise(pl.lit(b""))
    beside = found.with_columns(before=before, after=data.bin.slice(end, 1))
    either = pl.any_horizontal
    goes_on = either(pl.col("before", "after").is_in(_LETTERS))
    is_unclear = either(pl.col("before", "after") >= _BEYOND_ASCII)
    told = beside.filter(~goes_on).with_columns(unclear_text=pl.when(is_unclear).then(text))
    return told.select("event_id", "name", "unclear_text").unique().to_arrow()


_FEW = 8
"""Names for which a pass each is cheaper than reading all texts out of the engine."""

_TEXTS = """
    SELECT event_id, concat_ws(' ', coalesce(raw, attributes), ids) AS text, ids
    FROM (SELECT *, concat_ws(' ', entity_id, delivery_id, operation_key, natural_key,
        array_to_string(list_transform(related, lambda r: r.id), ' ')) AS ids FROM events)
    WHERE list_contains($kinds, kind)"""

_STANDS = r"regexp_matches({text}, '(^|[^\pL\pN])' || regexp_escape({name}) || '($|[^\pL\pN])')"
"""`ORD-1` is no name in `ORD-17`; digits alone may be an amount or a time where no id stands."""

_WHOLE = f"""
    INSERT INTO mentions SELECT DISTINCT event_id, name FROM told_lines
    WHERE unclear_text IS NULL OR {_STANDS.format(text="unclear_text", name="name")}"""

_ONE = f"""
    INSERT INTO mentions SELECT event_id, $name
    FROM (SELECT *,
            CASE WHEN regexp_full_match($name, '{_DIGITS.pattern}') THEN ids ELSE text END AS place
        FROM ({_TEXTS}))
    WHERE contains(place, $name) AND {_STANDS.format(text="place", name="$name::VARCHAR")}"""
