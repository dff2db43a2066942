"""PostgreSQL databases as a source."""

from connectors.live.source import LiveSource
from connectors.live.tables import OPTIONS

SOURCE = LiveSource(
    schemes=("postgresql", "postgres"),
    title="PostgreSQL database",
    example="'audit=postgresql://ro@db/shop?table=audit_log&order=id'",
    rights="`SELECT` on the tables; for a slot the attribute `REPLICATION`, nothing else",
    leaves="nothing: read-only transactions, and a slot's changes are peeked at, never taken",
    options={
        **OPTIONS,
        "slot": "read what this logical replication slot holds, instead of tables",
        "plugin": "the slot's output plugin: `wal2json` (default) or `test_decoding`",
        "host": "folder of the server's Unix socket",
        "sslmode": "as of libpq: `require`, `verify-full`, …",
        "statement_timeout": "seconds after which the server gives up a statement; default 300",
    },
    secrets={"password": ("PGPASSWORD",)},
    module="connectors.postgresql.connector",
    extra="postgresql",
    library="adbc_driver_postgresql",
)
