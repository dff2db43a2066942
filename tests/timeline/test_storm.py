"""The storm's data: what is aggregated adds up to the evidence, and to the finding's facts."""

from dataclasses import replace
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


def test_a_storm_without_times_gives_a_sentence(gathering: Gathering) -> None:
    one = replace(storms(gathering)[0], intervals=[])

    assert "has a time" in one.words()
    assert one.rows(80) == []
    assert one.figure().data[0].y == ()


def test_the_terminal_has_room_for_it(gathering: Gathering) -> None:
    for one in storms(gathering):
        assert all(len(row) <= 80 for row in one.rows(80))
