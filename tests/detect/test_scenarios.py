"""Every pattern against its labelled tables, and the laws that hold for all of them."""

import re
from functools import cache

import pytest

from forensics.detect.contract import Detector, Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.detect.run import run
from tests.detect.company import companies
from tests.detect.judging import SCENARIOS, shortfall
from tests.detect.otherwise import Found, judged, judged_otherwise, undated
from tests.detect.scenario import Scenario
from tests.link.linked import linked

COMPANIES = companies(SCENARIOS)


def by_scenario(*, least: int) -> pytest.MarkDecorator:
    """A test a scenario, and the number of its company, for companies of at least so many."""
    return pytest.mark.parametrize(
        ("scenario", "company"),
        [
            pytest.param(
                scenario,
                number,
                id=f"{scenario.pattern}-{scenario.name}",
                marks=pytest.mark.xdist_group(f"{number}"),
            )
            for number, company in enumerate(COMPANIES)
            for scenario in company
            if len(company) >= least
        ],
    )


_RELATION = re.compile(r"CREATE OR REPLACE (?:TABLE|VIEW|MACRO) (\w+)")


def _of_patterns(detector: Detector) -> list[str]:
    return [text for pattern in detector.patterns for text in pattern.conclusion_sql()]


def test_no_two_detectors_make_a_relation_of_one_name() -> None:
    made = [
        {
            name
            for text in (*d.relation_sql(), *d.conclusion_sql(), *_of_patterns(d))
            for name in _RELATION.findall(text)
        }
        for d in DETECTORS
    ]

    assert all(len(names) > 1 for names in made)
    assert sum(map(len, made)) == len(set[str]().union(*made))


@by_scenario(least=1)
def test_scenario_finds_exactly_what_it_should(scenario: Scenario, company: int) -> None:
    rows = as_they_are(company)[scenario.name]

    assert shortfall(scenario, rows) == "", scenario.why


@by_scenario(least=2)
def test_what_should_not_matter_does_not(scenario: Scenario, company: int) -> None:
    """A run for one scenario alone is too dear; `benchmarks/reach/alone.py` asks it of all."""
    rows = as_they_are(company)[scenario.name]

    assert undated(told_otherwise(company)[scenario.name]) == undated(rows)


@cache
def as_they_are(company: int) -> Found:
    """What is found in the scenarios of that number."""
    return judged(COMPANIES[company], [s.events for s in COMPANIES[company]])


@cache
def told_otherwise(company: int) -> Found:
    """The same in another order, some time later, on two threads, amid unrelated events."""
    return judged_otherwise(COMPANIES[company])


def test_an_empty_log_holds_no_findings() -> None:
    with linked([]) as connection:
        run(connection, DETECTORS)
        assert connection.execute("SELECT count(*) FROM candidates").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM exposures").fetchall() == [(0,)]


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_pattern_has_scenarios_a_near_miss_and_bound_parameters(pattern: Pattern) -> None:
    mine = [s for s in SCENARIOS if s.pattern == pattern.name]
    used = {word for word in pattern.parameters if f"${word}" in pattern.sql}

    assert any(s.finds or s.exposes for s in mine), "a hit"
    assert any(not s.finds and not s.exposes for s in mine), "a near-miss"
    assert used == set(pattern.parameters)


HEADINGS = (
    "## Claim", "## Evidence needed", "## When it is wrong", "## What it misses",
    "## What to do", "## Sources",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_page_has_the_fixed_headings_and_names_what_it_needs(pattern: Pattern) -> None:
    headings = tuple(line for line in pattern.page.splitlines() if line.startswith("## "))

    assert headings == HEADINGS
    assert f"`{pattern.name}`" in pattern.page.splitlines()[0]
    for need in pattern.needs:
        for column in need.split("|"):
            assert f"`{column}`" in pattern.page
    for suppressor in pattern.suppressors:
        assert f"`{suppressor}`" in pattern.page
