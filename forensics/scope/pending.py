"""What the logs leave unfinished: it may fire again, or for the first time."""

import duckdb

from forensics.model.incident import Pending
from forensics.scope.queries import sql


def pending(connection: duckdb.DuckDBPyConnection, *, key_lifetime_s: float) -> list[Pending]:
    """Unfinished work: that of incidents first, then by when it may fire.

    Args:
        connection: After `assemble`.
        key_lifetime_s: How long a callee is taken to remember a key, in seconds.
    """
    found = connection.sql(sql("pending"), params={"key_lifetime_s": key_lifetime_s})
    return [Pending(**row) for row in found.to_arrow_table().to_pylist()]
