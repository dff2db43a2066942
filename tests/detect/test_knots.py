"""Circles of transactions by a graph of what has to come before what."""

import random

import pytest

from forensics.detect.race_window import knots
from forensics.detect.race_window.dependency_cycle import explain
from forensics.detect.race_window.knots import Circle, Tie, circles


def ring(*transactions: int, kind: str = "rw") -> list[Tie]:
    """Each has to come before the next, and the last before the first."""
    return [
        Tie(100 * earlier + later, kind, earlier, later, record=earlier, excused=False)
        for earlier, later in zip(transactions, (*transactions[1:], transactions[0]), strict=True)
    ]


def found(ties: list[Tie]) -> list[Circle]:
    return list(circles(ties))


def test_the_circle_is_the_same_whatever_lies_around_it() -> None:
    ties = ring(1, 2, 3)
    tree = [
        Tie(n, "rw", n, n + chance, record=n, excused=False)
        for n in range(10, 2_000)
        for chance in (1, 7)
    ]

    (circle,) = found([*tree, *ties])

    assert circle.ties == ties
    assert (circle.claim, circle.shortest) == ("G2", True)


def test_of_many_circles_that_hang_together_the_shortest_is_told() -> None:
    chance = random.Random(0)  # noqa: S311 - a graph, not a secret
    ties = ring(*range(40))
    ties += [tie for tie in ring(5, 6, 7) if (tie.earlier, tie.later) == (7, 5)]
    chance.shuffle(ties)

    (circle,) = found(ties)

    assert {tie.earlier for tie in circle.ties} == {5, 6, 7}


def test_a_search_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knots, "_MOST_SEARCHES", 2)

    (circle,) = found(ring(1, 2, 3))

    assert not circle.shortest
    party = {"workflow": None, "actor": "app", "system": "shop", "transaction": "a"}
    edge = {"kind": "rw", "record": "d-1", "version": "5", "earlier": party, "later": party}
    facts = {"claim": "G2", "records": ["d-1"], "edges": [edge] * 8, "of_the_store": True}
    assert "not all were searched" in explain(facts | {"shortest": False}).sentences
    assert "not all were searched" not in explain(facts | {"shortest": True}).sentences
    assert "and 2 more steps" in explain(facts | {"shortest": True}).sentences


def test_a_circle_of_one_record_is_for_others_to_tell() -> None:
    ties = [
        Tie(n, "ww", a, b, record=1, excused=False) for n, (a, b) in enumerate([(1, 2), (2, 1)])
    ]

    assert found(ties) == []


def test_a_pair_that_is_told_elsewhere_hides_no_circle_beside_it() -> None:
    (circle,) = found([*ring(2, 3, 4), *ring(1, 2)])

    assert {tie.earlier for tie in circle.ties} == {2, 3, 4}
    assert found(ring(1, 2)) == []
