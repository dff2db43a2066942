"""The detector `recursive_chain` and its patterns, strongest first."""

from forensics.detect.contract import Detector

RECURSIVE_CHAIN = Detector(
    name="recursive_chain",
    question="Did automations set each other off?",
    patterns=(),
)
