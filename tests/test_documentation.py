"""What the documentation says of the code is true."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.registry import mapping_texts
from forensics.cli.main import app
from forensics.detect.contract import Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.model.columns import COLUMNS, ENUMS, REQUIRED
from forensics.model.finding import Grade
from forensics.normalise.mapping import parse

ROOT = Path(__file__).parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "connectors").rglob("*.md"),
    *(ROOT / "forensics").rglob("*.md"),
    *(ROOT / "sample_data").rglob("*.md"),
]
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_GRADED = re.compile(r"AS subject,(.*?)AS grade", re.DOTALL)
_COMMAND = re.compile(r"^(?:uv run )?forensics (\w+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))

    assert [t for t in targets if not (page.parent / t).exists()] == []


def test_the_readme_names_commands_that_exist() -> None:
    listed = CliRunner().invoke(app, ["--help"]).output
    named = set(_COMMAND.findall((ROOT / "README.md").read_text(encoding="utf-8")))

    assert named
    assert {name for name in named if name not in listed} == set()


def test_every_mapping_parses_and_formats_have_names_of_their_own() -> None:
    formats = [parse(text, where=where).format for where, text in mapping_texts()]

    assert len(formats) == len(set(formats))


def test_the_page_of_columns_is_what_the_code_says() -> None:
    rows = [
        f"| `{c.name}`{'!' if c.name in REQUIRED else ''} | {c.type} | "
        f"{' '.join([c.meaning, *(f'`{w}`' for w in ENUMS.get(c.name, ()))])} |"
        for c in COLUMNS
    ]
    page = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8").splitlines()

    assert rows == [line for line in page if line.startswith("| `")]


def test_every_pattern_names_its_detector_and_a_cure() -> None:
    assert PATTERNS
    for pattern in PATTERNS.values():
        assert pattern.question.endswith("?")
        assert pattern.cure.endswith(".")
        assert pattern.kinds
        assert all(parameter.why for parameter in pattern.parameters.values())


@pytest.mark.parametrize(
    ("pattern", "relations"),
    [
        pytest.param(pattern, detector.relation_sql(), id=pattern.name)
        for detector in DETECTORS
        for pattern in detector.patterns
    ],
)
def test_the_page_of_grades_has_words_for_those_that_a_pattern_gives(
    pattern: Pattern, relations: Sequence[str]
) -> None:
    page = (ROOT / "docs" / "severity.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{pattern.name}` \|(.*)\|$", page, re.MULTILINE)

    assert row
    told = zip(Grade, row[1].split("|"), strict=True)
    assert {grade for grade, words in told if words.strip()} == _grades(pattern, relations)


def _grades(pattern: Pattern, relations: Sequence[str]) -> set[str]:
    """Those in its query's expression; patterns of one shape share that of a relation."""
    graded = next(found for sql in (pattern.sql, *relations) if (found := _GRADED.search(sql)))[1]
    shared = {"probable"} if "grade_of(" in graded else set()
    return shared | {grade for grade in Grade if f"'{grade}'" in graded}
