"""Estimates by declared rates: separate numbers, never added to what the logs show."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from statistics import quantiles

from forensics.model.impact import Estimate, Rate
from forensics.model.words import plural

_DRAWS = 4_000
"""Enough for P5 and P95 to hold within two in a hundred of the range of one rate."""
_SEED = 20_261_102
_CENT = Decimal("0.01")


def estimates(rates: Sequence[Rate], counts: Mapping[str, int]) -> list[Estimate]:
    """P5, P50 and P95 a currency; rates that count nothing are left out.

    Each rate is drawn from a triangle once a draw, and holds for all that it counts: what a refund
    costs is not known, but it costs the same for each. The same input gives the same numbers.

    Args:
        rates: What was declared.
        counts: What each unit of `PER` is counted as.
    """
    by_currency: dict[str, list[Rate]] = {}
    for rate in rates:
        if counts.get(rate.per):
            by_currency.setdefault(rate.currency, []).append(rate)
    return [
        _estimate(currency, members, counts) for currency, members in sorted(by_currency.items())
    ]


def cost_of_calls(rates: Sequence[Rate], calls: int) -> str:
    """What so many wasted calls may have cost; empty where nothing is declared of a call."""
    told = estimates([rate for rate in rates if rate.per == "call"], {"call": calls})
    return "".join(
        f" By what `[impact]` says of a call, {plural(calls, 'wasted call')} may have cost"
        f" {one.middle:,} {one.currency} ({one.low:,} to {one.high:,})."
        for one in told
        if one.high
    )


def _estimate(currency: str, rates: Sequence[Rate], counts: Mapping[str, int]) -> Estimate:
    chance = Random(_SEED)  # noqa: S311 - a simulation, and it has to be repeatable
    sums = [
        sum(chance.triangular(r.low, r.high, r.likely) * counts[r.per] for r in rates)
        for _ in range(_DRAWS)
    ]
    twentieths = quantiles(sums, n=20)
    low, middle, high = (Decimal(twentieths[n]).quantize(_CENT) for n in (0, 9, 18))
    return Estimate(
        currency=currency,
        low=low,
        middle=middle,
        high=high,
        rates=tuple(rate.name for rate in rates),
    )
