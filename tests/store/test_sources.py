"""What became of the sources since they were read."""

import hashlib
import io
from contextlib import AbstractContextManager
from typing import BinaryIO

import pyarrow as pa
import pytest

from forensics.model.errors import SourceError
from forensics.store.schema import ACQUISITIONS
from forensics.store.sources import Opener, Part, check_sources

READ = b"one\ntwo\nthree\n"


def rows(*ends: int, part: str = "p1") -> pa.Table:
    """Acquisitions of one part that read up to these bytes, newest first."""
    columns = ["source", "address", "part", "path", "page", "end_offset", "sha256"]
    values = [
        {
            "source": "queue",
            "address": "logs/",
            "part": part,
            "path": f"logs/{part}.jsonl",
            "page": page,
            "end_offset": end,
            "sha256": hashlib.sha256(READ[:end]).hexdigest(),
        }
        for page, end in enumerate(ends, start=1)
    ]
    return pa.Table.from_pylist(
        values[::-1], pa.schema([ACQUISITIONS.field(column) for column in columns])
    )


def holding(content: bytes) -> Opener:
    def open_part(part: Part) -> AbstractContextManager[BinaryIO]:
        assert part.source == "queue"
        return io.BytesIO(content)

    return open_part


@pytest.mark.parametrize(
    ("content", "state", "words"),
    [
        (READ, "same", "is unchanged: 14 bytes"),
        (READ + b"four\n", "longer", "has grown; the 14 bytes read are unchanged"),
        (READ[:-1], "shorter", "has 13 bytes; 14 were read"),
        (b"", "shorter", "has 0 bytes; 4 were read"),
        (b"One\ntwo\nthree\n", "differs", "between byte 0 and 4"),
        (b"one\ntwo\nthree!", "differs", "between byte 8 and 14"),
    ],
)
def test_a_part_is_compared_with_what_was_read(content: bytes, state: str, words: str) -> None:
    (check,) = check_sources(rows(4, 8, 14), holding(content))

    assert check.state == state
    assert words in check.sentence
    assert check.sentence.startswith("`logs/p1.jsonl` ")
    assert check.good == (state in {"same", "longer"})


def test_a_part_that_was_read_again_from_its_beginning_is_compared_once() -> None:
    (check,) = check_sources(rows(8, 14, 8, 14), holding(READ))

    assert check.state == "same"


def test_a_part_of_which_nothing_was_read_is_the_same_or_longer() -> None:
    (check,) = check_sources(rows(0), holding(b""))

    assert check.state == "same"


@pytest.mark.parametrize(
    "error", [SourceError("It is gone."), FileNotFoundError(2, "No such file")]
)
def test_a_missing_part_is_said_and_the_others_are_still_compared(error: Exception) -> None:
    def open_part(part: Part) -> AbstractContextManager[BinaryIO]:
        if part.part == "gone":
            raise error
        return io.BytesIO(READ)

    both = pa.concat_tables([rows(14), rows(14, part="gone")])

    assert [(c.part.part, c.state) for c in check_sources(both, open_part)] == [
        ("gone", "missing"),
        ("p1", "same"),
    ]


def test_a_part_whose_path_held_other_content_later_says_so() -> None:
    first, second = rows(4, 8, part="p1"), rows(14, part="p2").to_pylist()
    later = {**second[0], "path": "logs/p1.jsonl", "page": 3}
    acquired = pa.concat_tables([first, pa.Table.from_pylist([later], first.schema)])

    old, new = check_sources(acquired, lambda part: io.BytesIO(READ if part.part == "p2" else b""))

    assert old.sentence == (
        "`logs/p1.jsonl` has 0 bytes; 4 were read. What stands there now was read later."
    )
    assert new.sentence == "`logs/p1.jsonl` is unchanged: 14 bytes."
