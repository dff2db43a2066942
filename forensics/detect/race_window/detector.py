"""The detector `race_window` and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.race_window.check_then_act import CHECK_THEN_ACT
from forensics.detect.race_window.lease_overlap import LEASE_OVERLAP
from forensics.detect.race_window.lost_update import LOST_UPDATE
from forensics.detect.race_window.out_of_order import OUT_OF_ORDER
from forensics.detect.race_window.overlapping_writes import OVERLAPPING_WRITES
from forensics.detect.race_window.stale_write import STALE_WRITE
from forensics.detect.race_window.twin_create import TWIN_CREATE
from forensics.detect.race_window.version_fork import VERSION_FORK

RACE_WINDOW = Detector(
    name="race_window",
    question="Did two executions work on one record without seeing each other?",
    patterns=(
        LOST_UPDATE,
        VERSION_FORK,
        STALE_WRITE,
        TWIN_CREATE,
        LEASE_OVERLAP,
        OUT_OF_ORDER,
        CHECK_THEN_ACT,
        OVERLAPPING_WRITES,
    ),
    relations=(
        "vocabulary",
        "rolled_back",
        "sightings",
        "suspects",
        "accesses",
        "writes",
        "concerns",
        "holdings",
        "locked",
    ),
)
