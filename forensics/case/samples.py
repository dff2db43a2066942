"""The sample week and its truth: what was planted, and what must stay quiet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from forensics.case.case import Case
from forensics.model.audit import Audit
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec

_IDS = (
    "occurrence_id", "delivery_id", "handoff_id", "operation_key", "effect_id", "entity_id",
    "natural_key", "execution_id", "transaction_id", "trace_id", "cause_id", "workflow",
    "version_written", "customer_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How an audit did against a truth file.

    Attributes:
        planted: Cases in the truth.
        missed: Cases without a finding of the right pattern on one of their keys.
        lookalikes: Innocent cases in the truth.
        accused: Lookalikes that a finding calls original or duplicate.
    """

    planted: int
    missed: Sequence[str]
    lookalikes: int
    accused: Sequence[str]

    @property
    def perfect(self) -> bool:
        """Whether everything was found and no one accused."""
        return not self.missed and not self.accused

    @property
    def sentence(self) -> str:
        """The result in one line."""
        return (
            f"Of {self.planted} planted cases {self.planted - len(self.missed)} were found by the"
            f" right pattern; of {self.lookalikes} lookalikes {len(self.accused)} were accused."
        )


def week() -> tuple[list[SourceSpec], Mapping[str, Any]]:
    """The sources of the sample week and its truth.

    Raises:
        UsageError: The sample data is not there, as in an installed package.
    """
    folder = Path(__file__).parents[2] / "sample_data"
    truth = folder / "truth.json"
    if not truth.exists():
        raise UsageError(
            "The sample data is not installed.", hint="Run the demo in a clone of the repository."
        )
    document: dict[str, Any] = orjson.loads(truth.read_bytes())
    sources = [
        SourceSpec(name=name, address=str(folder / path))
        for name, path in document["sources"].items()
    ]
    return sources, document


def score(case: Case, audit: Audit, truth: Mapping[str, Any]) -> Marks:
    """Hold the findings of an audit against a truth file."""
    keys = _keys_by_finding(case)
    patterns = {f.finding_id: f.pattern for f in audit.findings}
    missed = [
        f"{planted['pattern']}: {planted['title']}"
        for planted in truth["cases"]
        if not any(
            patterns.get(finding) == planted["pattern"] and held & set(planted["keys"])
            for finding, held in keys.items()
        )
    ]
    accused = [
        f"{innocent['looks_like']}: {innocent['why']}"
        for innocent in truth["lookalikes"]
        if any(held & set(innocent["keys"]) for held in keys.values())
    ]
    return Marks(
        planted=len(truth["cases"]),
        missed=missed,
        lookalikes=len(truth["lookalikes"]),
        accused=accused,
    )


def _keys_by_finding(case: Case) -> dict[str, set[str]]:
    """Every id that the original and duplicate events of a finding carry."""
    values = ", ".join(_IDS)
    frame = case.sql(f"""
        SELECT finding_id, list(DISTINCT id) AS ids FROM (
            SELECT finding_id, unnest([{values}]) AS id
            FROM evidence JOIN events USING (event_id)
            WHERE role IN ('original', 'duplicate')
        ) WHERE id IS NOT NULL GROUP BY finding_id""")
    return {row["finding_id"]: set(row["ids"]) for row in frame.iter_rows(named=True)}
