"""The detectors, in the order in which they run."""

from forensics.detect.contract import Detector, Pattern
from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.race_window.detector import RACE_WINDOW
from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from forensics.detect.retry_storm.detector import RETRY_STORM

DETECTORS: tuple[Detector, ...] = (
    DUPLICATE_SIDE_EFFECT,
    RETRY_STORM,
    RACE_WINDOW,
    RECURSIVE_CHAIN,
)

PATTERNS: dict[str, Pattern] = {p.name: p for d in DETECTORS for p in d.patterns}
