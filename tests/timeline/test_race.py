"""The race's data: its lines are the evidence, its window is what the finding says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb

from forensics.timeline.race import Act, Race, race
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


def act(event: str, party: str, kind: str, second: int) -> Act:
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=second)
    return Act(
        event_id=event, party=party, name="shop", kind=kind, phase="single", action="save",
        outcome="ok", role="cause", record="shift d-1", version_read="5", version_written=None,
        at=at, ended_at=None, logged_at=at, error_us=1,
    )  # fmt: skip


def test_what_orders_two_transactions_is_an_arrow_and_a_sentence() -> None:
    edges = [
        {"kind": "rw", "record": "shift d-1", "version": "5", "events": ["r1", "w1"]},
        {"kind": "wr", "record": "shift d-2", "version": "6", "events": ["w2", "elsewhere"]},
    ]
    subject = Subject(
        finding_id="f1", detector="race_window", pattern="dependency_cycle", title="three",
        severity="high", first_at=None, last_at=None, excess=1, facts={"edges": edges},
    )  # fmt: skip
    one = Race(subject=subject, acts=[act("r1", "a", "read", 0), act("w1", "b", "write", 2)])

    (arrow,) = [note for note in one.figure().layout.annotations if note.showarrow]
    assert (arrow.ay, arrow.y) == (1, 0)
    assert arrow.ax < arrow.x
    assert "a before b: it read version 5 of shift d-1, which b replaced." in one.words()
    assert "A before B: it read version 5 of shift d-1, which b replaced" in one.rows(80)
