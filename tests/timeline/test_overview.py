"""The overview's data: lanes, runs, arrows, clocks' errors, and that no text becomes a link."""

from datetime import UTC, datetime, timedelta

import duckdb

from forensics.timeline.look import COLOURS
from forensics.timeline.overview import Mark, Overview, Run, overview
from forensics.timeline.subject import Subject

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)
LATER = BEGIN + timedelta(minutes=6)


def subject(finding: str = "f1", detector: str = "race_window", title: str = "two") -> Subject:
    return Subject(
        finding_id=finding, detector=detector, pattern="p", title=title, severity="high",
        first_at=BEGIN, last_at=BEGIN, excess=1, facts={},
    )  # fmt: skip


def mark(minute: int, **more: object) -> Mark:
    at = BEGIN + timedelta(minutes=minute)
    values = {
        "detector": "race_window", "finding_id": "f1", "findings": 1, "lane": "shop", "at": at,
        "ended_at": at, "error_us": 0, "lines": 1, "excess": 0, "said": "original: charge ok",
    }  # fmt: skip
    return Mark(**(values | more))


def run(name: str, minute: int, cause: str | None = None, lane: str = "shop") -> Run:
    at = BEGIN + timedelta(minutes=minute)
    return Run(
        execution_id=name, lane=lane, workflow=None, first_at=at,
        last_at=at + timedelta(minutes=1), cause_id=cause,
    )  # fmt: skip


def test_a_mark_is_as_wide_as_its_clock_may_be_off() -> None:
    drawn = Overview(
        subjects={"f1": subject()},
        marks=[
            mark(0, error_us=2_000),
            mark(5, error_us=2_000, ended_at=BEGIN + timedelta(minutes=6)),
        ],
    ).figure()

    widths, marks = drawn.data
    assert widths.base == ("2026-11-02 07:59:59.998000", "2026-11-02 08:04:59.998000")
    assert widths.x == (4.0, 60_004.0)
    assert marks.marker.color == COLOURS["race_window"]


def test_an_arrow_leads_from_each_cause_to_what_it_caused() -> None:
    seen = Overview(
        subjects={"f1": subject()},
        marks=[mark(0), mark(2, lane="crm")],
        runs=[run("a", 0), run("b", 2, "a", "crm"), run("c", 3, "unseen")],
        all_runs=3,
    )

    assert seen.causes() == [("a", "b")]
    bars, arrows, *_ = seen.figure().data
    assert bars.x == (60_000.0, 60_000.0, 60_000.0)
    assert arrows.x == ("2026-11-02 08:00:00", "2026-11-02 08:02:00", None)
    assert arrows.y == (1, 0, None)


def test_a_log_without_times_gives_a_sentence() -> None:
    seen = Overview(subjects={"f1": subject()}, marks=[])

    assert seen.figure().data == ()
    assert "has a time" in seen.words()
    assert seen.rows(80) == []


def test_text_of_a_log_becomes_no_link() -> None:
    hostile = '<a href="https://192.0.2.1">here</a> $x$ \u202e'
    drawn = (
        Overview(
            subjects={"f1": subject(title=hostile)},
            marks=[mark(0, lane=hostile, said=hostile)],
            runs=[run(hostile, 0, lane=hostile)],
        )
        .figure()
        .to_json()
    )

    assert "<a " not in drawn
    assert "$" not in drawn
    assert "\u202e" not in drawn


def test_every_line_of_the_week_is_in_a_mark(
    gathering: tuple[duckdb.DuckDBPyConnection, list[Subject]],
) -> None:
    connection, subjects = gathering
    seen = overview(connection, subjects)
    (timed,) = connection.execute(
        'SELECT count(*) FROM figure_lines WHERE "at" IS NOT NULL'
    ).fetchall()[0]

    assert sum(mark.lines for mark in seen.marks) == timed
    assert {mark.finding_id for mark in seen.marks} == {one.finding_id for one in subjects}
    assert all(len(row) <= 80 for row in seen.rows(80))
    assert seen.causes()
