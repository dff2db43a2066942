"""Which format a part has, told from its records and never from its name."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from forensics.model.errors import UsageError
from forensics.normalise.compile import statement
from forensics.normalise.mapping import Mapping, load


def best(
    connection: duckdb.DuckDBPyConnection, mappings: Sequence[Mapping], documents: pa.Table
) -> Mapping | None:
    """The mapping that recognises most of the records; None when none recognises any.

    Args:
        connection: With the macros of `apply.prepare`.
        mappings: In order of preference among equals.
        documents: A sample of the part with the schema `apply.DOCUMENTS`.
    """
    winner, most = None, 0
    connection.register("documents", documents)
    try:
        for mapping in mappings:
            recognised = connection.execute(
                f"""
                SELECT count(*) FROM ({statement(mapping)})
                WHERE problem IS DISTINCT FROM 'unmapped'
                    AND problem IS DISTINCT FROM 'not valid JSON'"""
            ).fetchall()[0][0]
            if recognised > most:
                winner, most = mapping, recognised
    finally:
        connection.unregister("documents")
    return winner


def forced(name: str, mappings: Sequence[Mapping]) -> Mapping:
    """The mapping of that name, or the one in the file of that path.

    Raises:
        UsageError: There is neither.
    """
    for mapping in mappings:
        if mapping.format == name:
            return mapping
    if name.endswith(".toml") or "/" in name:
        return load(Path(name))
    raise UsageError.unknown("format", name, known=[m.format for m in mappings])
