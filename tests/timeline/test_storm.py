"""The storm's data: what is aggregated adds up to the evidence, and to the finding's facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb

from forensics.timeline.storm import Storm, storm
from forensics.timeline.subject import Subject

Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]


def storms(gathering: Gathering) -> list[Storm]:
    connection, subjects = gathering
    return [storm(connection, one) for one in subjects if one.detector == "retry_storm"]


def test_the_intervals_add_up_to_the_evidence(gathering: Gathering) -> None:
    connection, _ = gathering
    found = storms(gathering)

    assert found
    for one in found:
        firsts, retries = connection.execute(
            """SELECT count(*) FILTER (role IN ('cause', 'original')),
                count(*) FILTER (role = 'duplicate')
            FROM evidence WHERE finding_id = $finding""",
            {"finding": one.subject.finding_id},
        ).fetchall()[0]
        first_bars, retry_bars = one.figure().data[:2]
        assert (sum(first_bars.y), sum(retry_bars.y)) == (firsts, retries)
        assert f"{firsts:,} first attempt" in one.words()


def test_no_interval_is_left_out_and_none_is_too_many(gathering: Gathering) -> None:
    for one in storms(gathering):
        begins = [interval.at for interval in one.intervals]
        assert {b - a for a, b in pairwise(begins)} == {one.width}
        assert len(begins) < 200


def test_text_of_a_log_becomes_no_link(gathering: Gathering) -> None:
    one = storms(gathering)[0]
    hostile = "<a href='https://192.0.2.1'>here</a>"
    subject = replace(one.subject, facts=one.subject.facts | {"caller": hostile}, title=hostile)

    assert "<a " not in replace(one, subject=subject).figure().to_json()


def test_of_a_callee_kept_down_all_calls_are_drawn_from_before_the_trigger(
    gathering: Gathering,
) -> None:
    connection, _ = gathering
    subject = replace(
        storms(gathering)[0].subject,
        facts=storms(gathering)[0].subject.facts
        | {
            "trigger_over": "2026-11-02T00:14:30.000000Z",
            "curve": [
                {"at": at, "first_attempts": 4, "attempts": attempts, "successes": successes}
                for at, attempts, successes in (
                    ("2026-11-02T00:10:30.000000Z", 4, 4),
                    ("2026-11-02T00:12:30.000000Z", 16, 0),
                    ("2026-11-02T00:16:30.000000Z", 14, 1),
                )
            ],
        },
    )

    one = storm(connection, subject)

    begun = datetime(2026, 11, 2, 0, 10, 30, tzinfo=UTC)
    assert [(i.at - begun, i.firsts, i.retries, i.answered) for i in one.intervals] == [
        (timedelta(0), 4, 0, 4),
        (timedelta(minutes=2), 4, 12, 0),
        (timedelta(minutes=4), 0, 0, 0),
        (timedelta(minutes=6), 4, 10, 1),
    ]
    assert "12 first attempts, and 22 retries" in one.words()
    assert "1 call got through, 4 in the rest" in one.words()
    assert [shape.x0 for shape in one.figure().layout.shapes] == ["2026-11-02 00:14:30"]


def test_a_storm_without_times_gives_a_sentence(gathering: Gathering) -> None:
    one = replace(storms(gathering)[0], intervals=[])

    assert "has a time" in one.words()
    assert one.rows(80) == []
    assert one.figure().data[0].y == ()


def test_where_no_line_names_whom_it_called_what_got_through_is_not_counted(
    gathering: Gathering,
) -> None:
    one = storms(gathering)[0]
    unknown = [replace(interval, answered=None) for interval in one.intervals]

    assert (
        "name no system that they called and no workflow" in replace(one, intervals=unknown).words()
    )


def test_the_terminal_has_room_for_it(gathering: Gathering) -> None:
    for one in storms(gathering):
        assert all(len(row) <= 80 for row in one.rows(80))
