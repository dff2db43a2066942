"""Records that are text: how they are taken apart, and what becomes of those that do not fit."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from forensics.model.errors import UsageError
from forensics.normalise.log_format import pattern_of
from tests.normalise.batches import mapping, prepared, staged

EVENT = r"""
recognise = "{level} IS NOT NULL"
[[ignore]]
name = "banner"
when = "{$} LIKE 'Version %'"
reason = "says which version runs"
[[event]]
[event.columns]
action = "{level}"
entity_id = "{order}"
operation_key = "{key}"
attributes = "{*}"
"""


def _read(line: str, *contents: bytes) -> tuple[list[dict[str, Any]], Mapping[str, int], list[str]]:
    with prepared() as connection:
        events, tally, problems = staged(connection, mapping(f"{EVENT}[line]\n{line}"), contents)
    return events, tally.ignored, problems


def test_named_groups_are_fields_and_the_line_is_kept() -> None:
    (event,), _, _ = _read(
        r"pattern = '(?P<level>[A-Z]+)( again)? (?P<order>\S+) (?P<said>.*)'",
        b"INFO again o-1 it's done",
    )

    assert (event["action"], event["entity_id"]) == ("INFO", "o-1")
    assert event["attributes"] == '{"said":"it\'s done"}'
    assert event["raw"] == "INFO again o-1 it's done"


def test_the_first_pattern_that_fits_is_taken() -> None:
    events, _, _ = _read(
        r"pattern = ['(?P<level>[A-Z]+) #(?P<order>\d+)', '(?P<level>[A-Z]+) (?P<key>\S+)']",
        b"INFO #7",
        b"WARN k-1",
    )

    assert [(e.get("entity_id"), e.get("operation_key")) for e in events] == [
        ("7", None),
        (None, "k-1"),
    ]


def test_a_prefix_stands_before_each_pattern_and_all_its_alternatives() -> None:
    events, _, problems = _read(
        r"""prefix = '(?P<level>[A-Z]+) '
        pattern = ['^(?:#(?P<order>\d+)|(?P<key>k-\d))', '(?P<said>\w+)']""",
        b"INFO #7",
        b"WARN k-1",
        b"DEBUG hello",
        b"k-1",
    )

    assert [(e["action"], e.get("entity_id"), e.get("operation_key")) for e in events] == [
        ("INFO", "7", None),
        ("WARN", None, "k-1"),
        ("DEBUG", None, None),
    ]
    assert len(problems) == 1


def test_what_is_empty_or_absent_is_null() -> None:
    events, _, _ = _read(
        "pattern = '(?P<level>[A-Z]+) (?P<order>[^ ]*) (?P<key>.*)'\nabsent = '-'",
        b"INFO - ",
        b"INFO o-1 -",
    )

    assert [(e.get("entity_id"), e.get("operation_key")) for e in events] == [
        (None, None),
        ("o-1", None),
    ]


def test_pairs_are_fields_and_the_first_of_a_name_counts() -> None:
    (event,), _, _ = _read(
        "pattern = '(?P<level>[A-Z]+) (?P<rest>.*)'\npairs = 'rest'",
        rb'INFO charged order=o-1 key="k \"1\"", order=o-2 note=' + b"'a b'",
    )

    assert (event["entity_id"], event["operation_key"]) == ("o-1", 'k "1"')
    assert '"note":"a b"' in event["attributes"]


def test_a_text_inside_an_object_is_taken_apart_too() -> None:
    (event,), _, _ = _read(
        "pattern = '(?P<level>[A-Z]+) (?P<order>[^ ]+)'\ninside = ['message', 'log']",
        b'{"log":"INFO o-1\\n","stream":"stdout"}',
    )

    assert event["entity_id"] == "o-1"
    assert event["raw"].startswith('{"log"')


def test_a_record_that_is_json_already_is_read_as_such() -> None:
    (event,), _, _ = _read("pattern = '(?P<level>[A-Z]+)'", b'{"level":"INFO","order":"o-1"}')

    assert (event["action"], event["entity_id"]) == ("INFO", "o-1")


def test_a_dot_reaches_over_line_breaks() -> None:
    (event,), _, _ = _read("pattern = '(?P<level>[A-Z]+) (?P<key>.*)'", b"ERROR a\n  at b")

    assert event["operation_key"] == "a\n  at b"


def test_a_line_of_no_pattern_is_ignored_by_its_text_or_put_into_quarantine() -> None:
    events, ignored, problems = _read("pattern = '(?P<level>[A-Z]+) '", b"Version 1", b"half a li")

    assert events == []
    assert ignored == {"banner": 1}
    assert problems == ["fits no pattern of this format"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("pattern = '(?P<level>'", "`line.pattern` is no regular expression"),
        ("pattern = '[a-z]+'", "names no part of the line"),
        ("absent = '-'", "lacks `pattern`"),
        ("patern = '(?P<level>.)'", "patern"),
        ("pattern = '(?P<level>.)'\npairs = 'rest'", "rest"),
        ("log_format = 'no variable'", "names no variable"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        mapping(f"{EVENT}[line]\n{line}")


def test_a_pattern_that_only_python_reads_is_named() -> None:
    with pytest.raises(UsageError, match=r"`line.pattern 1` is not an expression"):
        _read("pattern = '(?P<level>[A-Z]+)(?=x)'", b"INFO")


FORMATS = {
    "nginx": (
        (
            '$remote_addr - $remote_user [$time_local] "$request" $status $upstream_status'
            " $upstream_response_time rid=${request_id}"
        ),
        (
            '10.0.0.1 - - [24/Nov/2026:05:41:55 +0000] "POST /\\x22 HTTP/1.1" 200 502, 200 : 201'
            " 0.1, 0.2 : 0.3 rid=r-1"
        ),
        {
            "remote_addr": "10.0.0.1",
            "time_local": "24/Nov/2026:05:41:55 +0000",
            "request": "POST /\\x22 HTTP/1.1",
            "status": "200",
            "upstream_status": "502, 200 : 201",
            "upstream_response_time": "0.1, 0.2 : 0.3",
            "request_id": "r-1",
        },
    ),
    "apache": (
        '%h %l %u %t "%r" %>s %O "%{X-Request-Id}i" %D %{Location}o %{ms}T',
        '10.0.0.1 - bob [24/Nov/2026:05:41:55 +0000] "GET / HTTP/1.1" 304 - "r \\"1\\"" 1234 /x 1',
        {
            "remote_addr": "10.0.0.1",
            "remote_user": "bob",
            "time_local": "24/Nov/2026:05:41:55 +0000",
            "request": "GET / HTTP/1.1",
            "status": "304",
            "bytes_sent": "-",
            "http_x_request_id": 'r \\"1\\"',
            "request_time_us": "1234",
            "sent_http_location": "/x",
            "request_time_ms": "1",
        },
    ),
    "envoy": (
        (
            '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%"'
            ' %RESPONSE_CODE% %RESPONSE_FLAGS% "%REQ(X-REQUEST-ID)%" "%UPSTREAM_HOST%"'
            " %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
        ),
        '[2026-11-24T05:41:55.000Z] "POST /a HTTP/1.1" 503 UF,URX "r-1" "10.0.0.2:80" -',
        {
            "time_iso8601": "2026-11-24T05:41:55.000Z",
            "request_method": "POST",
            "uri": "/a",
            "status": "503",
            "response_flags": "UF,URX",
            "http_x_request_id": "r-1",
            "upstream_addr": "10.0.0.2:80",
            "sent_http_x_envoy_upstream_service_time": "-",
        },
    ),
}


@pytest.mark.parametrize("server", FORMATS)
def test_a_format_is_read_as_its_server_writes_it(server: str) -> None:
    log_format, line, parts = FORMATS[server]

    found = re.match(pattern_of(log_format, where="here"), line)

    assert found is not None
    assert parts.items() <= found.groupdict().items()


@pytest.mark.parametrize("server", FORMATS)
def test_a_line_with_more_than_its_format_does_not_fit(server: str) -> None:
    log_format, line, _ = FORMATS[server]

    assert re.match(pattern_of(log_format, where="here"), f'{line} "more"') is None


def test_a_name_that_would_hide_where_a_record_stands_is_refused() -> None:
    with pytest.raises(UsageError, match=r"`let.path` has the name of a column"):
        mapping('recognise = "true"\n[let]\npath = "1"\n[[event]]\n')


def test_a_prefix_of_no_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match=r"line\.prefix` stands before a `pattern`"):
        mapping(f"{EVENT}[line]\nprefix = 'a '\nlog_format = '$remote_addr $status'")
