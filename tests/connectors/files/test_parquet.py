"""Parquet: rows become objects, and a file is read once."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import Files, Limits
from forensics.model.record import Page
from tests.connectors.files.readings import Readings, pages_tell_the_truth, read


def write(path: Path, rows: int, **options: int) -> list[bytes]:
    numbers = list(range(rows))
    pq.write_table(pa.table({"id": numbers, "name": [f"n{n}" for n in numbers]}), path, **options)
    return [b'{"id":%d,"name":"n%d"}' % (n, n) for n in numbers]


@pytest.mark.parametrize("page_records", [1, 3, 7, 1000])
def test_rows_become_objects_at_their_ordinal(page_records: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    documents = write(log, 20, row_group_size=5)

    reading = read(log, page_records=page_records)

    assert reading.framings == {"parquet"}
    assert reading.rows == [(n, None, document) for n, document in enumerate(documents)]
    pages_tell_the_truth(reading, log.read_bytes())


def test_every_value_keeps_its_meaning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    table = pa.table(
        {
            "at": [datetime(2026, 11, 1, 12, 0, 0, 5, tzinfo=UTC)],
            "money": [Decimal("123456789012.3456")],
            "Id": [2**63 - 1],
            "id": [None],
            "list": [[{"a": '\x01"é'}]],
            "bytes": [b"\xff"],
        }
    )
    pq.write_table(table, log)

    assert read(log).documents == [
        '{"at":"2026-11-01 12:00:00.000005+00","money":123456789012.3456,'
        '"Id":9223372036854775807,"id_2":null,"list":[{"a":"\\u0001\\"é"}],'
        '"bytes":"\\\\xFF"}'.encode()
    ]


def test_a_reading_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    documents = write(log, 20)
    readings = Readings(address=str(log), limits=Limits(page_records=8))
    pages = Files(name="s", address=str(log), limits=readings.limits).pages([])
    first = next(page for page in pages if isinstance(page, Page))
    readings.remember([first])

    second = readings.read()

    assert [*first.records["document"].to_pylist(), *second.documents] == documents
    assert readings.read().states == {"log": ["unchanged"]}


def test_a_file_with_more_rows_is_another_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, 20)
    readings = Readings(address=str(log))
    readings.read()
    documents = write(log, 21)

    reading = readings.read()

    assert reading.states == {"log": ["replaced"]}
    assert reading.documents == documents


def test_packed_parquet_is_unpacked_first(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    documents = write(plain, 20)
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert read(packed).documents == documents


@pytest.mark.parametrize("length", [4, 100, -8])
def test_a_damaged_file_is_told(length: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, 20)
    log.write_bytes(log.read_bytes()[:length])

    reading = read(log)

    assert reading.rows == []
    assert reading.states == {"log": ["failed"]}
    assert "is a damaged Parquet file" in reading.sentence("failed")


def test_no_rows_are_no_news(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, 0)

    assert read(log).states == {"log": ["waiting"]}
