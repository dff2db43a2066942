"""The page of an audit: nothing hostile runs, in text or in a real browser."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

import forensics
from forensics.case.case import Case
from forensics.case.frame import repairs
from forensics.case.samples import week
from forensics.cli import printing
from forensics.cli.inspect import show
from forensics.model.audit import Repair
from forensics.model.shown import HIDDEN, without_hidden
from forensics.report.files import repair_csv
from forensics.report.html import join
from forensics.report.repair_list import listed
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


def test_what_was_quoted_for_spreadsheets_is_read_back_as_it_was(tmp_path: Path) -> None:
    ids = [*STRINGS, "-1", "'=x", "''", "=x"]
    blank = {name: "" for name in Repair.__dataclass_fields__ if name != "occurred_at"}
    rows = [replace(Repair(**blank, occurred_at=None), subject=name, amount="-5") for name in ids]
    (file := tmp_path / "repair.csv").write_text(repair_csv(rows), encoding="utf-8")

    frame = repairs(file)
    assert frame["subject"].to_list() == [without_hidden(name) for name in ids]
    assert set(frame["amount"]) == {-5}


def test_the_repair_list_sums_what_it_does_not_show() -> None:
    blank = {name: "" for name in Repair.__dataclass_fields__ if name != "occurred_at"}
    row = Repair(**blank | {"act": "refund", "amount": "2"}, occurred_at=None)
    rows = [replace(row, idempotency_key=str(n), currency="EUR" if n else "") for n in range(2_500)]

    page = join(listed(rows))
    assert "Refund: 2,500 rows, 2.00 (no currency named), 4,998.00 EUR" in page
    assert page.count("<tr") == 2_001
    assert "500 more stand in repair.csv" in page


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
        assert seen.page.evaluate(browser.DEAD_LINKS) == []


@pytest.mark.service
def test_figures_are_whole_on_paper(sample_page: Path, chromium: Browser) -> None:
    with browser.opened(chromium, sample_page) as seen:
        seen.page.locator(".main-svg").first.wait_for()
        seen.page.emulate_media(media="print")
        seen.page.set_viewport_size({"width": 680, "height": 1000})
        seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")

        assert seen.page.locator("details:not([open])").count() == 0
        assert seen.page.evaluate(_CUT_OFF) == []


_CUT_OFF = """() => {
    const right = (element) => element.getBoundingClientRect().right;
    return [...document.querySelectorAll(".chart .main-svg")]
        .filter((svg) => !svg.hasAttribute("viewBox")
            || right(svg) > right(svg.closest(".chart")) + 1)
        .map((svg) => svg.closest(".chart").dataset.figure);
}"""


@pytest.mark.service
@pytest.mark.parametrize(
    ("scheme", "widths", "rules"),
    [("light", (1440, 390), {}), ("dark", (1440,), {"runOnly": ["color-contrast"]})],
    ids=["light", "dark"],
)
def test_the_page_is_accessible_wide_and_narrow(
    scheme: browser.Scheme,
    widths: Sequence[int],
    rules: Mapping[str, list[str]],
    sample_page: Path,
    chromium: Browser,
) -> None:
    """A colour scheme changes colours alone."""
    with browser.opened(chromium, sample_page, scheme=scheme) as seen:
        for details in seen.page.locator("details.evidence").all()[:3]:
            details.evaluate("(one) => { one.open = true; }")
        for width in widths:
            seen.page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(seen.page, options={"resultTypes": ["violations"], **rules})
            assert found.violations_count == 0, found.generate_report()


@pytest.mark.service
def test_a_search_keeps_the_lines_with_its_words(sample_page: Path, chromium: Browser) -> None:
    with browser.opened(chromium, sample_page) as seen:
        cards = seen.page.locator(".finding").count()
        seen.page.fill("#filter-words", "refund")
        shown = seen.page.locator(".finding:not([hidden])")
        rows = seen.page.locator(".finding:not([hidden]) details.evidence tbody > tr[hidden]")

        assert 0 < shown.count() < cards
        assert rows.count()
        assert f"{shown.count()} of {cards} shown" in seen.page.inner_text("#filter-count")
        seen.page.fill("#filter-words", "")
        assert shown.count() == cards
        assert not rows.count()


@pytest.mark.service
def test_a_deep_link_opens_what_is_folded_or_filtered_away(
    sample_page: Path, chromium: Browser
) -> None:
    finding = re.findall(r'id="(finding-[0-9a-f]+)"', sample_page.read_text(encoding="utf-8"))[-1]
    with browser.opened(chromium, sample_page, at=finding) as seen:
        card = seen.page.locator(f"#{finding}")

        assert card.locator("details.evidence").get_attribute("open") is not None
        seen.page.fill("#filter-words", "no line says this")
        assert card.is_hidden()
        seen.page.evaluate("location.hash = ''")
        seen.page.evaluate(f"location.hash = '{finding}'")
        card.locator("h3").wait_for(state="visible")


@pytest.mark.service
def test_every_number_of_the_answers_and_the_cards_is_a_link(
    sample_page: Path, chromium: Browser
) -> None:
    with browser.opened(chromium, sample_page) as seen:
        assert seen.page.evaluate(_NUMBERS_WITHOUT_A_LINK) == []


_NUMBERS_WITHOUT_A_LINK = """() => {
    const places = ".answer strong, #incidents td.number, #repair td.number";
    return [...document.querySelectorAll(places)]
        .filter((one) => /\\d/.test(one.textContent))
        .filter((one) => !one.closest("a") && !one.querySelector("a"))
        .map((one) => one.outerHTML);
}"""


@pytest.mark.service
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    sample_page: Path, chromium: Browser
) -> None:
    with browser.opened(chromium, sample_page) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.className") == "skip"
        assert seen.page.evaluate("document.activeElement.getBoundingClientRect().left") > 0
        outline = "getComputedStyle(document.activeElement).outlineWidth"
        assert seen.page.evaluate(outline) == "3px"
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.closest('#findings') !== null")
        assert seen.page.evaluate(_OUT_OF_REACH) == []


_OUT_OF_REACH = """() => [...document.querySelectorAll("a, button, input, select, summary")]
    .filter((one) => one.tabIndex < 0 || (one.matches("a") && !one.hasAttribute("href")))
    .filter((one) => !one.closest("svg, .modebar"))
    .map((one) => one.outerHTML)"""


@pytest.mark.parametrize(
    ("folder", "heading", "title"),
    [
        ("case", "What the logs show", "1 finding in the logs"),
        ("incident-17", "incident-17: what the logs show", "incident-17: 1 finding"),
    ],
)
def test_a_page_is_called_after_the_case_where_somebody_named_it(
    tmp_path: Path, folder: str, heading: str, title: str
) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(5))))
    case = forensics.open_case(tmp_path / folder)
    case.ingest([spec(tmp_path / "log.jsonl")])
    case.audit()
    html = page_of(case).read_text(encoding="utf-8")

    assert f"<h1>{heading}</h1>" in html
    assert f"<title>{title}</title>" in html


def test_the_page_says_what_is_accepted_and_counts_it_nowhere(tmp_path: Path) -> None:
    other = {"customer_id": "another", "amount": "99", "operation_key": "again"}
    more = [
        charge | other | {"event_id": f"m{n}", "entity_id": "order-m", "effect_id": f"ch_m_{n}"}
        for n, charge in enumerate(charges(2))
    ]
    (tmp_path / "log.jsonl").write_bytes(lines([*charges(5), *more]))
    case = opened(tmp_path)
    case.ingest([spec(tmp_path / "log.jsonl")])
    (accepted,) = [one for one in case.audit().findings if one.customers == ["another"]]
    case.accept(accepted.finding_id, reason="ours")
    audit = case.audit()
    html = page_of(case).read_text(encoding="utf-8")
    cards = re.findall(r'id="incident-([0-9a-f]+)".*?<h3', html, re.DOTALL)
    badge = {
        one: html.split(f'id="incident-{one}"')[1].split("<h3")[0].rsplit('soft">')[1].split("<")[0]
        for one in cards
    }

    assert " 12.50 EUR, 1 customer." in audit.figures["growth"].words
    assert sorted(badge.values()) == ["accepted", "recurring"]
    assert badge[str(accepted.incident_id)] == "accepted"
    assert ">recurring</span>" in html.split("What matters most")[1].split("</ol>")[0]


@pytest.mark.service
def test_a_chart_s_tools_lie_beside_it_and_none_sends_it_away(
    sample_page: Path, chromium: Browser
) -> None:
    with browser.opened(chromium, sample_page) as seen:
        seen.page.wait_for_selector(".modebar-btn", state="attached")
        tools, over = seen.page.evaluate(_TOOLS)

    assert sorted(set(tools)) == ["Download plot as a PNG", "Pan", "Reset axes", "Zoom"]
    assert over == []


_TOOLS = """() => {
    const buttons = [...document.querySelectorAll(".modebar-btn")];
    const over = buttons.filter((button) => {
        const one = button.getBoundingClientRect();
        return [...button.closest(".chart").querySelectorAll(".nsewdrag")].some((plot) => {
            const other = plot.getBoundingClientRect();
            return one.bottom > other.top && one.top < other.bottom
                && one.right > other.left && one.left < other.right;
        });
    });
    return [buttons.map((button) => button.dataset.title), over.map((one) => one.outerHTML)];
}"""


@pytest.mark.service
def test_times_are_utc_with_the_readers_zone_beside(sample_page: Path, chromium: Browser) -> None:
    with browser.opened(chromium, sample_page) as seen:
        assert "Asia/Tokyo" in seen.page.inner_text("#zone")
        time = seen.page.locator("header > p time").first
        assert time.inner_text() == "2026-03-02 00:07:00"
        assert time.get_attribute("data-here") == "02/03/2026, 09:07:00"


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
