"""The detector `retry_storm` and its patterns, strongest first."""

from forensics.detect.contract import Detector

RETRY_STORM = Detector(
    name="retry_storm",
    question="Were attempts repeated until they did harm?",
    patterns=(),
)
