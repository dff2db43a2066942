"""How many causes lie between what was done first and what was done again, at the least."""

from typing import Any

import pytest

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.recursive_chain.detector import RECURSIVE_CHAIN
from tests.scope.scoped import charge
from tests.scope.test_harms import circle
from tests.scope.told import row, told


def runs(*edges: str) -> list[dict[str, Any]]:
    """A run for each name of `CAUSE>RUN>RUN`, caused by the one before it."""
    cause_of: dict[str, str | None] = {}
    for edge in edges:
        names = edge.split(">")
        for cause, run in zip([None, *names], names, strict=False):
            if cause or run not in cause_of:
                cause_of[run] = cause
    return [
        row(f"begin-{run}", -60 + number, execution_id=run, cause_id=cause, system=f"s-{run[0]}")
        for number, (run, cause) in enumerate(cause_of.items())
    ]


def charged(effect: str, minute: float, run: str, **other: Any) -> dict[str, Any]:
    return charge(effect, minute, execution_id=run, **other)


PAIR = [charged("a", 0, "first"), charged("b", 1, "again")]


@pytest.mark.parametrize(
    ("edges", "hops"),
    [
        ((), 0),
        (("first", "again"), 0),
        (("first>again",), 1),
        (("first>x>y>again",), 3),
        # Up to a cause of both, and down again.
        (("order>first", "order>again"), 2),
        (("order>x>first", "order>again"), 3),
        # A cause that only one of them has joins nothing.
        (("order>first", "other>again"), 0),
    ],
)
def test_the_causes_between_the_two_are_counted(edges: tuple[str, ...], hops: int) -> None:
    with told([*runs(*edges), *PAIR], (DUPLICATE_SIDE_EFFECT,)) as ((one,), _):
        assert one.blast_radius.hops == hops


def test_of_several_that_were_done_again_the_nearest_is_proof_enough() -> None:
    edges = ("order>first", "order>x>y>again", "order>third")
    events = [*runs(*edges), *PAIR, charged("c", 2, "third")]
    with told(events, (DUPLICATE_SIDE_EFFECT,)) as ((one,), _):
        radius = one.blast_radius

    # Of the runs `order`, `first` and `third`, and the provider.
    assert (radius.hops, radius.proof_systems) == (2, 4)


def test_a_longer_way_that_is_found_sooner_is_not_the_shortest() -> None:
    # Three up and three down meet before five that lead straight up.
    edges = ("root>l>m>first", "root>n>o>again", "first>p>q>r>s>third")
    events = [*runs(*edges), *PAIR, charged("c", 2, "third")]
    with told(events, (DUPLICATE_SIDE_EFFECT,)) as ((one,), _):
        assert one.blast_radius.hops == 5


def test_the_caller_s_line_of_an_effect_says_in_which_run_it_was_made() -> None:
    calls = [
        row(
            f"call-{effect}", minute, kind="effect", action="charge", target_system="payments",
            effect_id=effect, execution_id=run, vantage="client",
        )
        for effect, minute, run in (("a", -0.01, "first"), ("b", 0.99, "again"))
    ]  # fmt: skip
    recorded = [charged("a", 0, "request-1"), charged("b", 1, "request-2")]
    events = [*runs("order>first", "order>again"), *calls, *recorded]
    with told(events, (DUPLICATE_SIDE_EFFECT,)) as ((one,), _):
        assert one.blast_radius.hops == 2


def test_a_circle_is_shown_by_coming_round_once() -> None:
    with told(circle(), (RECURSIVE_CHAIN,)) as ((one,), _):
        assert one.blast_radius.hops == 2


def test_the_finding_that_takes_most_hops_counts_and_not_their_sum() -> None:
    other = {"key": "k2", "customer_id": "other"}
    events = [
        *runs("order>x>first", "order>again", "x>third", "x>fourth"),
        *PAIR,
        charged("c", 2, "third", **other),
        charged("d", 3, "fourth", **other),
    ]
    with told(events, (DUPLICATE_SIDE_EFFECT,)) as ((one,), _):
        assert len(one.findings) == 2
        assert one.blast_radius.hops == 3
