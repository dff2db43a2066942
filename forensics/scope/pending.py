"""What the logs leave unfinished: it may fire again, or for the first time."""

from collections.abc import Sequence

import duckdb

from forensics.model.incident import Pending, Untold
from forensics.scope.queries import sql


def pending(
    connection: duckdb.DuckDBPyConnection, *, key_lifetime_s: float, queues: Sequence[str] = ()
) -> list[Pending]:
    """Unfinished work: that of incidents first, then by when it may fire.

    Args:
        connection: After `assemble`.
        key_lifetime_s: How long a callee is taken to remember a key of which nothing is known,
            in seconds.
        queues: Sources that are queues themselves: what they call pending waits there.
    """
    values = {"key_lifetime_s": key_lifetime_s, "queues": list(queues)}
    connection.execute(sql("pending_calls"))
    found = connection.sql(sql("pending"), params=values)
    return [Pending(**row) for row in found.to_arrow_table().to_pylist()]


def untold(connection: duckdb.DuckDBPyConnection, queues: Sequence[str] = ()) -> list[Untold]:
    """Of which work the logs tell the beginning and never an end.

    Args:
        connection: Has `events`.
        queues: As for `pending`.
    """
    found = connection.sql(sql("untold"), params={"queues": list(queues)})
    return [Untold(**row) for row in found.to_arrow_table().to_pylist()]
