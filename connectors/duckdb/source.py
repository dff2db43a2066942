"""DuckDB files as a source."""

from connectors.live.source import LiveSource
from connectors.live.tables import OPTIONS

SOURCE = LiveSource(
    schemes=("duckdb",),
    title="DuckDB database file",
    example="runs=warehouse.duckdb",
    rights="read access to the file and to its `.wal` beside it, and room for a copy",
    leaves="nothing: the file and its write-ahead log are copied, and only the copy is opened",
    options=OPTIONS,
    module="connectors.duckdb.connector",
)
