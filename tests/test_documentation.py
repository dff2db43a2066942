"""What the documentation says of the code is true."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.registry import mapping_texts
from forensics.cli.main import app
from forensics.detect.registry import PATTERNS
from forensics.model.columns import COLUMNS, ENUMS, REQUIRED
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
