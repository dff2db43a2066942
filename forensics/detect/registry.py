"""The detectors, in the order in which they run."""

from collections.abc import Iterable
from functools import cache

from forensics.detect.contract import Detector, Pattern
from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.race_window.detector import RACE_WINDOW
from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from forensics.detect.retry_storm.detector import RETRY_STORM
from forensics.model.errors import UsageError

DETECTORS: tuple[Detector, ...] = (
    DUPLICATE_SIDE_EFFECT,
    RETRY_STORM,
    RACE_WINDOW,
    RECURSIVE_CHAIN,
)

PATTERNS: dict[str, Pattern] = {p.name: p for d in DETECTORS for p in d.every_pattern}


@cache
def innocent_readings() -> dict[str, dict[str, str]]:
    """Suppressors by name: pattern that looks for it to the sentence that it stands for."""
    found: dict[str, dict[str, str]] = {}
    for pattern in PATTERNS.values():
        for name, reading in pattern.suppressors.items():
            found.setdefault(name, {})[pattern.name] = reading.text
    return {name: found[name] for name in sorted(found)}


def named(names: Iterable[str]) -> list[Detector]:
    """The detectors of these names.

    Raises:
        UsageError: There is none of that name.
    """
    known = {detector.name: detector for detector in DETECTORS}
    for name in names:
        if name in PATTERNS:
            raise UsageError(
                f"`{name}` is a pattern, not a detector.",
                hint=f"Run `--detector {PATTERNS[name].detector}`, which looks for it.",
            )
        if name not in known:
            raise UsageError.unknown("detector", name, known=known)
    return [known[name] for name in names]
