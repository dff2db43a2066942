from datetime import UTC, datetime

import pytest

from forensics.model.words import duration, fraction_digits, instant, log_place, plural


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


@pytest.mark.parametrize(
    ("path", "line", "position", "words"),
    [
        ("log.jsonl", 7, "part:812", "log.jsonl:7"),
        ("page.json", 1, "part:0#3", "page.json:1#[3]"),
        ("traces.jsonl", 5, "part:812#0.2.13", "traces.jsonl:5#[0][2][13]"),
        ("log.csv", None, "part:812", "log.csv"),
        ("orders/0", None, "part:orders/0@17#2", "orders/0"),
        (None, None, "part:0/16B3748", "part:0/16B3748"),
    ],
)
def test_a_log_line_is_named_as_people_find_it(
    path: str | None, line: int | None, position: str, words: str
) -> None:
    assert log_place(path, line, position) == words
