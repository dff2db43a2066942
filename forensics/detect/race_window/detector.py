"""The detector `race_window` and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.race_window.lost_update import LOST_UPDATE

RACE_WINDOW = Detector(
    name="race_window",
    question="Did two executions work on one record without seeing each other?",
    patterns=(LOST_UPDATE,),
    relations=("vocabulary", "accesses", "writes", "holdings", "locked"),
)
