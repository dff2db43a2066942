"""Finds the root and depth of every execution by pointer doubling.

Each round doubles how far every execution looks up, so a chain of n hops takes log2(n) rounds of
joins. Ids that point at each other never end: such circles are found, cut at their earliest
member and kept in the table `cut_circles`.
"""

import duckdb

from forensics.store import queries


def resolve_ancestry(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `arrived` (member, root, depth) and `cut_circles` from `members` and `parents`."""
    _execute(connection, "climb_start")
    _climb(connection)
    _cut_circles(connection)
    _climb(connection)


def _climb(connection: duckdb.DuckDBPyConnection) -> None:
    """Double until everyone has arrived, or a whole round brought nobody home.

    Whoever is deeper than this round reaches has an ancestor whom it does reach, so such a round
    leaves only those who walk in circles.
    """
    waiting = _count(connection, "climbing")
    while waiting:
        _execute(connection, "climb_on")
        before, waiting = waiting, _count(connection, "climbing")
        if waiting == before:
            return


def _cut_circles(connection: duckdb.DuckDBPyConnection) -> None:
    _execute(connection, "cycle_start")
    for _ in range(_count(connection, "circling").bit_length()):
        _execute(connection, "cycle_on")
    _execute(connection, "cycle_cut")


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    rows: list[tuple[int]] = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return rows[0][0]


def _execute(connection: duckdb.DuckDBPyConnection, stem: str) -> None:
    queries.run(connection, "forensics.link", stem)
