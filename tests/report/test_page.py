"""The page of an audit: nothing hostile runs, in text or in a real browser."""

import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from forensics.case.samples import week
from forensics.cli import printing
from forensics.model.audit import Repair
from forensics.report.files import repair_csv
from forensics.timeline.draw import KINDS
from tests.case.shop import charges, lines, opened, spec
from tests.report.browser import past_the_edge, rendered
from tests.report.hostile import STRINGS
from tests.report.test_html import parsed

_FIELDS = ("action", "system", "entity_id", "customer_id", "effect_id", "operation_key", "error")


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a case whose every text field is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    records = []
    for number, string in enumerate(STRINGS):
        first, second = (dict(record) for record in list(charges(2)))
        for record in (first, second):
            record.update(dict.fromkeys(_FIELDS, string))
            record["event_id"] += f"-{number}"
            record["operation_key"] = f"{string}{number}"
        first["effect_id"], second["effect_id"] = f"{string}-1-{number}", f"{string}-2-{number}"
        records += [first, second]
    (folder / "log.jsonl").write_bytes(lines(records))
    case = opened(folder)
    case.ingest([spec(folder / "log.jsonl", "<b>log</b>")])
    assert len(case.audit().findings) >= len(STRINGS) // 2
    return folder / "case" / "report" / "report.html"


def test_only_our_own_scripts_stand_on_the_page(hostile_page: Path) -> None:
    html = hostile_page.read_text(encoding="utf-8")
    nonce = re.search(r"script-src &#x27;nonce-([0-9a-f]{32})", html)

    assert nonce
    assert len(re.findall(r"<script\b", html)) == 3
    assert len(re.findall(rf'<script\b[^>]*nonce="{nonce.group(1)}"', html)) == 3
    names = {name for name, _ in parsed(html).attributes}
    assert {name for name in names if name.startswith("on")} == set()


def test_no_cell_of_the_repair_list_is_a_formula() -> None:
    blank = {name: "" for name in Repair.__dataclass_fields__ if name != "occurred_at"}
    rows = [replace(Repair(**blank, occurred_at=None), subject=string) for string in STRINGS]

    cells = [row.split(",")[3].strip('"') for row in repair_csv(rows).splitlines()[1:]]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]


@pytest.mark.parametrize("string", STRINGS)
def test_nothing_that_a_terminal_acts_on_is_printed(
    string: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printing.line(string)
    printing.table(("what",), [(string,)])

    assert not set(capsys.readouterr().out) & {"\x1b", "\x07", "\x00", "\u202e", "\u2066"}


@pytest.mark.service
def test_nothing_hostile_runs_in_a_browser(hostile_page: Path, tmp_path: Path) -> None:
    dom, console = rendered(hostile_page, tmp_path)

    assert console == ""
    assert "<title>owned" not in dom
    assert "<title>1<" not in dom


@pytest.mark.service
@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_reaches_past_the_edge_of_a_narrow_window(
    width: int, hostile_page: Path, tmp_path: Path
) -> None:
    assert past_the_edge(hostile_page, tmp_path, width=width) == []


@pytest.mark.service
def test_the_page_of_the_sample_week_draws_its_timeline(tmp_path: Path) -> None:
    sources, _ = week()
    case = opened(tmp_path)
    case.ingest(sources)
    audit = case.audit()

    dom, console = rendered(tmp_path / "case" / "report" / "report.html", tmp_path / "profile")

    assert console == ""
    assert 'class="main-svg"' in dom
    assert f"{len(audit.findings)} of {len(audit.findings)} shown" in dom
    identifiers = set(re.findall(r'id="([^"]+)"', dom))
    assert set() == {t for t in re.findall(r'href="#([^"]+)"', dom) if t not in identifiers}


def test_the_figure_on_the_page_is_the_one_of_the_notebook(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    log.write_bytes(lines(list(charges(5))))
    case.ingest([spec(log)])
    case.audit()
    html = (tmp_path / "case" / "report" / "report.html").read_text(encoding="utf-8")

    embedded = re.search(r'<script type="application/json" id="figures"[^>]*>(.*?)</script>', html)
    assert embedded
    on_page = orjson.loads(embedded.group(1))
    assert len(on_page) > 1
    for name, figure in on_page.items():
        drawn = case.timeline(kind=name) if name in KINDS else case.timeline(name)
        assert orjson.loads(drawn.to_json()) == figure
