"""A confidence is counted, and nothing is said of a log unlike those it was counted on."""

import pytest

from connectors.registry import mapping_texts
from forensics.detect.calibration import Calibration, LogKind, shipped
from forensics.detect.registry import PATTERNS
from forensics.model.finding import Explanation, Finding, Grade, Severity
from forensics.normalise.mapping import parse

KEYED = ("canonical", True, True, False)
VERSIONED = ("canonical", True, True, True)
COUNTED = Calibration(
    log_kinds=frozenset({KEYED, ("stripe", True, False, False)}),
    counts={
        ("same_key", "proven"): (98, 98),
        ("same_key", "strong"): (10, 4),
        ("same_key", "probable"): (9, 9),
        ("same_key", "suspicion"): (98, 98),
        ("lost_update", "proven"): (98, 98),
    },
)


def found(pattern: str, grade: str) -> Finding:
    return Finding(
        finding_id="1", problem_id="1", detector=PATTERNS[pattern].detector, pattern=pattern,
        severity=Severity.MEDIUM, grade=Grade(grade), subject=["charge"], first_at=None,
        last_at=None, events=2, executions=2, excess=1,
        explanation=Explanation(title="", sentences=""),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "grade", "log_kinds", "confidence"),
    [
        ("same_key", "proven", [KEYED], 0.99),
        ("same_key", "strong", [KEYED], 0.417),
        pytest.param("same_key", "probable", [KEYED], None, id="too few of its grade"),
        pytest.param("same_key", "suspicion", [KEYED], None, id="a suspicion"),
        pytest.param("redelivery", "proven", [KEYED], None, id="none of its pattern"),
        pytest.param("same_key", "proven", [], None, id="no log"),
        pytest.param("same_key", "proven", [("own", True, True, False)], None, id="other format"),
        pytest.param("same_key", "proven", [("stripe", True, True, False)], None, id="has causes"),
        pytest.param("same_key", "proven", [("stripe", False, False, False)], None, id="no keys"),
        pytest.param("same_key", "proven", [KEYED, ("own", 1, 1, 0)], None, id="one of two"),
        pytest.param("same_key", "proven", [VERSIONED], 0.99, id="versions are no matter"),
        ("lost_update", "proven", [KEYED], 0.99),
        pytest.param("lost_update", "proven", [VERSIONED], None, id="versions matter to a race"),
    ],
)
def test_what_is_said_of_a_finding(
    pattern: str, grade: str, log_kinds: list[LogKind], confidence: float | None
) -> None:
    assert COUNTED.confidence(found(pattern, grade), log_kinds) == confidence


def test_what_was_counted_is_of_patterns_grades_and_formats_that_exist() -> None:
    calibration = shipped()
    formats = {parse(text, where=where).format for where, text in mapping_texts()}

    assert {pattern for pattern, _ in calibration.counts} <= PATTERNS.keys()
    assert {grade for _, grade in calibration.counts} <= set(Grade)
    assert {kind[0] for kind in calibration.log_kinds} <= formats
    assert all(0 <= right <= findings for findings, right in calibration.counts.values())
