"""The detector of duplicate side effects and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.duplicate_side_effect.same_key import SAME_KEY

DUPLICATE_SIDE_EFFECT = Detector(
    name="duplicate_side_effect",
    question="Did something happen in the world more often than it was meant to?",
    patterns=(SAME_KEY,),
    relations=("words", "suspects"),
)
