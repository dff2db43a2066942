"""What has not happened yet but can: no finding, and never counted as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.model.finding import Explanation

SHOWN_EXPOSURES = 200
"""Exposures that the page shows; programs read the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """One exposure: the log shows that it can happen, and no line that it has.

    Attributes:
        exposure_id: Detector, pattern and subject: the same next week; 16 hex.
        detector: Such as `race_window`.
        pattern: `latent_race` or `latent_loop`.
        subject: What it is about: a kind of record and the code that writes it.
        explanation: For people.
        facts: What the pattern measured, for programs.
    """

    exposure_id: str
    detector: str
    pattern: str
    subject: Sequence[str]
    explanation: Explanation
    facts: Mapping[str, Any]
