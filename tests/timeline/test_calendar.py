"""The calendar's data: every finding is in the hours of its lines, and no hour is made up."""

from datetime import UTC, datetime

import duckdb
import pytest

from forensics.timeline.calendar import Calendar, Hour, calendar
from forensics.timeline.subject import Subject

Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]


def hour(day: int, number: int, findings: int = 0) -> Hour:
    begin = datetime(2026, 11, day, number, tzinfo=UTC)
    return Hour(hour=begin, findings=findings, excess=findings, events=10)


@pytest.fixture(scope="module")
def week(gathering: Gathering) -> Calendar:
    return calendar(*gathering)


def test_hours_add_up_to_the_evidence(week: Calendar, gathering: Gathering) -> None:
    connection, _ = gathering
    excess, events, hours = connection.execute("""
        SELECT
            (SELECT count(*) FROM figure_lines WHERE role = 'duplicate' AND "at" IS NOT NULL),
            (SELECT count(occurred_at) FROM events),
            (SELECT sum(n) FROM (
                SELECT count(DISTINCT date_trunc('hour', "at")) AS n FROM figure_lines
                WHERE role <> 'context' GROUP BY finding_id))
    """).fetchall()[0]

    assert sum(one.excess for one in week.hours) == excess
    assert sum(one.events for one in week.hours) == events
    assert sum(one.findings for one in week.hours) == hours


def test_the_fields_are_the_hours() -> None:
    (fields,) = Calendar(hours=[hour(2, 8, 3), hour(2, 9), hour(4, 23, 1)]).figure().data

    assert fields.y == ("Mon 02 Nov", "Tue 03 Nov", "Wed 04 Nov")
    assert list(fields.z[0][8:10]) == [3, 0]
    assert fields.z[2][23] == 1
    assert {value for row in fields.z for value in row} == {None, 0, 1, 3}


def test_an_hour_without_findings_lets_a_dark_page_through() -> None:
    (fields,) = Calendar(hours=[hour(2, 8, 3), hour(2, 9)]).figure().data

    none, colour = fields.colorscale[0]
    assert (none, colour.startswith("rgba("), fields.colorscale[1][1][0]) == (0, True, "#")


def test_years_of_logs_are_no_more_than_a_year_of_days() -> None:
    far = Hour(
        hour=datetime(1970, 1, 1, tzinfo=UTC), findings=1, excess=1, events=1
    )  # fmt: skip

    assert len(Calendar(hours=[far, hour(2, 8, 1)]).days) == 366


def test_findings_without_times_give_a_sentence() -> None:
    empty = Calendar(hours=[hour(2, 8)])

    assert "nothing to draw" in empty.words()
    assert (empty.rows(80), empty.figure().data) == ([], ())


def test_the_terminal_has_room_for_it(week: Calendar) -> None:
    assert all(len(row) <= 80 for row in week.rows(80))
    assert week.rows(80)[1].startswith("Mon 02 Mar")
