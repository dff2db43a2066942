"""Circles among `ties`: no join knows beforehand how far they reach, so a library finds them."""

import duckdb

_TIES = """
    SELECT rowid, kind, earlier_place, later_place, record, excuse IS NOT NULL
    FROM ties
    ORDER BY earlier_place, later_place, kind"""


def find_circles(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `tied_circles`: a row a step, which begins with the transaction that the last led to.

    Args:
        connection: Has `ties`.
    """
    connection.execute("""
        CREATE OR REPLACE TABLE tied_circles (
            circle BIGINT, step BIGINT, tie BIGINT, claim VARCHAR, shortest BOOLEAN
        )""")
    from forensics.detect.race_window import knots  # noqa: PLC0415 - networkx costs start-up

    ties = [knots.Tie(*row) for row in connection.execute(_TIES).fetchall()]
    for number, circle in enumerate(knots.circles(ties)):
        connection.executemany(
            "INSERT INTO tied_circles VALUES ($1, $2, $3, $4, $5)",
            [
                [number, step, tie.number, circle.claim, circle.shortest]
                for step, tie in enumerate(circle.ties)
            ],
        )
