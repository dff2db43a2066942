"""What became of files between two readings, told from their content."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.connectors.files.readings import Reading, Readings


def events(first: int, last: int) -> bytes:
    """JSON lines, each unlike the others and all of one length."""
    return b"".join(
        b'{"id":"evt_%04d","at":"2026-11-01T00:00:%02dZ"}\n' % (number, number % 60)
        for number in range(first, last)
    )


LINE = len(events(0, 1))
Change = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A folder with `a.jsonl` (events 0 to 100), what happens to it, what is found then."""

    change: Change
    states: dict[str, list[str]]
    read: list[tuple[int, bytes]] = field(default_factory=list)
    already_stored: int = 100


def move(folder: Path, name: str = "a.jsonl.1") -> None:
    (folder / "a.jsonl").rename(folder / name)


def compress(folder: Path) -> None:
    content = (folder / "a.jsonl").read_bytes()
    (folder / "a.jsonl").unlink()
    (folder / "a.jsonl.1.gz").write_bytes(gzip.compress(content))


def write(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)


def in_turn(*changes: Change) -> Change:
    return lambda folder: [change(folder) for change in changes]


def writing(name: str, content: bytes) -> Change:
    return lambda folder: write(folder, name, content)


OFFSET = 100 * LINE
CASES = {
    "unchanged": Case(in_turn(), {"a.jsonl": ["unchanged"]}),
    "grown": Case(
        writing("a.jsonl", events(0, 101)), {"a.jsonl": ["grown"]}, [(OFFSET, events(100, 101))]
    ),
    "renamed": Case(move, {"a.jsonl.1": ["renamed"]}),
    "renamed_and_grown": Case(
        in_turn(writing("a.jsonl", events(0, 101)), move),
        {"a.jsonl.1": ["renamed"]},
        [(OFFSET, events(100, 101))],
    ),
    "rotated": Case(
        in_turn(move, writing("a.jsonl", events(100, 101))),
        {"a.jsonl": ["new"], "a.jsonl.1": ["renamed"]},
        [(0, events(100, 101))],
    ),
    "rotated_and_compressed": Case(
        in_turn(writing("a.jsonl", events(0, 101)), compress, writing("a.jsonl", events(101, 102))),
        {"a.jsonl": ["new"], "a.jsonl.1.gz": ["renamed"]},
        [(0, events(101, 102)), (OFFSET, events(100, 101))],
    ),
    "copied": Case(
        writing("b.jsonl", events(0, 100)),
        {"a.jsonl": ["unchanged"], "b.jsonl": ["copied"]},
        already_stored=200,
    ),
    "copied_under_an_earlier_name": Case(
        writing("0.jsonl", events(0, 100)),
        {"0.jsonl": ["copied"], "a.jsonl": ["unchanged"]},
        already_stored=200,
    ),
    "copied_compressed": Case(
        writing("b.gz", gzip.compress(events(0, 100))),
        {"a.jsonl": ["unchanged"], "b.gz": ["copied"]},
        already_stored=200,
    ),
    "earlier_copy": Case(
        writing("0.jsonl", events(0, 60)),
        {"0.jsonl": ["copied"], "a.jsonl": ["unchanged"]},
        already_stored=200,
    ),
    "copy_that_went_on": Case(
        writing("b.jsonl", events(0, 100) + events(500, 501)),
        {"a.jsonl": ["unchanged"], "b.jsonl": ["copied"]},
        [(OFFSET, events(500, 501))],
        already_stored=200,
    ),
    "copy_and_original_went_on_together": Case(
        in_turn(writing("0.jsonl", events(0, 110)), writing("a.jsonl", events(0, 110))),
        {"a.jsonl": ["grown"], "0.jsonl": ["copied"]},
        [(OFFSET + n * LINE, events(100 + n, 101 + n)) for n in range(10)],
        already_stored=210,
    ),
    "copy_of_what_is_being_written": Case(
        in_turn(writing("0.jsonl", events(0, 105)), writing("a.jsonl", events(0, 110))),
        {"a.jsonl": ["grown"], "0.jsonl": ["copied"]},
        [(OFFSET + n * LINE, events(100 + n, 101 + n)) for n in range(10)],
        already_stored=210,
    ),
    "replaced": Case(
        writing("a.jsonl", events(900, 901)),
        {"a.jsonl": ["replaced"]},
        [(0, events(900, 901))],
        already_stored=0,
    ),
    "replaced_with_the_same_beginning": Case(
        writing("a.jsonl", events(0, 99) + events(900, 901) + events(100, 102)),
        {"a.jsonl": ["replaced"]},
        [
            (number * LINE, line + b"\n")
            for number, line in enumerate(
                (events(0, 99) + events(900, 901) + events(100, 102)).splitlines()
            )
        ],
        already_stored=0,
    ),
    "truncated": Case(writing("a.jsonl", events(0, 70)), {"a.jsonl": ["truncated"]}),
    "truncated_within_its_head": Case(writing("a.jsonl", events(0, 2)), {"a.jsonl": ["truncated"]}),
    "shorter_but_other": Case(
        writing("a.jsonl", events(0, 10) + events(900, 905)),
        {"a.jsonl": ["replaced"]},
        [(n * LINE, events(n, n + 1)) for n in range(10)]
        + [((10 + n) * LINE, events(900 + n, 901 + n)) for n in range(5)],
        already_stored=0,
    ),
    "emptied": Case(writing("a.jsonl", b""), {"a.jsonl": ["waiting"]}, already_stored=0),
    "one_more": Case(
        writing("b.jsonl", events(200, 201)),
        {"a.jsonl": ["unchanged"], "b.jsonl": ["new"]},
        [(0, events(200, 201))],
    ),
    "gone": Case(
        in_turn(lambda folder: (folder / "a.jsonl").unlink(), writing("b", events(200, 201))),
        {"b": ["new"]},
        [(0, events(200, 201))],
        already_stored=0,
    ),
}


def read_changed(folder: Path, change: Change) -> tuple[Readings, Reading]:
    (folder / "a.jsonl").write_bytes(events(0, 100))
    readings = Readings(address=str(folder))
    readings.read()
    change(folder)
    return readings, readings.read()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_became_of_a_file_is_recognised(case: Case, tmp_path: Path) -> None:
    readings, reading = read_changed(tmp_path, case.change)

    assert case.states == reading.states
    assert case.read == [(offset, document + b"\n") for offset, _, document in reading.rows]
    assert case.already_stored == sum(notice.already_stored for notice in reading.notices)
    identities = [(part.part.identity) for part in readings.known]
    assert len(set(identities)) == len(identities)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_reading_once_more_gives_nothing_new(case: Case, tmp_path: Path) -> None:
    readings, _ = read_changed(tmp_path, case.change)

    again = readings.read()

    assert again.rows == []
    assert {"unchanged", "copied", "truncated", "waiting", "renamed"} >= {
        notice.state for notice in again.notices
    }


def test_two_short_logs_that_begin_alike_are_two_logs(tmp_path: Path) -> None:
    write(tmp_path, "a", b'{"event":"start"}\n')
    write(tmp_path, "b", b'{"event":"start"}\n{"event":"stop"}\n')

    reading = Readings(address=str(tmp_path)).read()

    assert reading.states == {"a": ["new"], "b": ["new"]}
    assert len(reading.rows) == 3
    assert len({page.part.identity for page in reading.pages}) == 2


def test_long_logs_with_one_head_are_two_logs(tmp_path: Path) -> None:
    head = events(0, 200)
    write(tmp_path, "a", head + events(300, 310))
    write(tmp_path, "b", head + events(400, 405))

    reading = Readings(address=str(tmp_path)).read()

    assert len(reading.rows) == 210 + 205
    assert len({page.part.identity for page in reading.pages}) == 2


def test_half_a_line_of_a_rotated_file_is_damage(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", events(0, 100) + b'{"id":')
    readings = Readings(address=str(tmp_path))
    first = readings.read()
    move(tmp_path)
    write(tmp_path, "a.jsonl", events(100, 101))
    second = readings.read()

    assert first.unreadable == []
    (damage,) = second.unreadable
    assert (damage.offset, damage.line, damage.content) == (OFFSET, 101, b'{"id":')


def test_lines_are_counted_on_after_growth(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_bytes(events(0, 10))
    readings = Readings(address=str(log))
    readings.read()
    log.write_bytes(events(0, 10) + b"\n" + events(10, 12))

    assert [line for _, line, _ in readings.read().rows] == [12, 13]
