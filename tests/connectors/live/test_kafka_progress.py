"""What a cursor of a partition keeps from one reading to the next."""

import pytest

from connectors.kafka.progress import Progress

WHY = "not of the Avro schema"


@pytest.mark.parametrize(
    ("cursor", "progress"),
    [
        ("", Progress()),
        ("0", Progress(offset=0)),
        ("12", Progress(offset=12)),
        ("12-4", Progress(offset=12, gone=4)),
        ('12-0-{"a - b":1}', Progress(offset=12, unread={"a - b": 1})),
        ('12-4-{"a":1,"b":2}', Progress(offset=12, gone=4, unread={"b": 2, "a": 1})),
    ],
)
def test_a_cursor_is_read_as_it_was_written(cursor: str, progress: Progress) -> None:
    assert Progress.of(cursor) == progress
    assert progress.offset is None or progress.cursor == cursor


@pytest.mark.parametrize(
    ("progress", "compacted", "state", "sentences"),
    [
        (Progress(offset=9), False, "complete", 0),
        (Progress(offset=9), True, "truncated", 1),
        (Progress(offset=9, gone=2), True, "expired", 2),
        (Progress(offset=9, gone=2, unread={WHY: 3}), True, "unknown", 3),
        (Progress(offset=9, unread={WHY: 3, "longer": 1}), False, "unknown", 2),
    ],
)
def test_all_that_is_missing_is_said_under_the_worst_word(
    progress: Progress, compacted: bool, state: str, sentences: int
) -> None:
    word, reasons = progress.coverage("orders/0", low=4, compacted=compacted)

    assert word == state
    assert reasons.count("`orders/0`") == sentences
    assert (f"3 values of `orders/0` kept as bytes, and not read: {WHY}." in reasons) == (
        WHY in progress.unread
    )
