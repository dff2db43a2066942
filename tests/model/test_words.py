from datetime import UTC, datetime

import pytest

from forensics.model.words import duration, fraction_digits, instant, plural


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.48, "480 ms"),
        (1, "1 s"),
        (2.5, "2.5 s"),
        (59.9, "59.9 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3_900, "1 h 5 min"),
        (3_601, "1 h"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_of_time_is_said_in_at_most_two_units(seconds: float, words: str) -> None:
    assert words == duration(seconds)


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, "retry", "1 retry"),
        (2, "retry", "2 retries"),
        (0, "attempt", "0 attempts"),
        (1_200, "failed attempt", "1,200 failed attempts"),
    ],
)
def test_a_count_agrees_with_its_noun(count: int, noun: str, words: str) -> None:
    assert words == plural(count, noun)


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        ((0, 0), "2026-11-02 08:30:00"),
        ((0, 120_000), "2026-11-02 08:30:00.000"),
        ((0, 120_001), "2026-11-02 08:30:00.000000"),
        ((), "2026-11-02 08:30:00"),
    ],
)
def test_times_are_shown_as_finely_as_their_log_tells_them_apart(
    micros: tuple[int, ...], shown: str
) -> None:
    begin = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    times = [begin.replace(microsecond=part) for part in micros]

    assert instant(begin, fraction_digits([*times, None])) == shown
