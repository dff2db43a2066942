"""What `forensics map` makes of records, times, sums and text that nobody described to it."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import forensics
from forensics.cli.main import app
from forensics.model.errors import SourceError, UsageError
from forensics.normalise import documents
from forensics.normalise.mapping import load
from forensics.normalise.propose_line import as_objects
from tests.case.shop import charges
from tests.cli.mapped import columns, document, log, run
from tests.normalise.batches import page, prepared
from tests.normalise.unknown_logs import (
    Record,
    access_log,
    comma_separated,
    csv_rows,
    json_lines,
    snake_case,
)

pytestmark = pytest.mark.usefixtures("folder")


def expected(source: str, lists: Sequence[str] = ()) -> None:
    found = document(source, "--out", "x.toml", "--force")

    assert found["lists"] == list(lists)
    assert columns(found)["operation_key"] == "{idempotency_key}"
    assert found["trial"]["tally"]["mapped"] == 60


def test_records_are_found_in_lines_arrays_documents_and_parquet() -> None:
    rows: list[Record] = list(snake_case())
    page = {"next": None, "result": {"items": rows}}

    expected(log("lines.jsonl", json_lines(rows)))
    expected(log("array.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2)))
    expected(log("page.json", orjson.dumps(page, option=orjson.OPT_INDENT_2)), ["result.items"])
    expected(log("deep.json", orjson.dumps({"days": [{"log": rows}]})), ["days[].log"])
    pq.write_table(pa.Table.from_pylist(rows), "log.parquet")
    expected("log.parquet")


def test_a_list_inside_a_record_is_not_where_the_records_are() -> None:
    rows = [{**row, "items": [{"sku": "a", "added_at": row["created_at"]}]} for row in snake_case()]

    expected(log("log.jsonl", json_lines(rows)))


def test_only_the_unknown_part_of_a_folder_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log("logs/a.jsonl", json_lines(list(charges(30))))
    log("logs/b.jsonl", json_lines(list(snake_case())))

    expected_columns = columns(document("logs"))

    assert expected_columns["operation_key"] == "{idempotency_key}"
    assert expected_columns["occurred_at"] == "iso_time({created_at})"


def test_times_without_a_zone_keep_the_zone_in_the_command() -> None:
    found = document(log("log.csv", csv_rows(list(comma_separated()))), "--timezone", "Asia/Tokyo")

    assert "--timezone Asia/Tokyo" in found["command"]


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("%d.%m.%Y %H:%M:%S", "iso_time(day_first({time}))"),
        ("%d/%m/%Y %H:%M", "iso_time(day_first({time}))"),
        ("%m/%d/%Y %H:%M:%S.%f", "iso_time(month_first({time}))"),
        ("%m/%d/%Y, %I:%M:%S\u202f%p", "iso_time(month_first({time}))"),
        ("%Y/%m/%d %H:%M:%S", "iso_time({time})"),
        ("%Y-%m-%d %H:%M:%S,%f", "iso_time({time})"),
        ("%Y-%m-%dT%H:%M:%S,%f+00:00", "iso_time({time})"),
    ],
)
def test_times_as_people_write_them_are_read(written: str, expression: str) -> None:
    micros = 390_000 if "%f" in written else 0
    times = [datetime(2026, 11, day, day, 7, 0, micros, tzinfo=UTC) for day in range(2, 14)]
    source = log("log.jsonl", json_lines([{"time": t.strftime(written), "n": 1} for t in times]))
    found = document(source)

    assert columns(found)["occurred_at"] == expression
    _, _, *words = shlex.split(found["command"])
    CliRunner().invoke(app, ["ingest", *words])
    rows = forensics.open_case("case").sql("SELECT occurred_at AS t FROM events ORDER BY t")
    assert [row["t"] for row in rows.to_dicts()] == times


def test_a_date_that_can_be_read_either_way_is_asked_about() -> None:
    source = log("log.jsonl", json_lines([{"time": f"0{n}/05/2026 10:00"} for n in range(1, 10)]))

    assert "--set 'occurred_at=iso_time(day_first({time}))' or the same with month_first" in run(
        source
    )


def test_a_time_under_an_odd_name_is_offered() -> None:
    source = log("log.jsonl", json_lines([{"wann": f"0{n}.05.2026 10:00"} for n in range(1, 10)]))

    assert "No time was found, and most patterns need one. Perhaps --set occurred_at=wann." in run(
        source
    )


def test_a_server_that_was_asked_again_and_again_is_seen_to_be() -> None:
    # Known as an access log; here it is to be mapped all the same.
    found = document(log("log.jsonl", json_lines(list(access_log()))), "--force")
    command = shlex.split(found["command"])[1:]

    result = CliRunner().invoke(app, [*command, "--json"])

    patterns = {f["pattern"] for f in orjson.loads(result.stdout)["findings"]}
    assert "hot_loop" in patterns


@pytest.mark.parametrize("content", [b"", b"just words\nand more\n", b"\x00\x01\x02\xff" * 50])
def test_what_has_no_fields_is_said_to_have_none(content: bytes) -> None:
    source = log("odd.log", content)

    with pytest.raises(SourceError) as refusal:
        run(source)

    assert "odd.log" in str(refusal.value)


def _pairs_of(row: Record) -> str:
    return " ".join(f'{name}="{value}"' for name, value in row.items())


def _as_text(row: Record) -> str:
    rest = {name: value for name, value in row.items() if name not in {"created_at", "event_type"}}
    return f"{row['created_at']} INFO [pay-1] {row['event_type']} {_pairs_of(rest)}"


@pytest.mark.parametrize("written", [_pairs_of, _as_text], ids=["pairs", "stamped"])
def test_a_log_of_text_is_taken_apart_and_then_read_as_any_other(written: Any) -> None:
    lines = [written(row) for row in snake_case()]
    trace = "Traceback (most recent call last):\n  File x\nValueError: no"
    # A trace belongs to the line above it, where lines begin with a time.
    content = "\n".join([*lines[:3], trace, *lines[3:]] if written is _as_text else lines)
    source = log("pay.log", f"{content}\n".encode())
    found = document(source)

    result = CliRunner().invoke(app, [*shlex.split(found["command"])[1:], "--final", "--json"])

    audit = orjson.loads(result.stdout)
    assert [f["excess"] for f in audit["findings"] if f["pattern"] == "same_key"] == [1]
    assert columns(found)["operation_key"] == "{idempotency_key}"
    assert found["trial"]["tally"]["mapped"] == 60


def test_a_pattern_that_somebody_gave_is_taken() -> None:
    rows = [f"{row['created_at']}|{row['order_id']}|{row['status']}" for row in snake_case()]
    source = log("pay.log", "\n".join([*rows, ""]).encode())

    found = document(
        source, "--pattern", r"(?P<created_at>[^|]*)\|(?P<order_id>[^|]*)\|(?P<status>.*)"
    )

    assert columns(found)["occurred_at"] == "iso_time({created_at})"
    assert columns(found)["entity_id"] == "{order_id}"
    assert load(Path("pay.toml")).line is not None


def test_the_milliseconds_of_pythons_logging_are_kept() -> None:
    lines = [f"2026-11-02 08:05:{n:02d},{n:03d} INFO [w-1] done order=o-{n}" for n in range(30)]
    source = log("worker.log", "\n".join([*lines, ""]).encode())
    found = document(source)

    _, _, *words = shlex.split(found["command"])
    CliRunner().invoke(app, ["ingest", *words, "--final"])

    assert columns(found)["clock_resolution_us"] == "1000"
    rows = forensics.open_case("case").sql("SELECT occurred_at AS t FROM events ORDER BY t")
    assert [row["t"].microsecond // 1000 for row in rows.to_dicts()] == list(range(30))


def test_a_log_format_that_somebody_gave_is_taken() -> None:
    line = b'192.0.2.7 [24/Nov/2026:05:41:55 +0000] "POST /charges HTTP/1.1" 201 r-1\n'
    source = log("access.log", line * 20)

    log_format = '$remote_addr [$time_local] "$request" $status $request_id'
    found = document(source, "--log-format", log_format, "--force")

    assert found["trial"]["tally"]["mapped"] == 20
    assert "$request_id" in found["mapping"]


def test_a_log_format_makes_a_log_a_known_one() -> None:
    line = b'192.0.2.7 [24/Nov/2026:05:41:55 +0000] "GET /jobs/7 HTTP/1.1" 503 -\n'
    source = log("edge.log", line * 60)
    log_format = '$remote_addr [$time_local] "$request" $status $http_idempotency_key'

    found = document(source, "--log-format", log_format)

    assert found["known"]["format"] == "access_log"
    assert not Path("edge.toml").exists()
    assert "no mapping is needed" in run(source, "--log-format", log_format)
    CliRunner().invoke(app, [*shlex.split(found["command"])[1:], "--final"])
    rows = forensics.open_case("case").sql("SELECT DISTINCT action, outcome FROM events")
    assert rows.to_dicts() == [{"action": "GET /jobs/*", "outcome": "error"}]


def test_a_log_format_that_no_line_fits_is_not_called_known() -> None:
    source = log("edge.log", b"2026-11-24 05:41:55 GET /jobs/7\n" * 9)

    with pytest.raises(UsageError) as slip:
        run(source, "--log-format", "$remote_addr [$time_local] $status")

    assert "log format" in slip.value.hint


@pytest.mark.parametrize(
    ("name", "value", "expression", "doubted"),
    [
        ("betrag_ct", 1999, "minor_units({betrag_ct}, NULL)", False),
        ("summeCts", 1999, "minor_units({summeCts}, NULL)", False),
        ("preis_cent", 1999, "minor_units({preis_cent}, NULL)", False),
        ("betrag_c", 1999, "minor_units({betrag_c}, NULL)", False),
        # Salesforce's own fields end so; these hold decimals.
        ("Betrag__c", 1999, "major_units({Betrag__c})", True),
        ("betrag_c", "19.99", "major_units({betrag_c})", False),
        ("product", 1999, "major_units({product})", True),
        ("percent", 1999, "major_units({percent})", True),
        ("betrag", 1999, "major_units({betrag})", True),
        ("betrag", "19.99", "major_units({betrag})", False),
    ],
)
def test_money_is_read_as_cents_where_its_name_says_so_and_else_doubted(
    name: str, value: object, expression: str, *, doubted: bool
) -> None:
    rows = [{"ts": f"2026-11-02T08:00:{n:02d}Z", name: value} for n in range(60)]
    source = log("log.jsonl", json_lines(rows))

    found = document(source, "--set", f"amount={name}")
    printed = run(source, "--set", f"amount={name}", "--force")

    (amount,) = [line for line in found["columns"] if line["column"] == "amount"]
    assert amount["from"] == expression
    assert ("read as cents: the name says so" in amount["reason"]) == ("minor" in expression)
    assert bool(amount["doubt"]) == doubted
    assert ("nothing says whether they are cents" in printed) == doubted
    assert ("nothing says" in Path("log.toml").read_text(encoding="utf-8")) == doubted


def test_a_currency_that_somebody_said_decides_what_cents_are() -> None:
    rows = [{"ts": f"2026-11-02T08:00:{n:02d}Z", "betrag_ct": 1999} for n in range(60)]
    source = log("log.jsonl", json_lines(rows))

    found = document(source, "--set", "amount=betrag_ct", "--set", "currency='JPY'")

    assert columns(found)["amount"] == "minor_units({betrag_ct}, 'JPY')"


@pytest.mark.parametrize(
    ("begin", "program", "event"),
    [
        ("cron-a invoice_run[3018]:", "invoice_run", "invoice issued"),
        ("invoice_run[3018]:", "invoice_run", "invoice issued"),
        ("run 3018:", "", "run 3018: invoice issued"),
    ],
)
def test_the_program_before_a_line_is_no_part_of_what_was_done(
    begin: str, program: str, event: str
) -> None:
    lines = [f"2026-11-02 08:05:{n:02d} {begin} invoice issued id=inv_{n}" for n in range(30)]
    found = document(log("cron.log", "\n".join([*lines, ""]).encode()))

    assert columns(found).get("system", "") == ("{program}" if program else "")
    (row,) = found["classify"]
    assert row["when"] == f"{{event}} = '{event}'"
    assert row["columns"]["kind"] == "'write'"


@pytest.mark.parametrize("stamp", ["2026-11-02 08:05:{:02d} ", "Nov  2 08:05:{:02d} ", ""])
@pytest.mark.parametrize(
    ("begin", "parts"),
    [
        ("ERROR worker[3018]:", {"level": "ERROR", "program": "worker", "pid": "3018"}),
        ("ERROR[3018]:", {"level": "ERROR", "process": "3018"}),
        ("[ERROR] worker[1]:", {"level": "ERROR", "program": "worker", "pid": "1"}),
        ("[info/w-1] worker[1]:", {"level": "info", "process": "w-1", "program": "worker"}),
        ("WARN", {"level": "WARN"}),
    ],
)
def test_a_level_is_neither_a_host_nor_a_program(
    stamp: str, begin: str, parts: dict[str, str | None]
) -> None:
    _reads(f"{stamp}{begin}", {"host": None, "program": None} | parts)


@pytest.mark.parametrize(
    ("begin", "parts"),
    [
        ("2026-11-02 08:05:{:02d} a worker[1]: ERROR", {"host": "a", "level": "ERROR"}),
        ("2026-11-02 08:05:{:02d} worker[1]:", {"host": None, "program": "worker"}),
        ("2026-11-02 08:05:{:02d} ERRORS worker[1]:", {"host": "ERRORS", "program": "worker"}),
        ("Nov  2 08:05:{:02d} a worker[1]: ERROR", {"host": "a", "level": "ERROR"}),
        ("Nov  2 08:05:{:02d} a ERROR:", {"host": "a", "program": None, "level": "ERROR"}),
        ("Nov  2 08:05:{:02d} a worker:", {"host": "a", "program": "worker"}),
    ],
)
def test_a_host_and_a_program_stand_before_the_level(
    begin: str, parts: dict[str, str | None]
) -> None:
    _reads(begin, parts)


def _reads(begin: str, parts: Mapping[str, str | None]) -> None:
    lines = [f"{begin.format(n)} charge customer=c{n}" for n in range(30)]

    for found in _parts_of(lines):
        assert {name: found.get(name) for name in parts} == parts
        assert found["event"] == "charge"


def test_lines_with_and_without_a_level_are_read_by_two_patterns() -> None:
    lines = [f"2026-11-02 08:05:{n:02d} worker[1]: charge customer=c{n}" for n in range(30)]
    lines[7] = "2026-11-02 08:05:07 WARN worker[1]: charge customer=c7"

    assert [(part.get("level"), part.get("host")) for part in _parts_of(lines)] == [
        ("WARN" if n == 7 else None, None) for n in range(30)
    ]


def _parts_of(lines: Sequence[str]) -> list[dict[str, str]]:
    """What the proposed pattern makes of each line."""
    mapping = load(Path(document(log("app.log", "\n".join([*lines, ""]).encode()))["file"]))
    assert mapping.line is not None
    texts = documents.text(page([line.encode() for line in lines])).documents
    with prepared() as connection:
        parts = as_objects(connection, texts, mapping.line)
        return [orjson.loads(part) for part in parts["document"].to_pylist()]
