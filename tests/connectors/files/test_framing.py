"""How bytes become records: every case a content, what it is split into, and where."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.connectors.files.readings import Readings, pages_tell_the_truth, read

BROKEN_LINE = "The last line breaks off: it has no end."
BROKEN_DOCUMENT = "The document breaks off: its last bracket is missing."


@dataclass(frozen=True)
class Case:
    content: bytes
    framing: str
    rows: list[tuple[int, int, bytes]]
    unreadable: tuple[tuple[int, int, str], ...] = ()
    final: bool = False


CASES = {
    "json_lines": Case(b'{"a":1}\n{"a":2}\n', "lines", [(0, 1, b'{"a":1}'), (8, 2, b'{"a":2}')]),
    "blank_lines_are_counted": Case(
        b'\n{"a":1}\n\n \t\n{"a":2}\n\n', "lines", [(1, 2, b'{"a":1}'), (13, 5, b'{"a":2}')]
    ),
    "carriage_returns": Case(
        b'{"a":1}\r\n\r\n{"a":2}\r\n', "lines", [(0, 1, b'{"a":1}'), (11, 3, b'{"a":2}')]
    ),
    "some_carriage_returns": Case(
        b'{"a":1}\n{"a":2}\r\n{"a":3}\n',
        "lines",
        [(0, 1, b'{"a":1}'), (8, 2, b'{"a":2}'), (17, 3, b'{"a":3}')],
    ),
    "byte_order_mark": Case(b'\xef\xbb\xbf{"a":1}\n', "lines", [(3, 1, b'{"a":1}')]),
    "complete_without_newline": Case(
        b'{"a":1}\n[2]', "lines", [(0, 1, b'{"a":1}'), (8, 2, b"[2]")]
    ),
    "bracket_in_an_open_string_is_no_end": Case(b'{"a":1}\n{"a":"}', "lines", [(0, 1, b'{"a":1}')]),
    "half_a_line_when_final": Case(
        b'{"a":1}\n{"a":', "lines", [(0, 1, b'{"a":1}')], ((8, 2, BROKEN_LINE),), final=True
    ),
    "a_number_is_whole_when_final": Case(
        b'{"a":1}\n12', "lines", [(0, 1, b'{"a":1}'), (8, 2, b"12")], final=True
    ),
    "a_number_may_go_on": Case(b'{"a":1}\n12', "lines", [(0, 1, b'{"a":1}')]),
    "text": Case(b"hello\nworld\n", "lines", [(0, 1, b"hello"), (6, 2, b"world")]),
    "first_line_broken": Case(
        b'{"a":1,"b\n{"a":2}\n', "lines", [(0, 1, b'{"a":1,"b'), (10, 2, b'{"a":2}')]
    ),
    "leading_comment": Case(
        b'/* licence\n * text\n */\n\n{"a":1}\n',
        "lines",
        [(24, 5, b'{"a":1}')],
        ((0, 1, "A comment, not a record."),),
    ),
    "array_on_one_line": Case(b'[{"a":1},{"a":2}]\n', "lines", [(0, 1, b'[{"a":1},{"a":2}]')]),
    "pretty": Case(
        b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
        "documents",
        [(0, 1, b'{\n  "a": 1\n}'), (13, 4, b'{\n  "a": 2\n}')],
    ),
    "pretty_without_last_newline": Case(
        b'{\n  "a": 1\n}', "documents", [(0, 1, b'{\n  "a": 1\n}')]
    ),
    "pretty_without_indent": Case(
        b'[\n{\n"a": 1\n}\n]\n', "documents", [(0, 1, b'[\n{\n"a": 1\n}\n]')]
    ),
    "pretty_with_carriage_returns": Case(
        b'{\r\n "a": 1\r\n}\r\n{\r\n "a": 2\r\n}\r\n',
        "documents",
        [(0, 1, b'{\r\n "a": 1\r\n}'), (15, 4, b'{\r\n "a": 2\r\n}')],
    ),
    "array_over_lines": Case(
        b'[{"a":1},\n{"a":2}]\n', "documents", [(0, 1, b'[{"a":1},\n{"a":2}]')]
    ),
    "documents_share_a_line": Case(
        b'{"a":"}{"}{"a":2}{"a":3}',
        "documents",
        [(0, 1, b'{"a":"}{"}'), (10, 1, b'{"a":2}'), (17, 1, b'{"a":3}')],
    ),
    "record_separators": Case(
        b'\x1e{"a":1}\n\x1e{"a":2}\n', "documents", [(1, 1, b'{"a":1}'), (10, 2, b'{"a":2}')]
    ),
    "pretty_then_one_line": Case(
        b'{\n  "a": 1\n}\n{"a":2}\n',
        "documents",
        [(0, 1, b'{\n  "a": 1\n}'), (13, 4, b'{"a":2}')],
    ),
    "one_line_then_pretty": Case(
        b'{"a":1}\n{\n  "a": 2\n}\n',
        "documents",
        [(0, 1, b'{"a":1}'), (8, 2, b'{\n  "a": 2\n}')],
    ),
    "text_between_documents": Case(
        b'{\n  "a": 1\n}\nhello {\n  indented\n{\n  "a": 2\n}\n',
        "documents",
        [
            (0, 1, b'{\n  "a": 1\n}'),
            (13, 4, b"hello {"),
            (23, 5, b"indented"),
            (32, 6, b'{\n  "a": 2\n}'),
        ],
    ),
    "a_document_cut_off_does_not_swallow_the_next": Case(
        b'{\n  "a": 1,\n  "b\n{\n  "a": 2\n}\n',
        "documents",
        [(17, 4, b'{\n  "a": 2\n}')],
        ((0, 1, BROKEN_DOCUMENT),),
    ),
    "half_a_document_when_final": Case(
        b'{\n  "a": 1\n}\n{\n  "a"',
        "documents",
        [(0, 1, b'{\n  "a": 1\n}')],
        ((13, 4, BROKEN_DOCUMENT),),
        final=True,
    ),
    "escaped_quotes": Case(
        b'{\n  "a": "\\"}\\\\"\n}\n{\n  "b": "\\\\"\n}\n',
        "documents",
        [(0, 1, b'{\n  "a": "\\"}\\\\"\n}'), (19, 4, b'{\n  "b": "\\\\"\n}')],
    ),
    "trace_after_a_stamped_line": Case(
        b"2026-11-24 05:44:46 ERROR no\nTraceback (most recent call last):\n  x\n\nValueError: y\n"
        b"2026-11-24 05:44:47 INFO yes\n",
        "stamped",
        [
            (
                0,
                1,
                (
                    b"2026-11-24 05:44:46 ERROR no\n"
                    b"Traceback (most recent call last):\n  x\n\nValueError: y"
                ),
            ),
            (83, 6, b"2026-11-24 05:44:47 INFO yes"),
        ],
        final=True,
    ),
    "the_last_of_several_lines_may_go_on": Case(
        b"INFO a\r\n at b\r\nINFO c\r\n at d\r\n", "levelled", [(0, 1, b"INFO a\r\n at b")]
    ),
    "text_before_the_first_beginning": Case(
        b"my log\nINFO a\n at b\nINFO c",
        "levelled",
        [(0, 1, b"my log"), (7, 2, b"INFO a\n at b"), (20, 4, b"INFO c")],
        final=True,
    ),
    "a_time_in_brackets_is_no_array": Case(
        b"[2026-11-24T05:41:55Z] a\n[2026-11-24T05:41:56Z] b\n",
        "lines",
        [(0, 1, b"[2026-11-24T05:41:55Z] a"), (25, 2, b"[2026-11-24T05:41:56Z] b")],
    ),
    "traces_between_times_in_brackets": Case(
        b"[2026-11-24 05:41:55] a\n  b\n[2026-11-24 05:41:56] c\n",
        "stamped",
        [(0, 1, b"[2026-11-24 05:41:55] a\n  b"), (28, 3, b"[2026-11-24 05:41:56] c")],
        final=True,
    ),
    "traces_between_times_in_brackets_after_a_banner": Case(
        b"my log\n[2026-11-24 05:41:55] a\n  b\n[2026-11-24 05:41:56] c\n",
        "stamped",
        [
            (0, 1, b"my log"),
            (7, 2, b"[2026-11-24 05:41:55] a\n  b"),
            (35, 4, b"[2026-11-24 05:41:56] c"),
        ],
        final=True,
    ),
    "lines_of_another_kind_are_no_trace": Case(
        b"INFO a\n10.0.0.1 GET /\nINFO c\n10.0.0.1 GET /\n",
        "lines",
        [
            (0, 1, b"INFO a"),
            (7, 2, b"10.0.0.1 GET /"),
            (22, 3, b"INFO c"),
            (29, 4, b"10.0.0.1 GET /"),
        ],
    ),
    "statement_of_a_postgresql_error": Case(
        b"2026-11-24 05:44:46 UTC [7] ERROR:  duplicate key\n"
        b"2026-11-24 05:44:46 UTC [7] DETAIL:  Key (id)=(1)\n"
        b"2026-11-24 05:44:46 UTC [7] STATEMENT:  INSERT INTO t\n\tVALUES (1)\n"
        b"2026-11-24 05:44:47 UTC [7] LOG:  statement: SELECT 1\n",
        "postgresql",
        [
            (
                0,
                1,
                (
                    b"2026-11-24 05:44:46 UTC [7] ERROR:  duplicate key\n"
                    b"2026-11-24 05:44:46 UTC [7] DETAIL:  Key (id)=(1)\n"
                    b"2026-11-24 05:44:46 UTC [7] STATEMENT:  INSERT INTO t\n\tVALUES (1)"
                ),
            ),
            (166, 5, b"2026-11-24 05:44:47 UTC [7] LOG:  statement: SELECT 1"),
        ],
        final=True,
    ),
    "payload_of_a_trace_may_hold_the_line_between": Case(
        b"\n====\n2026-11-24T05:44:46.319+00:00: Message published\n\nPayload: \n====\n"
        b"\n====\n2026-11-24T05:44:46.320+00:00: Message received\n\nPayload: \nx\n",
        "rabbitmq_trace",
        [
            (0, 1, b"\n===="),
            (
                6,
                3,
                b"2026-11-24T05:44:46.319+00:00: Message published\n\nPayload: \n====\n\n====",
            ),
            (77, 9, b"2026-11-24T05:44:46.320+00:00: Message received\n\nPayload: \nx"),
        ],
        final=True,
    ),
    "queries_of_several_lines": Case(
        b"mariadbd, Version: 11.8\nTime\tId Command\tArgument\n"
        b"261124  5:44:46\t     3 Connect\troot@localhost\n\t\t     3 Query\tSELECT\n1\n"
        b"\t\t     3 Quit\t\n",
        "mysql_general",
        [
            (0, 1, b"mariadbd, Version: 11.8\nTime\tId Command\tArgument"),
            (49, 3, b"261124  5:44:46\t     3 Connect\troot@localhost"),
            (95, 4, b"\t\t     3 Query\tSELECT\n1"),
            (119, 6, b"\t\t     3 Quit\t"),
        ],
        final=True,
    ),
}
by_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@by_case
@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 16 << 20])
def test_content_is_split_as_stated_whatever_the_chunk(
    case: Case, chunk: int, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_bytes(case.content)

    reading = read(log, final=case.final, chunk=chunk)

    assert {case.framing} == reading.framings
    assert case.rows == reading.rows
    found = tuple((each.offset, each.line, each.reason) for each in reading.unreadable)
    assert case.unreadable == found
    for each in reading.unreadable:
        assert case.content[each.offset :].startswith(each.content)


@by_case
@pytest.mark.parametrize("page_records", [1, 2, 1000])
def test_pages_follow_each_other_without_gaps(
    case: Case, page_records: int, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_bytes(case.content)

    reading = read(log, final=case.final, page_records=page_records)

    pages_tell_the_truth(reading, case.content)
    assert case.rows == reading.rows
    assert [case.content.count(b"\n", 0, page.end) for page in reading.pages] == [
        page.lines for page in reading.pages
    ]
    assert all(page.records.num_rows <= page_records for page in reading.pages)


@pytest.mark.parametrize("line", [b'{"a":1}\n', b'{\n  "a": 1\n}\n'], ids=["lines", "documents"])
def test_a_page_holds_no_more_than_was_asked_for(line: bytes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(line * 100)

    reading = read(log, page_bytes=200, chunk=64)

    assert len(reading.pages) > 3
    assert max(page.end - page.start for page in reading.pages) <= 200
    assert len(reading.rows) == 100
    pages_tell_the_truth(reading, line * 100)


def test_half_a_line_waits_and_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    readings = Readings(address=str(log))
    log.write_bytes(b'{"a":1}\n{"a":')
    first = readings.read()
    log.write_bytes(b'{"a":1}\n{"a":2}\n')
    second = readings.read()

    assert first.rows == [(0, 1, b'{"a":1}')]
    assert first.states == {"log": ["new", "waiting"]}
    assert "its last 5 bytes wait" in first.sentence("waiting")
    assert second.rows == [(8, 2, b'{"a":2}')]
    assert second.states == {"log": ["grown"]}


@pytest.mark.parametrize(
    ("end", "age_s", "lines"),
    [(b"", 0, [1]), (b"", 3600, [1, 3]), (b"  half a li", 3600, [1])],
    ids=["just_written", "quiet", "quiet_within_a_line"],
)
def test_the_last_of_several_lines_is_whole_where_nobody_writes_any_more(
    end: bytes, age_s: float, lines: Sequence[int], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    readings = Readings(address=str(log))
    log.write_bytes(b"2026-11-02 10:00:00 a\n  of a\n2026-11-02 10:00:01 b\n" + end)
    os.utime(log, (then := time.time() - age_s, then))
    first = readings.read()
    with log.open("ab") as more:
        more.write(b"\n  of b\n2026-11-02 10:00:02 c\n2026-11-02 10:00:03 d\n")
    second = readings.read()

    assert [line for _, line, _ in first.rows] == lines
    whole = b"".join(text for reading in (first, second) for _, _, text in reading.rows)
    assert all(word in whole for word in (b"01 b", b"of b", b"02 c"))


def test_a_newline_alone_is_no_news(tmp_path: Path) -> None:
    log = tmp_path / "log"
    readings = Readings(address=str(log))
    rows = []
    for content in (b'{"a":1}', b'{"a":1}\n', b'{"a":1}\n{"a":2}\r\n'):
        log.write_bytes(content)
        rows.append(readings.read().rows)

    assert rows == [[(0, 1, b'{"a":1}')], [], [(8, 2, b'{"a":2}')]]


@pytest.mark.parametrize("chunk", [7, 64, 16 << 20])
@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b'{"a":1}\n{"a":"%s"}\n{"a":2}\n' % (b"x" * 200), [(0, 1), (217, 3)]),
        (
            b'{\n  "a": 1\n}\n{\n  "a": ["%s"]\n}\n{\n  "a": 2\n}\n' % (b"x" * 200),
            [(0, 1), (229, 7)],
        ),
        (b"INFO a\n b\nINFO c\n%s\nINFO d\n e\nINFO f\n" % (b" x\n" * 100), [(0, 1), (318, 105)]),
    ],
    ids=["lines", "documents", "blocks"],
)
def test_a_record_above_the_limit_is_unreadable(
    content: bytes, places: list[tuple[int, int]], chunk: int, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_bytes(content)

    reading = read(log, record_bytes=100, chunk=chunk)

    (damage,) = reading.unreadable
    assert places == [(offset, line) for offset, line, _ in reading.rows]
    assert damage.reason.endswith("is longer than 100 bytes.")
    pages_tell_the_truth(reading, content)


def test_deep_nesting_is_one_record(tmp_path: Path) -> None:
    log = tmp_path / "log"
    deep = b"[" * 10_000 + b"]" * 10_000
    log.write_bytes(b"[\n" + deep + b"\n]\n" + deep)

    assert [b"[\n" + deep + b"\n]", deep] == read(log).documents


def test_a_large_record_is_one_record(tmp_path: Path) -> None:
    log = tmp_path / "log"
    large = b'{"a":"' + b"x" * (50 << 20) + b'"}'
    log.write_bytes(b'{"a":1}\n' + large + b"\n" + large)

    reading = read(log)

    assert [b'{"a":1}', large, large] == reading.documents
