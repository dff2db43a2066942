"""Pointer doubling against a walk, on forests and circles of every shape."""

import random
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.link.linked import executions

Causes = Mapping[int, int]


@some.composite
def causes(draw: some.DrawFn) -> dict[int, int]:
    """Up to 40 executions, of which some name another one as their cause."""
    count = draw(some.integers(2, 40))
    numbers = some.integers(0, count - 1)
    named = draw(some.dictionaries(numbers, numbers, max_size=count))
    return {child: cause for child, cause in named.items() if child != cause}


def walk(start: int, named: Causes) -> tuple[int, int, bool]:
    """Root, depth and whether `start` is on a circle, one step at a time."""
    path = [start]
    while path[-1] in named and named[path[-1]] not in path:
        path.append(named[path[-1]])
    if path[-1] not in named:
        return path[-1], len(path) - 1, False
    circle = path[path.index(named[path[-1]]) :]
    root = min(circle)
    entry = circle.index(root)
    return root, len(path) - len(circle) + entry, start in circle


def rows(named: Causes) -> list[dict[str, str]]:
    """Executions whose names sort like their numbers, without times."""
    everyone = set(named) | set(named.values())
    return [
        {"event_id": f"e{n:03}", "execution_id": f"x{n:03}"}
        | ({"cause_id": f"x{named[n]:03}"} if n in named else {})
        for n in sorted(everyone)
    ]


@settings(max_examples=25)
@given(causes())
def test_doubling_finds_what_a_walk_finds(named: Causes) -> None:
    found = executions(rows(named))

    for name, row in found.items():
        root, depth, circles = walk(int(name[1:]), named)
        assert (row["root_id"], row["depth"], row["in_cycle"]) == (f"x{root:03}", depth, circles)


@settings(max_examples=10)
@given(causes(), some.integers(0, 9))
def test_the_order_of_the_rows_and_the_threads_change_nothing(named: Causes, seed: int) -> None:
    shuffled = rows(named)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret

    assert executions(rows(named)) == executions(shuffled, threads=2)


def test_a_chain_of_a_thousand_hops_is_followed_to_its_root() -> None:
    found = executions(rows({n: n - 1 for n in range(1, 1000)}))

    assert {row["root_id"] for row in found.values()} == {"x000"}
    assert max(row["depth"] for row in found.values()) == 999
