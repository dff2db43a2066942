"""What chance gives, against what dealing the times out anew gives."""

import random
from collections.abc import Sequence
from importlib.resources import files

import duckdb
import pyarrow as pa
import pytest

Span = tuple[int, int, int, int]
"""Thing, doer, begin, end."""

_DEALS = 400


def given_by_chance(spans: Sequence[Span]) -> tuple[float, int, int, int] | None:
    """Expected pairs, their interval and those that there are; None where too little is known."""
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE chance_points (stratum UBIGINT, sort UBIGINT,
                thing UBIGINT, doer UBIGINT, began BIGINT, until BIGINT)""")
        told = pa.table(list(map(pa.array, zip(*spans, strict=True))), names=list("abcd"))
        connection.register("told", told)
        connection.execute("INSERT INTO chance_points SELECT 1, 0, * FROM told")
        connection.execute(files("forensics.detect").joinpath("chance.sql").read_text("utf-8"))
        return connection.execute("SELECT expected, low, high, seen FROM chance_counts").fetchone()


def pairs(spans: Sequence[Span]) -> int:
    """Overlaps of one thing by two doers."""
    return sum(
        a[0] == b[0] and a[1] != b[1] and a[2] < b[3] and b[2] < a[3]
        for n, a in enumerate(spans)
        for b in spans[:n]
    )


def made_up(seed: int) -> list[Span]:
    """Spans in some busy hours, of things of which some come often."""
    deal = random.Random(seed)  # noqa: S311 - an example, not a secret
    spans = []
    for _ in range(120):
        began = deal.choice((0, 1_000)) + deal.randrange(400)
        spans.append((deal.randrange(8), deal.randrange(3), began, began + deal.randint(1, 9)))
    return spans


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_dealing_the_times_out_anew_gives(seed: int) -> None:
    spans, deal = made_up(seed), random.Random(seed)  # noqa: S311 - an example, not a secret
    seen = []
    for _ in range(_DEALS):
        times = [span[2:] for span in spans]
        deal.shuffle(times)
        dealt = zip(spans, times, strict=True)
        seen.append(pairs([(s[0], s[1], *when) for s, when in dealt]))

    result = given_by_chance(spans)

    assert result is not None
    expected, low, high, held = result
    assert expected == pytest.approx(sum(seen) / _DEALS, rel=0.1)
    assert held == pairs(spans)
    assert sum(low <= n <= high for n in seen) / _DEALS == pytest.approx(0.95, abs=0.035)


def test_neither_order_nor_date_matters() -> None:
    spans = made_up(7)
    later = [(*s[:2], s[2] + 86_400_000, s[3] + 86_400_000) for s in reversed(spans)]

    assert given_by_chance(later) == given_by_chance(spans)


def test_what_ends_as_another_begins_does_not_meet_it() -> None:
    in_turn = [(n, 0, 10 * n, 10 * n + 10) for n in range(40)]

    assert given_by_chance([*in_turn, (0, 1, 9_000, 9_010)]) == (0, 0, 0, 0)


def test_all_that_meet_are_seen_though_a_share_tells_how_often_others_do() -> None:
    lone = [(n, 0, 10 * n, 10 * n + 1) for n in range(220_000)]
    met = [(n, 1, 10 * n, 10 * n + 1) for n in range(3, 300, 27)]

    result = given_by_chance([*lone, *met])

    assert result is not None
    assert result[-1] == len(met) == 11


def test_among_fewer_than_twenty_others_nothing_is_said() -> None:
    two = [(0, 0, 0, 10), (0, 1, 5, 15)]
    others = [(n, 0, 100 * n, 100 * n + 10) for n in range(1, 21)]

    assert given_by_chance([*two, *others[:-1]]) is None
    assert given_by_chance([*two, *others]) is not None
