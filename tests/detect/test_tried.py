"""Which innocent readings the log could have shown."""

from collections.abc import Sequence
from typing import Any

import pytest

from forensics.detect.contract import Pattern
from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.registry import PATTERNS
from forensics.detect.run import run
from forensics.detect.tried import Tried, tried
from forensics.model.columns import BY_NAME
from tests.link.linked import linked
from tests.scope.scoped import charge


def of_the_only_finding(events: Sequence[dict[str, Any]]) -> Tried:
    """What was tried on what these events show."""
    with linked(events) as connection:
        run(connection, [DUPLICATE_SIDE_EFFECT])
        (only,) = tried(connection, [DUPLICATE_SIDE_EFFECT]).values()
    return only


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_readings_need_columns_that_exist_and_the_cheapest_disproof_is_one(
    pattern: Pattern,
) -> None:
    needs = [need for r in pattern.suppressors.values() for need in (*r.needs, *r.elsewhere)]

    columns = {column for need in needs for column in need.split("|")}
    assert columns <= {*BY_NAME, "isolation"}
    assert pattern.disproved_by in ("", *pattern.suppressors)


def test_what_the_lines_say_is_tried_and_what_they_lack_is_named() -> None:
    found = of_the_only_finding([charge("a", 0), charge("b", 1)])

    assert "test_mode" not in found.names
    assert found.undecided["test_mode"] == ("environment",)
    assert {"fan_out", "other_stage"} <= set(found.names)


def test_every_line_of_the_finding_must_say_it() -> None:
    told = [charge("a", 0, money_stage="captured"), charge("b", 1, money_stage=None)]
    other = charge("c", 2, key="other", amount="20", money_stage="captured")

    found = of_the_only_finding([*told, other])

    assert found.undecided["other_stage"] == ("money_stage",)


def test_a_disproof_that_the_log_decides_is_tried() -> None:
    pattern = PATTERNS["same_key"]
    facts = {
        "action": "charge", "callee": "payments", "about": None, "key": "k", "effects": 2,
        "effect_ids": ["a", "b"], "amount": None, "currency": None, "seconds": 60,
        "asserted": False, "nowhere_named": False, "content_differs": False, "compensated": 0,
        "first_unclear": False,
    }  # fmt: skip
    known = of_the_only_finding([charge("a", 0), charge("b", 1)])
    unknown = of_the_only_finding(
        [charge("a", 0, customer_id=None), charge("b", 1, customer_id=None)]
    )

    assert known.told(pattern.explain(facts), pattern).disproof_tried
    assert not unknown.told(pattern.explain(facts), pattern).disproof_tried
