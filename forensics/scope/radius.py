"""The blast radius of each incident: money, customers, operations, forensic complexity."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from forensics.model.blast_radius import BlastRadius, Harm, JoinedLogs, Money, Reached, StillOut
from forensics.model.finding import Exposure
from forensics.scope.closure import close
from forensics.scope.proof import prove
from forensics.scope.queries import execute, rows


def radii(
    connection: duckdb.DuckDBPyConnection,
    systems: Mapping[str, Sequence[str]],
    chances: Mapping[str, float],
) -> dict[str, BlastRadius]:
    """Incident id to its blast radius, without what is pending in it or open about it.

    Args:
        connection: After `assemble` and `ties.sql`.
        systems: Incident id to the systems that it touched, sorted.
        chances: Finding id to its confidence, of those that have one.
    """
    # However often such findings were right, one that was inferred is not certain.
    values = [min(chance, 0.999) for chance in chances.values()]
    connection.execute(_CHANCES, {"names": list(chances), "chances": values})
    close(connection)
    prove(connection)
    execute(connection, "complexity", "collateral", "radius")
    money = _grouped(connection, "FROM radius_money ORDER BY ALL")
    harms = _grouped(connection, "FROM radius_harms ORDER BY ALL")
    unresolved = _grouped(connection, "FROM radius_unresolved ORDER BY ALL")
    reached = _grouped(connection, "FROM radius_reached ORDER BY ALL")
    return {
        name: BlastRadius(
            money=(known := [_money(row) for row in money[name]]),
            still_out=still_out(known, open_calls := [Exposure(**row) for row in unresolved[name]]),
            unresolved=open_calls,
            followed=followed(further := [Reached(**row) for row in reached[name]]),
            reached=further,
            harms=[Harm(**row) for row in harms[name]],
            systems=systems.get(name, ()),
            joins=[JoinedLogs(**row) for row in counts[0].pop("joins")],
            **counts[0],
        )
        for name, counts in _grouped(connection, "FROM radius_counts").items()
    }


def still_out(money: Iterable[Money], unresolved: Iterable[Exposure]) -> list[StillOut]:
    """The interval of each currency; a call without an answer may have moved its money or not."""
    low: dict[str, Decimal] = defaultdict(Decimal)
    high: dict[str, Decimal] = defaultdict(Decimal)
    for one in money:
        low[one.currency] += one.net if one.certain == "confirmed" else 0
        high[one.currency] += one.net
    for call in unresolved:
        high[call.currency] += call.gross
    return [StillOut(currency=each, low=low[each], high=high[each]) for each in sorted(high)]


def followed(reached: Iterable[Reached]) -> list[tuple[str, int]]:
    """How many effects of each class."""
    effects: dict[str, int] = defaultdict(int)
    for one in reached:
        effects[one.effect_class] += one.effects
    return sorted(effects.items())


def _money(row: dict[str, Any]) -> Money:
    shares = {share["witness"]: share["net"] for share in row.pop("by_witness")}
    return Money(**row, by_witness=shares)


def _grouped(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[dict[str, Any]]]:
    """Incident id to its rows, in the order of the query."""
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(connection, query):
        grouped[row.pop("incident_id")].append(row)
    return grouped


_CHANCES = """
    CREATE OR REPLACE TEMP TABLE finding_chances AS
    SELECT unnest($names::VARCHAR []) AS finding_id, unnest($chances::DECIMAL(4, 3) []) AS chance"""
