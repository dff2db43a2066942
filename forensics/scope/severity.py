"""How bad a finding is if it is true: money, customers, reversibility, damaged records.

The grade says how sure we are and is kept apart, with one exception: a `suspicion` is never above
`medium`, so that no one is woken by what may well be innocent.
"""

from collections.abc import Collection, Sequence

from forensics.model.finding import Exposure, Grade, Severity

CRITICAL_MONEY = 10_000
"""Net loss in major units of any one currency that makes a finding critical."""
CRITICAL_CUSTOMERS = 100
HIGH_CUSTOMERS = 10
HIGH_EXCESS = 1_000
"""Calls, writes or runs too many that make a storm or a chain high."""

_DAMAGES_RECORDS = frozenset({"race_window"})


def severity(
    *,
    detector: str,
    grade: Grade,
    exposure: Sequence[Exposure],
    customers: Collection[str],
    excess: int,
    unpriced: int,
) -> Severity:
    """The severity of one finding; docs/severity.md states the same rules in words.

    Args:
        detector: That found it.
        grade: How far the log supports it.
        exposure: Money in currencies that the logs name.
        customers: Those hit.
        excess: Effects, attempts, writes or runs too many.
        unpriced: Excess effects that may be money of an amount or currency that no log says.
    """
    worst = _severity(detector, exposure, customers, excess, unpriced)
    if grade is Grade.SUSPICION and worst.rank < Severity.MEDIUM.rank:
        return Severity.MEDIUM
    return worst


def _severity(
    detector: str,
    exposure: Sequence[Exposure],
    customers: Collection[str],
    excess: int,
    unpriced: int,
) -> Severity:
    net = max((money.net for money in exposure), default=0)
    if net >= CRITICAL_MONEY or (net > 0 and len(customers) >= CRITICAL_CUSTOMERS):
        return Severity.CRITICAL
    if net > 0 or len(customers) >= HIGH_CUSTOMERS or excess >= HIGH_EXCESS:
        return Severity.HIGH
    if unpriced or detector in _DAMAGES_RECORDS:
        return Severity.HIGH
    return Severity.MEDIUM
