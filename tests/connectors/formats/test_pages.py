"""Every format has a page, and its coverage table says what the samples really give.

`UPDATE_GOLDEN=1 uv run pytest tests/connectors/formats` writes the tables anew.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

import connectors
from connectors import registry
from connectors.registry import FORMATS
from forensics.case.case import Case
from forensics.model.columns import COLUMNS
from forensics.normalise.mapping import parse
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
FOLDER_OF = {
    parse(text, where=where).format: where.partition("/")[0]
    for where, text in registry.mapping_texts()
}
_COMMAND = re.compile(r"forensics (?:ingest|audit) '?(?:(?P<name>[\w-]+)=)?(?P<address>[^\s']+)")
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


@by_folder
def test_the_first_command_of_a_page_reads_what_it_speaks_of(folder: str, tmp_path: Path) -> None:
    command = _COMMAND.search(_page(folder).read_text(encoding="utf-8"))
    assert command
    if "/" in command["address"]:
        return  # Servers and databases are read where their connectors are tested.
    whole = next(
        path
        for path in sorted((DATA / folder).glob("*.*"))
        if path.name != "truth.json"
        and sample(path).events
        and not sample(path).quarantined
        and {FOLDER_OF.get(name or "") for name in sample(path).formats.values()} == {folder}
    )
    file = tmp_path / command["address"]
    shutil.copyfile(whole, file)
    (account,) = Case(tmp_path / "case", registry).ingest([f"{command['name'] or 'log'}={file}"])

    assert {FOLDER_OF[name] for name in account.formats} == {folder}
    assert account.events
    assert not account.quarantined


def test_every_folder_with_a_mapping_is_registered() -> None:
    root = Path(connectors.__file__).parent
    found = {(path.parent.name, path.name) for path in root.glob("*/*.toml")}

    assert set(FORMATS) == found
    assert list(FORMATS) == sorted(FORMATS)
