"""`forensics timeline`: readable in a terminal, whole in a file, a sentence where it cannot be."""

import re
import sys
from collections import Counter
from pathlib import Path

import duckdb
import orjson
import pytest

from forensics.case.case import Case
from forensics.cli.timeline import save
from forensics.model.audit import Audit
from forensics.model.errors import UsageError
from forensics.timeline.draw import FINDINGS_DRAWN, KINDS, Picture, drawn, picture
from forensics.timeline.subject import Subject
from tests.case.shop import charges, lines, opened, spec
from tests.cli.command import run

Audited = tuple[Case, Audit]
Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]


@pytest.fixture
def week_calendar(gathering: Gathering) -> Picture:
    return picture(*gathering, kind="calendar")


def test_a_finding_is_drawn_in_the_terminal(audited: Audited) -> None:
    case, audit = audited
    storm = next(one for one in audit.findings if one.detector == "retry_storm")

    done = run(case.folder, "timeline", storm.finding_id[:8], "--case", case.folder)

    shown = done.stdout.decode()
    assert done.returncode == 0
    assert all(len(row) <= 80 and "\x1b" not in row for row in shown.splitlines())
    assert case.picture(storm.finding_id).words().split()[-1] in shown


def test_every_finding_of_the_page_has_the_figure_of_the_notebook(
    audited: Audited, gathering: Gathering
) -> None:
    connection, subjects = gathering
    on_page, veil = audited[1].figures, audited[0].without_people()

    assert len(on_page) > FINDINGS_DRAWN
    for one in subjects[:FINDINGS_DRAWN]:
        seen = picture(connection, [one])
        assert seen.title == one.title
        assert "template" not in seen.figure().to_json()
        assert veil.within(drawn(seen)) == on_page[one.finding_id]


def test_an_incident_is_shown_as_a_whole(audited: Audited) -> None:
    case, audit = audited
    worst = max(audit.incidents, key=lambda incident: len(incident.findings))

    assert f"{len(worst.findings) - 1} more findings" in case.picture(worst.incident_id).title


def test_what_is_not_there_is_said(audited: Audited, gathering: Gathering) -> None:
    with pytest.raises(UsageError, match="no finding or incident"):
        audited[0].picture("nothing")
    with pytest.raises(UsageError, match="no figure `pie`"):
        picture(*gathering, kind="pie")


def test_people_have_pseudonyms_unless_they_are_asked_for(audited: Audited) -> None:
    case, audit = audited
    twins = next(one for one in audit.findings if one.pattern == "twin_create")
    address = re.compile(r"email:[a-z]+\.")
    arguments = ("timeline", twins.finding_id, "--case", case.folder, "--figure", "overview")

    veiled = run(case.folder, *arguments).stdout.decode()
    named = run(case.folder, *arguments, "--name-people").stdout.decode()

    assert address.search(named)
    assert not address.search(veiled)
    assert "person-" in veiled


def test_programs_get_the_figure_as_data(audited: Audited) -> None:
    case, _ = audited
    done = run(case.folder, "timeline", "--figure", "calendar", "--case", case.folder, "--json")
    given = orjson.loads(done.stdout)

    assert set(given) == {"title", "words", "figure"}
    assert [trace["type"] for trace in given["figure"]["data"]] == ["heatmap"]


def test_a_name_that_could_mean_several_is_refused(audited: Audited) -> None:
    firsts = Counter(one.finding_id[0] for one in audited[1].findings)
    (common, _), *_ = firsts.most_common()

    with pytest.raises(UsageError, match="write more of it"):
        audited[0].picture(common)


def test_a_log_without_times_gives_sentences(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    log.write_bytes(lines([one | {"occurred_at": None} for one in charges(4)]))
    case.ingest([spec(log)])

    assert case.audit().figures == {}
    for kind in KINDS:
        assert "draw" in case.picture(kind=kind).words()
        assert case.picture(kind=kind).rows(80) == []


def test_a_page_of_one_figure_needs_nothing_else(week_calendar: Picture, tmp_path: Path) -> None:
    save(week_calendar, tmp_path / "week.html")
    html = (tmp_path / "week.html").read_text(encoding="utf-8")

    nonce = re.search(r"script-src &#x27;nonce-([0-9a-f]{32})", html)
    assert nonce
    assert len(re.findall(rf'<script\b[^>]*nonce="{nonce.group(1)}"', html)) == 3
    assert len(re.findall(r"<script\b", html)) == 3
    assert week_calendar.words() in html


def test_a_form_that_does_not_exist_is_said(week_calendar: Picture, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no form of figure `\.gif`"):
        save(week_calendar, tmp_path / "week.gif")


def test_what_makes_images_is_named_where_it_is_missing(
    week_calendar: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)

    with pytest.raises(UsageError, match="needs `kaleido`") as missing:
        save(week_calendar, tmp_path / "week.png")
    assert "event-forensics[figures]" in missing.value.hint


@pytest.mark.service
@pytest.mark.parametrize(
    ("form", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF")]
)
def test_images_are_made(week_calendar: Picture, tmp_path: Path, form: str, begins: bytes) -> None:
    path = tmp_path / f"week.{form}"
    save(week_calendar, path)

    assert path.read_bytes().startswith(begins)


@pytest.mark.service
def test_a_browser_that_is_not_there_is_said(
    week_calendar: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nowhere"))

    with pytest.raises(UsageError, match="needs Chromium"):
        save(week_calendar, tmp_path / "week.png")
