"""CSV: what is one, where its rows are, and what they become."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.files.separated import Header, header_of
from tests.connectors.files.readings import Readings, pages_tell_the_truth, read

HEADERS = {
    "comma": (b"id,name\n1,a\n", ("id", "name"), ","),
    "semicolon": (b"id;name\n1;a,b\n", ("id", "name"), ";"),
    "tab": (b"id\tname\n1\ta\n", ("id", "name"), "\t"),
    "quoted": (b'"id","the, name"\n1,a\n', None, ""),
    "duplicate_and_empty": (b"id,ID,,id\n1,2,3,4\n", ("id", "ID_2", "column_3", "id_3"), ","),
    "header_alone": (b"id,name\n", ("id", "name"), ","),
    "quoted_line_break": (b'id,text\n1,"a\nb"\n', ("id", "text"), ","),
    "one_column": (b"id\n1\n2\n", None, ""),
    "numbers_are_no_header": (b"1,2\n3,4\n", None, ""),
    "dates_are_no_header": (
        b"2026-11-01 00:00:00,123 INFO a\n2026-11-01 00:00:01,1 INFO b\n",
        None,
        "",
    ),
    "sentences_repeat_their_words": (b"Error, disk full\nError, disk empty\n", None, ""),
    "a_sentence_alone": (b"Hello there, world\n", None, ""),
    "rows_that_do_not_fit": (b"one, two\nthree\nfour, five, six\nseven\n", None, ""),
    "json": (b'{"a":1,"b":2}\n', None, ""),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_told_from_text(name: str) -> None:
    sample, names, delimiter = HEADERS[name]

    expected = None if names is None else Header(names=names, delimiter=delimiter)
    assert header_of(sample) == expected


@dataclass(frozen=True)
class Case:
    content: bytes
    rows: list[tuple[int, int, bytes]]
    unreadable: tuple[tuple[int, int, bytes, str], ...] = ()
    final: bool = False


CASES = {
    "rows": Case(
        b"id,name\n1,a\n2,b\n",
        [(8, 2, b'{"id":"1","name":"a"}'), (12, 3, b'{"id":"2","name":"b"}')],
    ),
    "carriage_returns": Case(
        b"id,name\r\n1,a\r\n2,b\r\n",
        [(9, 2, b'{"id":"1","name":"a"}'), (14, 3, b'{"id":"2","name":"b"}')],
    ),
    "byte_order_mark": Case(b"\xef\xbb\xbfid,name\n1,a\n", [(11, 2, b'{"id":"1","name":"a"}')]),
    "quotes_commas_line_breaks": Case(
        b'id,name\n1,"a\n""b"", c"\n\n2,""\n',
        [(8, 2, b'{"id":"1","name":"a\\n\\"b\\", c"}'), (24, 5, b'{"id":"2","name":""}')],
    ),
    "blank_lines": Case(b"\nid,name\n \n1,a\n", [(11, 4, b'{"id":"1","name":"a"}')]),
    "too_few_fields": Case(
        b"id,name,c\n1,a,x\n2\n3,b,y\n",
        [(10, 2, b'{"id":"1","name":"a","c":"x"}'), (18, 4, b'{"id":"3","name":"b","c":"y"}')],
        ((16, 3, b"2", "The row has 1 fields, the header 3."),),
    ),
    "invalid_utf8": Case(
        b"id,name\n1,a\n2,\xff\n",
        [(8, 2, b'{"id":"1","name":"a"}')],
        ((12, 3, b"2,\xff", "The row is not valid UTF-8."),),
    ),
    "a_stray_quote_swallows_one_row_at_most": Case(
        b'id,name\n1,"a\n2,b\n3,c"\n4,d\n5,"e\n6,f\n',
        [
            (8, 2, b'{"id":"1","name":"a\\n2,b\\n3,c"}'),
            (22, 5, b'{"id":"4","name":"d"}'),
            (26, 6, b'{"id":"5","name":"e"}'),
            (31, 7, b'{"id":"6","name":"f"}'),
        ],
        final=True,
    ),
    "no_last_newline_waits": Case(b"id,name\n1,a\n2,b", [(8, 2, b'{"id":"1","name":"a"}')]),
    "no_last_newline_final": Case(
        b"id,name\n1,a\n2,b",
        [(8, 2, b'{"id":"1","name":"a"}'), (12, 3, b'{"id":"2","name":"b"}')],
        final=True,
    ),
}


@pytest.mark.parametrize("chunk", [1, 3, 7, 16 << 20])
@pytest.mark.parametrize("name", CASES)
def test_rows_become_objects(name: str, chunk: int, tmp_path: Path) -> None:
    case = CASES[name]
    log = tmp_path / "log"
    log.write_bytes(case.content)

    reading = read(log, final=case.final, chunk=chunk, page_records=2)

    assert reading.framings == {"csv"}
    assert reading.rows == case.rows
    found = tuple(
        (each.offset, each.line, each.content, each.reason) for each in reading.unreadable
    )
    assert found == case.unreadable
    pages_tell_the_truth(reading, case.content)


def test_rows_that_are_added_have_the_keys_of_the_header(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"id;name\n1;a\n2;")
    readings = Readings(address=str(log))
    first = readings.read()
    log.write_bytes(b"id;name\n1;a\n2;b\n3;c\n")
    second = readings.read()

    assert first.documents == [b'{"id":"1","name":"a"}']
    assert second.rows == [(12, 3, b'{"id":"2","name":"b"}'), (16, 4, b'{"id":"3","name":"c"}')]
    assert readings.read().rows == []


def test_a_header_alone_is_no_news(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"id,name\n")
    readings = Readings(address=str(log))
    first = readings.read()
    log.write_bytes(b"id,name\n1,a\n")

    assert first.states == {"log": ["waiting"]}
    assert readings.read().rows == [(8, 2, b'{"id":"1","name":"a"}')]


def test_a_row_above_the_limit_is_unreadable(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"id,name\n1,a\n2,%s\n3,c\n" % (b"x" * 100))

    reading = read(log, record_bytes=50)

    assert [offset for offset, _, _ in reading.rows] == [8, 115]
    assert [each.reason for each in reading.unreadable] == ["The row is longer than 50 bytes."]


def _server_log(columns: int, *messages: str) -> bytes:
    rest = "," * (columns - 14)
    return b"".join(
        f'2026-11-24 05:57:48.135 UTC,"app","shop",7,,6b05.1,1,"INSERT",2026-11-24 05:57:48 UTC,'
        f'4/1,0,LOG,00000,"{message}"{rest}\n'.encode()
        for message in messages
    )


@pytest.mark.parametrize(
    ("columns", "last"), [(23, "application_name"), (24, "backend_type"), (26, "query_id")]
)
def test_the_log_of_postgresql_has_names_without_a_header(
    columns: int, last: str, tmp_path: Path
) -> None:
    log = tmp_path / "postgresql.csv"
    content = _server_log(columns, "statement: INSERT\n  INTO t", "duration: 1 ms")
    log.write_bytes(content)

    reading = read(log)

    first, second = (json.loads(document) for document in reading.documents)
    assert reading.framings == {"csv"}
    assert list(first)[-1] == last
    assert (first["message"], first["error_severity"]) == ("statement: INSERT\n  INTO t", "LOG")
    assert second["log_time"] == "2026-11-24 05:57:48.135 UTC"
    assert [line for _, line, _ in reading.rows] == [1, 3]
    pages_tell_the_truth(reading, content)


def test_the_log_of_postgresql_goes_on_where_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "postgresql.csv"
    readings = Readings(address=str(log))
    messages = []
    for content in (_server_log(26, "one"), _server_log(26, "one", "two", "three")):
        log.write_bytes(content)
        messages += [json.loads(document)["message"] for document in readings.read().documents]

    assert messages == ["one", "two", "three"]


def test_rows_with_a_time_and_other_fields_are_no_log_of_postgresql(tmp_path: Path) -> None:
    log = tmp_path / "rows.csv"
    log.write_bytes(b"2026-11-24 05:57:48.135 UTC,a,b\n" * 3)

    assert read(log).framings == {"lines"}
