"""The page of sources lists what the registry has.

`UPDATE_GOLDEN=1 uv run pytest tests/test_sources_page.py` writes its tables anew.
"""

import os
from pathlib import Path

import pytest

import connectors
from connectors.live.source import COMMON_OPTIONS, LiveSource
from connectors.registry import LIVE, mapping_texts
from forensics.normalise.mapping import parse

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sources.md"
HEADINGS = [
    "## What it is",
    "## How to read it",
    "## Rights",
    "## What it leaves behind",
    "## Options",
    "## What it cannot show",
    "## Sources",
]
OF_FORMATS = {"## What becomes of it", "## Coverage"}
"""Further headings, where the folder has a mapping too."""


def _tables() -> dict[str, list[str]]:
    options = [f"| `{name}` | {meaning} |" for name, meaning in COMMON_OPTIONS.items()]
    sources = [
        f"| [{source.title}](../connectors/{source.folder}/README.md) | `{source.example}`"
        f" | {source.rights} | {source.leaves} |"
        for source in LIVE
    ]
    formats = []
    for where, text in mapping_texts():
        mapping = parse(text, where=where)
        page = f"../connectors/{where.partition('/')[0]}/README.md"
        formats.append(f"| [{mapping.format}]({page}) | {mapping.title} |")
    return {
        "common options": ["| option | meaning |", "|---|---|", *options],
        "live sources": [
            "| source | example | rights | what it leaves behind |",
            "|---|---|---|---|",
            *sources,
        ],
        "formats": ["| format | what it is |", "|---|---|", *formats],
    }


def test_the_page_of_sources_is_what_the_registry_says() -> None:
    text = expected = PAGE.read_text(encoding="utf-8")
    for name, rows in _tables().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, after = expected.partition(begin)[0], expected.partition(end)[2]
        expected = before + begin + "".join(f"{row}\n" for row in rows) + end + after
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(expected, encoding="utf-8")
        text = expected

    assert text == expected


@pytest.mark.parametrize("source", LIVE, ids=lambda source: source.folder)
def test_a_live_source_has_a_page_that_answers_what_the_others_do(source: LiveSource) -> None:
    page = Path(connectors.__file__).parent / source.folder / "README.md"
    text = page.read_text(encoding="utf-8")

    assert [h for h in text.splitlines() if h.startswith("## ") and h not in OF_FORMATS] == HEADINGS
    command = f"forensics ingest {source.example} --case"
    assert command.replace("'", "") in text.replace("'", "")
    assert {name for name in source.options if f"| `{name}` |" not in text} == set()
