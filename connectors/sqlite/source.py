"""SQLite files as a source."""

from connectors.live.source import LiveSource
from connectors.live.tables import OPTIONS

SOURCE = LiveSource(
    schemes=("sqlite",),
    title="SQLite database file",
    example="outbox=app.db",
    rights="read access to the file and to its `-wal` or `-journal`, and room for a copy",
    leaves="nothing: the file and its logs are copied, and only the copy is opened",
    options={name: OPTIONS[name] for name in ("table", "as")},
    module="connectors.sqlite.connector",
)
