"""Circles of transactions that each have to come before the next: one of each knot."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

_MOST_SEARCHES = 1_000
"""Steps of one knot through which its shortest circle is looked for."""

_MOST_VISITS = 2_000_000
"""Transactions that are passed in all searches of one knot together."""

_KINDS = ("rw", "ww", "wr")
"""Of several ties of two transactions the last of these is told: what was read was surely seen."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A row of `ties`: one transaction has to come before another.

    Attributes:
        number: Of the row.
        kind: One of `_KINDS`.
        earlier: The transaction's place in the order of time.
        later: That of the other.
        record: What both touched.
        excused: Whether it was nothing to them.
    """

    number: int
    kind: str
    earlier: int
    later: int
    record: int
    excused: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """Ties of which each begins where the one before it ends, as the first does after the last.

    Attributes:
        ties: In that order.
        shortest: Whether all places of its knot were searched for a shorter one.
    """

    ties: Sequence[Tie]
    shortest: bool

    @property
    def claim(self) -> str:
        """The phenomenon by Adya's name."""
        kinds = [tie.kind for tie in self.ties]
        if "rw" not in kinds:
            return "G1c" if "wr" in kinds else "G0"
        return "G-single" if kinds.count("rw") == 1 else "G2"

    @property
    def transactions(self) -> set[int]:
        """Those that it goes through."""
        return {tie.earlier for tie in self.ties}

    @property
    def is_told_elsewhere(self) -> bool:
        """Whether it is a pair of write skew or read skew, or of one record alone."""
        kinds = sorted(tie.kind for tie in self.ties)
        return kinds in (["rw", "rw"], ["rw", "wr"]) or len({tie.record for tie in self.ties}) == 1


def circles(ties: Sequence[Tie]) -> Iterator[Circle]:
    """The strongest claim of each knot, by ties without excuse where they make a circle.

    Args:
        ties: In a fixed order.
    """
    told: set[int] = set()
    for allowed in ([tie for tie in ties if not tie.excused], ties):
        for kinds in (("ww",), ("ww", "wr"), _KINDS):
            for knot in _knots(tie for tie in allowed if tie.kind in kinds):
                if told.isdisjoint(knot) and (circle := _strongest(knot)):
                    told.update(knot)
                    yield circle


def _knots(ties: Iterable[Tie]) -> Iterator[nx.DiGraph]:
    """The strongly connected parts of the graph."""
    graph = nx.DiGraph()
    for tie in sorted(ties, key=lambda tie: _KINDS.index(tie.kind)):
        graph.add_edge(tie.earlier, tie.later, tie=tie)
    for knot in sorted(nx.strongly_connected_components(graph), key=min):
        if len(knot) > 1:
            yield graph.subgraph(knot)


def _strongest(knot: nx.DiGraph) -> Circle | None:
    """The shortest circle with one anti-dependency, else the shortest; none around a told one."""
    missed = [(a, b) for a, b, tie in knot.edges(data="tie") if tie.kind == "rw"]
    seen = nx.DiGraph(knot)
    seen.remove_edges_from(missed)
    return _shortest(knot, seen, missed) or _shortest(knot, knot, list(knot.edges))


def _shortest(
    knot: nx.DiGraph, ways: nx.DiGraph, steps: Sequence[tuple[int, int]]
) -> Circle | None:
    """The shortest circle of one of the steps and a way back."""
    searched = sorted(steps)[: min(_MOST_SEARCHES, _MOST_VISITS // len(knot) + 1)]
    found = [
        Circle(
            [knot.edges[pair]["tie"] for pair in pairwise((step[0], *back))],
            shortest=len(searched) == len(steps),
        )
        for step in searched
        if (back := _way(ways, step))
    ]
    told = [circle.transactions for circle in found if circle.is_told_elsewhere]
    untold = [one for one in found if not any(pair <= one.transactions for pair in told)]
    return min(untold, key=lambda circle: len(circle.ties), default=None)


def _way(ways: nx.DiGraph, step: tuple[int, int]) -> Sequence[int]:
    """The shortest way back over a step; empty where there is none."""
    try:
        back: Sequence[int] = nx.shortest_path(ways, step[1], step[0])
    except nx.NetworkXNoPath:
        return ()
    return back
