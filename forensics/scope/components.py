"""Connected components: members that share a thing, directly or through others, get one name."""

import duckdb

from forensics.scope.queries import sql


def components(connection: duckdb.DuckDBPyConnection, sharing: str, result: str) -> None:
    """Fill the temporary table `result(member, component)`; a component is its smallest member.

    Each round hooks every group onto the smallest one it shares a thing with, follows the hooks to
    their end and merges. A group that is not the smallest among its neighbours disappears, so at
    most half of those that share anything remain: the rounds are few however long a path is.

    Args:
        connection: Has `sharing(member, thing)`.
        sharing: A relation; every member is in it, with a `thing` of NULL if it shares none.
        result: Name of the table.
    """
    _execute(connection, "components_start", sharing=sharing, result=result)
    while _hooks(connection):
        while _count(connection, "hooks JOIN hooks AS next ON hooks.onto = next.member"):
            _execute(connection, "components_jump")
        _execute(connection, "components_merge", result=result)


def _hooks(connection: duckdb.DuckDBPyConnection) -> int:
    _execute(connection, "components_hook")
    return _count(connection, "hooks")


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    rows: list[tuple[int]] = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return rows[0][0]


def _execute(connection: duckdb.DuckDBPyConnection, stem: str, **names: str) -> None:
    statements = sql(stem)
    for name, value in names.items():
        statements = statements.replace(f"named_{name}", value)
    connection.execute(statements)
