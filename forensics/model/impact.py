"""What an incident may cost besides the money that the logs show: an estimate, kept apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from forensics.model.errors import UsageError

PER = ("incident", "effect", "customer", "record", "call")
"""What a rate is counted by: each incident; its excess effects that are not taken back; customers
hit; records possibly wrong; calls wasted."""

_KEYS = ("per", "currency", "low", "likely", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one thing costs, from `[impact.NAME]` of `forensics.toml`.

    Attributes:
        name: Such as `refund_fee`.
        per: One of `PER`.
        currency: ISO 4217.
        low: The least it costs, in major units.
        likely: What it costs most often.
        high: The most it costs.
    """

    name: str
    per: str
    currency: str
    low: float
    likely: float
    high: float

    @classmethod
    def parse(cls, name: str, entry: Mapping[str, Any], *, where: str) -> Self:
        """Read a table of settings.

        Raises:
            UsageError: A key is missing or unknown, or the three numbers are out of order.
        """
        for key in entry:
            if key not in _KEYS:
                raise UsageError.unknown("key", key, known=_KEYS, where=where)
        missing = [key for key in _KEYS if key not in entry]
        if missing:
            raise UsageError(
                f"{where} lacks `{missing[0]}`.", hint="docs/configuration.md shows one."
            )
        if entry["per"] not in PER:
            raise UsageError.unknown("unit", str(entry["per"]), known=PER, where=where)
        numbers = [entry[key] for key in ("low", "likely", "high")]
        if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
            raise UsageError(f"{where}: `low`, `likely` and `high` must be numbers.")
        low, likely, high = map(float, numbers)
        if not 0 <= low <= likely <= high:
            raise UsageError(f"{where}: `low`, `likely` and `high` must rise from 0 on.")
        return cls(
            name=name,
            per=entry["per"],
            currency=str(entry["currency"]),
            low=low,
            likely=likely,
            high=high,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What incidents may cost by the declared rates, in one currency.

    Attributes:
        currency: ISO 4217.
        low: One time in twenty it is less: P5, in major units.
        middle: As often less as more: P50.
        high: One time in twenty it is more: P95.
        rates: Names of the rates that it is made of.
    """

    currency: str
    low: Decimal
    middle: Decimal
    high: Decimal
    rates: tuple[str, ...]
