"""Money of findings, and of all of them together with every effect counted once."""

from collections import defaultdict
from decimal import Decimal

import duckdb

from forensics.model.finding import Exposure, Total
from forensics.scope.components import components
from forensics.scope.incidents import group
from forensics.scope.queries import execute


def measure(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `finding_money`, `finding_incidents` and `excess_effects`, on which repairs rest.

    Args:
        connection: Has `candidates`, `candidate_evidence`, `effect_witnesses`, `executions` and
            `events`.
    """
    execute(connection, "impact", "references", "claims")
    group(connection)
    components(connection, "sharing_claims", "claim_members")
    execute(connection, "excess")


def by_finding(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Exposure]]:
    """Finding id to what it says was too much; one effect may count for several findings."""
    return _exposures(connection, "FROM finding_money")


def by_incident(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Exposure]]:
    """Incident id to the money of its excess effects, each counted once."""
    return _exposures(connection, _DISTINCT.format(name="incident_id"))


def in_all(connection: duckdb.DuckDBPyConnection) -> list[Total]:
    """The money of all excess effects, each counted once, a currency each."""
    exposures = _exposures(connection, _DISTINCT.format(name="'all'")).get("all", [])
    shares: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for currency, witness, net in connection.execute(_BY_WITNESS).fetchall():
        shares[currency][witness] = net
    return [
        Total(exposure=exposure, by_witness=shares[exposure.currency]) for exposure in exposures
    ]


_DISTINCT = """
    SELECT {name}, coalesce(currency, ''), sum(amount), sum(amount - still_out)
    FROM excess_effects WHERE amount IS NOT NULL GROUP BY ALL"""

_BY_WITNESS = """
    SELECT coalesce(currency, ''), witness_grade, sum(still_out)
    FROM excess_effects INNER JOIN (SELECT effect_key, witness_grade FROM found_effects)
        USING (effect_key)
    WHERE amount IS NOT NULL
    GROUP BY ALL HAVING sum(still_out) <> 0 ORDER BY ALL"""


def _exposures(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[Exposure]]:
    result: dict[str, list[Exposure]] = defaultdict(list)
    rows = connection.execute(f"{query} ORDER BY ALL").fetchall()
    for name, currency, gross, compensated in rows:
        result[name].append(Exposure(currency=currency, gross=gross, compensated=compensated))
    return result
