"""Every number that decides says where it comes from: a source, a measurement or a reason."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from benchmarks.labelled.numbers import SWEEPS, Sweep
from benchmarks.labelled.thresholds import WRONG, page_row
from benchmarks.reach.joins import NUMBERS, number_row
from forensics.detect.contract import CALIBRATED, DERIVED, Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.link import names

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = (ROOT / "docs" / "thresholds.md").read_text(encoding="utf-8")
MEASURED = json.loads((RESULTS / "thresholds.json").read_text(encoding="utf-8"))["numbers"]
JOINS = json.loads((RESULTS / "join_numbers.json").read_text(encoding="utf-8"))["numbers"]

SWEPT = {(pattern, s.parameter): s.name for s in SWEEPS for pattern in s.patterns}

_REASON = re.compile(r"\d|half|third|twice")
_TOKEN = re.compile(
    r"(?P<aside>--[^\n]*|'(?:[^']|'')*'|\[-?\d*:\d*\]|(?<=[a-z])\[-?\d+\]|DECIMAL\(\d+, \d\)"
    r"|lag\(\w+, \d\))|(?P<number>(?<![\w.$])\d[\d_]*(?:\.\d+)?(?:e\d+)?(?![\w.]))"
)
_DIGITS = re.compile(r",\s*[1-4]\s*\)")
"""How many digits `round` leaves."""

_PLAIN = {0, 1, 2, 1_000_000}
"""Nothing, one, a pair or a half, and the microseconds of a second."""

_DATA = {"key_lifetimes.sql", "retry_schedules.sql"}
"""Tables of what providers say, each row under the address that says so."""

_ORIGINS = ("definition", "bound", "derived", "calibrated as ", "counted: ", "source: ")


def queries() -> dict[str, str]:
    """Every query below `forensics/detect` by its path, but for tables of data."""
    folder = Path(str(files("forensics.detect")))
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.sql"))
        if path.name not in _DATA
    }


def numbers_in(query: str) -> set[str]:
    told = (m["number"] for m in _TOKEN.finditer(_DIGITS.sub(")", query)) if m["number"])
    return {n.replace("_", "") for n in told if float(n.replace("_", "")) not in _PLAIN}


def listed() -> dict[tuple[str, str], str]:
    """Query and number to where the number comes from, as the page has it."""
    rows = re.findall(r"^\| `([^`]+\.sql)` \| ([^|]+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    return {
        (query, number): origin
        for query, told, origin in rows
        for number in re.findall(r"[\d.]+", told)
    }


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_threshold_names_its_source(pattern: Pattern) -> None:
    sources = " ".join(pattern.page.partition("## Sources")[2].split())
    for name, parameter in pattern.parameters.items():
        if parameter.source == CALIBRATED:
            assert MEASURED[SWEPT[pattern.name, name]]["chosen"] == parameter.default
        elif parameter.source == DERIVED:
            assert _REASON.search(parameter.why), parameter.why
        else:
            assert parameter.source in sources, (name, parameter.source)


def test_every_number_in_the_queries_is_on_the_page_and_no_other() -> None:
    there = {(path, n) for path, query in queries().items() for n in numbers_in(query)}

    assert there == set(listed())


def test_the_page_says_of_each_number_where_it_comes_from() -> None:
    for place, origin in listed().items():
        assert origin.startswith(_ORIGINS), place
        if origin.startswith("calibrated as "):
            assert origin.split("`")[1] in MEASURED, place


@pytest.mark.parametrize("name", MEASURED)
def test_no_value_does_better_than_the_one_chosen(name: str) -> None:
    """By more than one in a hundred cases; and some value does worse, or the number is idle."""
    told = MEASURED[name]
    wrong = {value: sum(row[w] for w in WRONG) for value, row in told["values"].items()}
    chosen = f"{told['chosen']:g}"

    assert told["chosen"] == next(s.chosen for s in SWEEPS if s.name == name)
    assert wrong[chosen] - min(wrong.values()) <= told["values"][chosen]["cases"] / 100
    assert max(wrong.values()) > wrong[chosen]


def test_what_is_measured_is_what_can_be_measured() -> None:
    assert set(MEASURED) == {s.name for s in SWEEPS}
    assert all(page_row(name, told) in PAGE for name, told in MEASURED.items())


@pytest.mark.parametrize("swept", [s for s in SWEEPS if s.texts], ids=lambda s: s.name)
def test_a_number_that_is_measured_stands_in_the_queries(swept: Sweep) -> None:
    detector = next(d for d in DETECTORS if d.name == swept.detector)
    queries = [*detector.relation_sql(), *detector.conclusion_sql()]
    queries += [text for p in detector.patterns for text in (p.sql, *p.conclusion_sql())]
    text = "\n".join(queries)

    assert all(before in text for before, _ in swept.changes(swept.chosen))


@pytest.mark.parametrize("name", NUMBERS)
def test_the_numbers_of_joins_are_those_that_were_measured(name: str) -> None:
    told = JOINS[name]
    chosen = told["values"][f"{told['chosen']:g}"]

    assert told["chosen"] == getattr(names, name)
    assert chosen["false"] == 0
    assert number_row(name, told) in PAGE


def test_the_weights_are_those_that_were_counted() -> None:
    counted = json.loads((RESULTS / "weights.json").read_text(encoding="utf-8"))["m"]
    query = queries()["duplicate_side_effect/same_content_weights.sql"]

    assert f"log2({counted['about']} * " in query
    assert f"log2({counted['amount']} / " in query
