"""The detector `race_window` and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.race_window.check_then_act import CHECK_THEN_ACT
from forensics.detect.race_window.dependency_cycle import DEPENDENCY_CYCLE
from forensics.detect.race_window.dirty_read import DIRTY_READ
from forensics.detect.race_window.fencing_violation import FENCING_VIOLATION
from forensics.detect.race_window.latent_race import LATENT_RACE
from forensics.detect.race_window.lease_overlap import LEASE_OVERLAP
from forensics.detect.race_window.lost_update import LOST_UPDATE
from forensics.detect.race_window.out_of_order import OUT_OF_ORDER
from forensics.detect.race_window.overlapping_writes import OVERLAPPING_WRITES
from forensics.detect.race_window.read_skew import READ_SKEW
from forensics.detect.race_window.stale_write import STALE_WRITE
from forensics.detect.race_window.twin_create import TWIN_CREATE
from forensics.detect.race_window.version_fork import VERSION_FORK
from forensics.detect.race_window.write_skew import WRITE_SKEW

RACE_WINDOW = Detector(
    name="race_window",
    question="Did two executions work on one record without seeing each other?",
    patterns=(
        LOST_UPDATE,
        VERSION_FORK,
        STALE_WRITE,
        DIRTY_READ,
        WRITE_SKEW,
        READ_SKEW,
        DEPENDENCY_CYCLE,
        TWIN_CREATE,
        LEASE_OVERLAP,
        FENCING_VIOLATION,
        OUT_OF_ORDER,
        CHECK_THEN_ACT,
        OVERLAPPING_WRITES,
    ),
    # An effect that wrote nothing counts by what its execution had looked at.
    drawn_from="events WHERE kind IN ('read', 'write', 'lock') OR write_kind IS NOT NULL",
    relations=(
        "vocabulary",
        "rolled_back",
        "sightings",
        "crossings",
        "suspects",
        "accesses",
        "ties",
        "writes",
        "concerns",
        "holdings",
        "locked",
    ),
    latent=(LATENT_RACE,),
)
