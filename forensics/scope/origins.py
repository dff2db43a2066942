"""To which line repeated work goes back, by the names that lines bear anywhere in their text."""

import duckdb

from forensics.scope import mentions
from forensics.scope.queries import execute

_KINDS = ("other", "trigger", "delivery", "write", "attempt", "effect")


def origins(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `finding_origins(finding_id, event_id)`: the line to which repeated work goes back.

    Args:
        connection: After `assemble` and `ties`; has `finding_failures`.
    """
    execute(connection, "origin_names")
    found = connection.execute("SELECT DISTINCT name FROM origin_names ORDER BY name").fetchall()
    mentions.find(connection, [name for (name,) in found], _KINDS)
    execute(connection, "origins")
