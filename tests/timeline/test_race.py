"""The race's data: its lines are the evidence, its window is what the finding says."""

from dataclasses import replace
from datetime import datetime

import duckdb

from forensics.timeline.race import Race, race
from forensics.timeline.subject import Subject

Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]


def races(gathering: Gathering) -> list[Race]:
    connection, subjects = gathering
    return [race(connection, one) for one in subjects if one.detector == "race_window"]


def test_every_line_of_the_evidence_is_a_mark(gathering: Gathering) -> None:
    connection, _ = gathering
    for one in races(gathering):
        (lines,) = connection.execute(
            "SELECT count(*) FROM evidence WHERE finding_id = $finding",
            {"finding": one.subject.finding_id},
        ).fetchall()[0]
        drawn = [trace for trace in one.figure().data if trace.type == "scatter"]
        assert sum(len(trace.x) for trace in drawn) == lines == one.lines


def test_the_window_is_the_one_of_the_facts(gathering: Gathering) -> None:
    told = 0
    for one in races(gathering):
        writers = one.subject.facts.get("writers") or ()
        moments = [datetime.fromisoformat(writer["at"]) for writer in writers]
        checks = [act.at for act in one.acts if act.role == "cause"]
        if moments:
            told += 1
            assert one.window == (min(moments + checks), max(moments + checks))
        shaded = one.figure().layout.shapes[0]
        assert datetime.fromisoformat(f"{shaded.x0}+00:00") == one.window[0]
        assert datetime.fromisoformat(f"{shaded.x1}+00:00") == one.window[1]
    assert told


def test_two_holders_met_while_both_held_the_lock(gathering: Gathering) -> None:
    leases = [one for one in races(gathering) if one.subject.pattern == "lease_overlap"]

    assert leases
    for one in leases:
        first, last = one.window
        taken = [act.at for act in one.acts if act.what == "lock" and act.phase == "start"]
        released = [act.at for act in one.acts if act.what == "release"]
        assert (first, last) == (max(taken), min(at for at in released if at >= first))


def test_text_of_a_log_becomes_no_link(gathering: Gathering) -> None:
    hostile = "<a href='https://192.0.2.1'>here</a>"
    for one in races(gathering)[:3]:
        acts = [
            replace(act, party=hostile, name=hostile, action=hostile, version_read=hostile)
            for act in one.acts
        ]
        assert "<a " not in replace(one, acts=acts).figure().to_json()


def test_a_name_of_a_megabyte_is_cut(gathering: Gathering) -> None:
    one = races(gathering)[0]
    endless = "x" * 1_000_000
    acts = [replace(act, party=endless, name=endless, action=endless) for act in one.acts]
    seen = replace(one, acts=acts)

    assert len(seen.figure().to_json()) + len(seen.words()) < 10_000
    assert all(len(row) <= 80 for row in seen.rows(80))


def test_a_race_without_times_gives_a_sentence(gathering: Gathering) -> None:
    one = replace(races(gathering)[0], acts=[], lines=0)

    assert "has a time" in one.words()
    assert (one.rows(80), one.figure().data) == ([], ())


def test_the_terminal_has_room_for_it(gathering: Gathering) -> None:
    for one in races(gathering):
        assert all(len(row) <= 80 for row in one.rows(80))
