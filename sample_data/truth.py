"""What was planted: the cases that must be found and the lookalikes that must stay quiet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sample_data.moments import iso

DETECTOR_OF = {
    pattern: detector
    for detector, patterns in {
        "duplicate_side_effect": (
            "same_key", "key_expired", "redelivery", "rekeyed_retry", "same_content",
            "cross_system", "batch_rerun",
        ),
        "retry_storm": ("hot_loop", "fleet", "layered", "synchronised"),
        "race_window": (
            "lost_update", "stale_write", "version_fork", "check_then_act", "twin_create",
            "lease_overlap", "out_of_order", "overlapping_writes",
        ),
        "recursive_chain": (
            "loop", "cross_system_loop", "self_trigger", "fan_out", "inferred_loop",
        ),
    }.items()
    for pattern in patterns
}  # fmt: skip
"""Every pattern and the detector that it belongs to."""


@dataclass(slots=True)
class Truth:
    """The planted cases and lookalikes, in the order in which they were planted."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    lookalikes: list[dict[str, Any]] = field(default_factory=list)

    def case(
        self,
        name: str,
        pattern: str,
        title: str,
        *,
        source: str,
        keys: Iterable[str],
        span: tuple[datetime, datetime],
        excess: int,
        amount: Decimal | None = None,
        currency: str | None = None,
        incident: bool = False,
        compensated: bool = False,
    ) -> None:
        """Note a planted case.

        Args:
            name: Its id in the truth file.
            pattern: The pattern that must find it.
            title: One sentence for people.
            source: The sources that hold the evidence, joined by `+`.
            keys: Ids that occur in the evidence; each belongs to this case alone.
            span: First and last instant.
            excess: Effects, attempts, lost writes or visits beyond what was meant.
            amount: Money of the excess, in major units.
            currency: Its ISO 4217 code.
            incident: Whether it is part of Thursday's incident.
            compensated: Whether the money was given back afterwards.
        """
        first, last = span
        entry = {
            "id": name, "detector": DETECTOR_OF[pattern], "pattern": pattern, "title": title,
            "source": source, "keys": sorted(set(keys)), "first_at": iso(first),
            "last_at": iso(last), "excess": excess,
            "amount": None if amount is None else str(amount), "currency": currency,
            "incident": incident,
        }  # fmt: skip
        if compensated:
            entry["compensated"] = True
        self.cases.append(entry)

    def lookalike(
        self,
        name: str,
        looks_like: str,
        suppressor: str | None,
        *,
        source: str,
        keys: Iterable[str],
        why: str,
    ) -> None:
        """Note what must stay quiet; a null `suppressor` is a near miss of the definition."""
        self.lookalikes.append(
            {
                "id": name, "looks_like": looks_like, "suppressor": suppressor, "source": source,
                "keys": sorted(set(keys)), "why": why,
            }
        )  # fmt: skip

    def as_json(self, seed: int, sources: dict[str, str]) -> dict[str, Any]:
        """Return the content of `truth.json`."""
        return {
            "seed": seed,
            "sources": sources,
            "cases": sorted(self.cases, key=lambda entry: entry["first_at"]),
            "lookalikes": sorted(self.lookalikes, key=lambda entry: entry["id"]),
        }
