"""The page of an audit: nothing hostile runs, in text or in a real browser."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from playwright.sync_api import Browser

from forensics.case.case import Case
from forensics.case.samples import week
from forensics.cli import printing
from forensics.cli.inspect import show
from forensics.model.audit import Repair
from forensics.model.shown import HIDDEN
from forensics.report.files import repair_csv
from forensics.timeline.draw import KINDS
from tests.case.shop import charges, lines, opened, spec
from tests.report import browser
from tests.report.hostile import STRINGS, many

pytestmark = pytest.mark.xdist_group("page")

_FIELDS = ("action", "system", "entity_id", "customer_id", "effect_id", "operation_key", "error",
           "workflow", "actor", "entity_type")  # fmt: skip
_STRINGS = [*many(500), "<b>" + "long " * 200_000]
_FORMULA = re.compile(r"[\s'\"]*[=+\-@]")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A case whose every text field is hostile, from a file with a hostile name."""
    folder = tmp_path_factory.mktemp("hostile")
    records = []
    for number, string in enumerate(_STRINGS):
        first, second = (dict(record) for record in list(charges(2)))
        for place, record in enumerate((first, second)):
            record.update(dict.fromkeys(_FIELDS, string))
            record["event_id"] += f"-{number}"
            record["operation_key"] = f"{string}{number}"
            record["effect_id"] = f"{string}-{place}-{number}"
        records += [first, second]
    log = folder / "<img src=x onerror=alert(1)>.jsonl"
    # Half of a pair is no character, and JSON can say it all the same.
    broken = lines(list(charges(2))).replace(b"order-0", b"\\ud800 order-0")
    log.write_bytes(lines(records) + broken)
    case = opened(folder)
    case.ingest([spec(log, "<b>log</b>")])
    assert len(case.audit().findings) >= len(_STRINGS) // 2
    return case


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def sample_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the sample week."""
    sources, _ = week()
    case = opened(tmp_path_factory.mktemp("week"))
    case.ingest(sources)
    case.audit()
    return page_of(case)


def page_of(case: Case) -> Path:
    return case.folder / "report" / "report.html"


def test_only_our_own_scripts_stand_on_the_page(hostile: Case) -> None:
    html = page_of(hostile).read_text(encoding="utf-8")
    nonce = re.search(r"script-src &#x27;nonce-([0-9a-f]{32})", html)

    assert nonce
    assert len(re.findall(r"<script\b", html)) == 3
    assert len(re.findall(rf'<script\b[^>]*nonce="{nonce.group(1)}"', html)) == 3


def test_no_cell_of_the_repair_list_is_a_formula(hostile: Case) -> None:
    blank = {name: "" for name in Repair.__dataclass_fields__ if name != "occurred_at"}
    rows = [replace(Repair(**blank, occurred_at=None), subject=string) for string in STRINGS]
    real = hostile.folder / "report" / "repair.csv"

    csv.field_size_limit(10_000_000)
    for text in (repair_csv(rows), real.read_text(encoding="utf-8")):
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        assert len(cells) > len(STRINGS)
        assert not [cell for cell in cells if _FORMULA.match(cell) and cell[0] != "'"]
        assert not HIDDEN.search(text.replace("\n", ""))


def test_nothing_that_a_terminal_acts_on_is_printed(
    hostile: Case, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    finding = hostile.last_run()["findings"][0]["finding_id"]
    for name in (None, finding):
        for as_json in (False, True):
            show(name, case=hostile.folder, as_json=as_json)
    printing.csv_rows(("what",), [(string,) for string in STRINGS])
    printed = capfdbinary.readouterr().out.decode()

    assert len(printed) > len(_STRINGS)
    assert not HIDDEN.search(re.sub("[\t\n]", "", printed))


@pytest.mark.service
def test_nothing_hostile_runs_in_a_browser(hostile: Case, chromium: Browser) -> None:
    with browser.opened(chromium, page_of(hostile)) as seen:
        for width in (1440, 390, 320):
            seen.page.set_viewport_size({"width": width, "height": 900})
            assert seen.past_the_edge() == []

        assert seen.console == []
        assert seen.requests == []
        assert "owned" not in seen.page.title()
        assert not seen.page.locator("svg a, a[href^=javascript], svg script, .chart img").count()
        assert seen.page.evaluate(_HANDLERS) == []


_HANDLERS = """() => [...document.querySelectorAll("body *")].flatMap(
    (element) => element.getAttributeNames().filter((name) => name.startsWith("on")))"""


@pytest.mark.service
def test_the_page_of_the_sample_week_draws_its_timeline(
    sample_page: Path, chromium: Browser
) -> None:
    with browser.opened(chromium, sample_page) as seen:
        assert seen.console == []
        assert seen.page.locator(".main-svg").count()
        assert "of" in seen.page.inner_text("#filter-count")
        assert seen.page.evaluate(_DEAD_LINKS) == []


_DEAD_LINKS = """() => [...document.querySelectorAll("a")].map((a) => a.getAttribute("href"))
    .filter((href) => !href.startsWith("#") || !document.getElementById(href.slice(1)))"""


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
