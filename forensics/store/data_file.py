"""What a transaction log says of a Parquet file, taken from its footer."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from forensics.model.errors import CaseError

WRITTEN_AS = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""How DuckDB writes data files. Ids and times are a third cheaper to read in version 2's encodings
(lengths and differences apart), which Arrow, Polars and Spark read as well."""

ONE_SOURCE_A_FILE = frozenset({"events", "quarantine"})
"""Tables in which re-normalising a source replaces all its files."""


def described(path: Path, *, rows: int) -> dict[str, Any]:
    """What the log says of a new data file: name, size, rows and range of `source`.

    Args:
        path: A Parquet file in the folder of its table.
        rows: How many rows it must have.

    Raises:
        CaseError: It has another number of rows (records were lost on the way to the disk), or
            it mixes sources in a table where the files of one source are replaced together.
    """
    footer = pq.read_metadata(path)
    if footer.num_rows != rows:
        raise CaseError(
            f"`{path.name}` holds {footer.num_rows} rows; {rows} were to be stored.",
            hint="Run the same command again; please report it if it comes back.",
        )
    sources = _sources(footer)
    if len(sources) > 1 and path.parent.name in ONE_SOURCE_A_FILE:
        raise CaseError(
            f"`{path.name}` holds rows of `{sources[0]}` and of `{sources[-1]}`.",
            hint="A data file must hold the rows of one source; please report it.",
        )
    stats: dict[str, Any] = {"numRecords": rows}
    if sources:
        stats |= {"minValues": {"source": sources[0]}, "maxValues": {"source": sources[-1]}}
    return {"path": path.name, "size": path.stat().st_size, "stats": stats}


def _sources(footer: pq.FileMetaData) -> list[str]:
    """Smallest and largest value of column `source`, from the file's statistics; [] without."""
    found: set[str] = set()
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            statistics = column.statistics
            if column.path_in_schema == "source" and statistics and statistics.has_min_max:
                found |= {statistics.min, statistics.max}
    return sorted(found)
