"""The detector `race_window` and its patterns, strongest first."""

from forensics.detect.contract import Detector

RACE_WINDOW = Detector(
    name="race_window",
    question="Did two executions work on one record without seeing each other?",
    patterns=(),
)
