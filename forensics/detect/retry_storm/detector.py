"""The detector `retry_storm` and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.retry_storm.drain_burst import DRAIN_BURST
from forensics.detect.retry_storm.fleet import FLEET
from forensics.detect.retry_storm.hot_loop import HOT_LOOP
from forensics.detect.retry_storm.layered import LAYERED
from forensics.detect.retry_storm.metastable import METASTABLE
from forensics.detect.retry_storm.synchronised import SYNCHRONISED

RETRY_STORM = Detector(
    name="retry_storm",
    question="Were attempts repeated until they did harm?",
    patterns=(METASTABLE, DRAIN_BURST, LAYERED, SYNCHRONISED, FLEET, HOT_LOOP),
    relations=(
        "attempt_rows",
        "attempt_parts",
        "noted_rows",
        "attempts",
        "retries",
        "episodes",
        "edge_calls",
        "layers",
        "retry_policies",
        "storm_report",
    ),
    sieve=("noted_rows", "noted_rows"),
    calls_wasted=lambda facts: facts["attempts"] - facts["operations"],
)
