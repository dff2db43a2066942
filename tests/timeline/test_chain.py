"""The chain's data: counts on the edges and steps add up to the evidence, however long it is."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from forensics.timeline.chain import Chain, chain
from forensics.timeline.subject import Subject

Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]


def chains(gathering: Gathering) -> list[Chain]:
    connection, subjects = gathering
    return [chain(connection, one) for one in subjects if one.detector == "recursive_chain"]


def test_steps_are_the_runs_of_the_evidence(gathering: Gathering) -> None:
    connection, _ = gathering
    for one in chains(gathering):
        runs, excess = connection.execute(
            """SELECT count(DISTINCT execution_id),
                count(DISTINCT execution_id) FILTER (role = 'duplicate')
            FROM evidence JOIN events USING (event_id)
            WHERE finding_id = $finding AND role <> 'context'""",
            {"finding": one.subject.finding_id},
        ).fetchall()[0]
        assert sum(step.runs for step in one.steps) == runs
        assert sum(step.excess for step in one.steps) == excess
        assert max(step.depth for step in one.steps) > 0


def test_counts_on_the_edges_are_the_runs_with_a_cause(gathering: Gathering) -> None:
    for one in chains(gathering):
        counted = sum(edge.runs for edge in one.edges)
        if any(edge.is_told for edge in one.edges):
            assert counted == sum(step.cause_at is not None for step in one.steps)
        else:
            assert counted == len(one.steps) - 1
        on_figure = next(trace for trace in one.figure().data if trace.mode == "text").text
        assert sum(int("".join(filter(str.isdigit, text))) for text in on_figure) == counted


@pytest.fixture
def long_chain(gathering: Gathering) -> Iterator[Chain]:
    """One workflow that set itself off 100,000 times."""
    connection, subjects = gathering
    begin = "TIMESTAMPTZ '2026-11-02 08:00:00Z'"
    connection.execute(f"""
        INSERT INTO figure_chain
        SELECT 'long', n::VARCHAR, 'loop@here', {begin} + to_seconds(n), (n - 1)::VARCHAR, n, n > 0
        FROM range(100000) AS t(n)""")
    yield chain(connection, replace(subjects[0], finding_id="long"))
    connection.execute("DELETE FROM figure_chain WHERE finding_id = 'long'")


def test_a_long_chain_is_drawn_in_few_steps_that_lose_no_run(long_chain: Chain) -> None:
    assert len(long_chain.steps) <= 2_000
    assert sum(step.runs for step in long_chain.steps) == 100_000
    assert [edge.runs for edge in long_chain.edges] == [99_999]
    assert "99,999 causes deep" in long_chain.words()
    assert len(long_chain.figure().to_json()) < 60_000


def test_text_of_a_log_becomes_no_link(gathering: Gathering) -> None:
    hostile = "<a href='https://192.0.2.1'>here</a>@<b>"
    one = chains(gathering)[0]
    edges = [replace(edge, cause=hostile, effect=hostile) for edge in one.edges]
    steps = [replace(step, place=hostile) for step in one.steps]

    assert "<a " not in replace(one, edges=edges, steps=steps).figure().to_json()


def test_a_chain_without_times_is_still_a_graph(gathering: Gathering) -> None:
    one = chains(gathering)[0]
    untimed = replace(one, steps=[replace(step, at=None, cause_at=None) for step in one.steps])

    assert "none has a time" in untimed.words()
    assert any(trace.mode == "text" for trace in untimed.figure().data)
    assert all(len(row) <= 80 for row in untimed.rows(80))


def test_the_terminal_has_room_for_it(gathering: Gathering) -> None:
    for one in chains(gathering):
        assert all(len(row) <= 80 for row in one.rows(80))
