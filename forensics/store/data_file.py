"""What a transaction log says of a Parquet file, taken from its footer."""

from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from forensics.model.errors import CaseError
from forensics.store.schema import TABLES

WRITTEN_AS = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""How DuckDB writes data files. Ids and times are a third cheaper to read in version 2's encodings
(lengths and differences apart), which Arrow, Polars and Spark read as well."""

ONE_SOURCE_A_FILE = frozenset({"events", "quarantine"})
"""Tables in which re-normalising a source replaces all its files."""


def described(path: Path, *, rows: int) -> dict[str, Any]:
    """What the log says of a new data file: name, size, rows, empty columns.

    Nothing of least and greatest values: where a log has them of some columns, `deltalake` takes
    those of the others for null, and leaves out rows that a filter asks for.

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
    sources = _told_sources(footer)
    if len(sources) > 1 and path.parent.name in ONE_SOURCE_A_FILE:
        raise CaseError(
            f"`{path.name}` holds rows of `{sources[0]}` and of `{sources[-1]}`.",
            hint="A data file must hold the rows of one source; please report it.",
        )
    stats: dict[str, Any] = {
        "numRecords": rows,
        "nullCount": {
            field.name: _counted(field.type, rows) for field in _empty_columns(path, footer)
        },
    }
    return {"path": path.name, "size": path.stat().st_size, "stats": stats}


def _empty_columns(path: Path, footer: pq.FileMetaData) -> list[pa.Field]:
    """Columns of the table in which every row is null, or which the file lacks."""
    filled, nested = set(), set()
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            name, *within = column.path_in_schema.split(".")
            nested |= {name} if within else set()
            counted = column.statistics is not None and column.statistics.has_null_count
            if not counted or column.statistics.null_count < column.num_values:
                filled.add(name)
    # Of an empty list, and of fields of which each is null, the footer says the same as of null.
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=sorted(nested - filled)):
            filled |= {name for name in batch.schema.names if batch[name].null_count < len(batch)}
    return [field for field in TABLES[path.parent.name] if field.name not in filled]


def _counted(kind: pa.DataType, rows: int) -> object:
    """The count as Delta Lake has it: one a field of a structure."""
    if not pa.types.is_struct(kind):
        return rows
    return {field.name: _counted(field.type, rows) for field in kind}


@cache
def sources(path: Path) -> list[str]:
    """Smallest and largest value of column `source` in a data file, which never changes."""
    return _told_sources(pq.read_metadata(path))


def _told_sources(footer: pq.FileMetaData) -> list[str]:
    """The same, from the file's statistics; [] without."""
    found: set[str] = set()
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            statistics = column.statistics
            if column.path_in_schema == "source" and statistics and statistics.has_min_max:
                found |= {statistics.min, statistics.max}
    return sorted(found)
