"""Every format has a page, and its coverage table says what the samples really give.

`UPDATE_GOLDEN=1 uv run pytest tests/connectors/formats` writes the tables anew.
"""

import os
import re
from pathlib import Path

import pytest

import connectors
from connectors.registry import FORMATS
from forensics.model.columns import COLUMNS
from tests.connectors.formats.reading import DATA, in_one_place, sample

FOLDERS = sorted({folder for folder, _ in FORMATS})
by_folder = pytest.mark.parametrize(
    "folder", [pytest.param(folder, id=folder, marks=in_one_place(folder)) for folder in FOLDERS]
)
HEADINGS = (
    "## What it is",
    "## How to get it",
    "## What becomes of it",
    "## Coverage",
    "## What it cannot show",
    "## Permissions",
    "## Sources",
)
LIVE_HEADINGS = (
    "## What it is",
    "## How to read it",
    "## Rights",
    "## What it leaves behind",
    "## Options",
    "## What becomes of it",
    "## Coverage",
    "## What it cannot show",
    "## Sources",
)
_TABLE = re.compile(r"(<!-- coverage -->\n).*(<!-- /coverage -->)", re.DOTALL)
_BY_INGEST = {column.name for column in COLUMNS if column.given_by == "ingest"}
_ALWAYS = {"event_id", "raw", "phase", "kind", "action", "outcome", "execution_id"}


def _page(folder: str) -> Path:
    return Path(connectors.__file__).parent / folder / "README.md"


def _coverage(folder: str) -> str:
    files = [p for p in sorted((DATA / folder).glob("*.*")) if p.name != "truth.json"]
    readings = [sample(path) for path in files]
    events = [event for reading in readings for event in reading.events]
    rows = []
    for column in COLUMNS:
        filled = sum(column.name in event for event in events)
        if filled and column.name not in _BY_INGEST | _ALWAYS:
            rows.append(f"| `{column.name}` | {100 * filled / len(events):.0f} % |")
    read = sum(reading.read for reading in readings)
    return (
        f"\n{len(files)} files, {read:,} records, {len(events):,} events.\n\n"
        "| column | filled |\n|---|--:|\n" + "\n".join(rows) + "\n\n"
    )


@by_folder
def test_a_format_says_how_often_it_fills_a_column(folder: str) -> None:
    page = _page(folder)
    expected = _TABLE.sub(
        lambda found: found.group(1) + _coverage(folder) + found.group(2),
        page.read_text(encoding="utf-8"),
    )
    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(expected, encoding="utf-8")

    assert page.read_text(encoding="utf-8") == expected


@by_folder
def test_a_format_answers_the_same_questions_as_the_others(folder: str) -> None:
    page = _page(folder)
    text = page.read_text(encoding="utf-8")
    headings = LIVE_HEADINGS if (page.parent / "source.py").exists() else HEADINGS

    assert [line for line in text.splitlines() if line.startswith("## ")] == list(headings)
    assert _TABLE.search(text)


def test_every_folder_with_a_mapping_is_registered() -> None:
    root = Path(connectors.__file__).parent
    found = {(path.parent.name, path.name) for path in root.glob("*/*.toml")}

    assert set(FORMATS) == found
    assert list(FORMATS) == sorted(FORMATS)
