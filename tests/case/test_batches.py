"""Many batches in one run: mapped ahead of their use, yet stored as if one came after the other."""

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors import registry
from connectors.files import Files, Limits
from connectors.live.pages import PartPages
from forensics.case import intake
from forensics.case.case import Case
from forensics.model.errors import SourceError
from forensics.model.record import Connector, KnownPart, Notice, Page, Readable, SourceSpec
from forensics.normalise import apply, documents
from tests.case.shop import charges, lines, spec

PAGE = 10


@dataclass(frozen=True)
class FailsAfter:
    """A source that breaks off after some pages."""

    files: Files
    most: int

    @property
    def name(self) -> str:
        return self.files.name

    @property
    def address(self) -> str:
        return self.files.address

    def size(self) -> int | None:
        return self.files.size()

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        left = self.most
        for item in self.files.pages(known):
            if isinstance(item, Page):
                if not left:
                    raise SourceError("The server hung up.")
                left -= 1
            yield item


@dataclass(frozen=True)
class SmallPages:
    """The connectors of the project with ten records a page."""

    most: int = 1000

    def connector(self, spec: SourceSpec) -> Connector:
        limits = Limits(page_records=PAGE)
        return FailsAfter(Files(name=spec.name, address=spec.address, limits=limits), self.most)

    def open_again(self, address: str, path: str) -> AbstractContextManager[Readable]:
        return registry.open_again(address, path)

    def mapping_texts(self) -> Sequence[tuple[str, str]]:
        return registry.mapping_texts()

    def other_logs(self) -> str:
        return registry.other_logs()


@dataclass(frozen=True)
class Parcels:
    """A live source of which no format knows the records; its last page has none."""

    begun: list[str]
    name: str = "parcels"
    address: str = "parcels://"

    def connector(self, spec: SourceSpec) -> Connector:
        del spec
        return self

    def size(self) -> int | None:
        return None

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        parts = PartPages("parcels", known)
        self.begun.append(parts.cursor)
        yield parts.page(["1"], [b'{"weight":12}'], cursor="1", complete=False)
        yield parts.page([], [], cursor="2", complete=True)

    def open_again(self, address: str, path: str) -> AbstractContextManager[Readable]:
        raise FileNotFoundError(address, path)

    def mapping_texts(self) -> Sequence[tuple[str, str]]:
        return registry.mapping_texts()

    def other_logs(self) -> str:
        return registry.other_logs()


@pytest.fixture(autouse=True)
def _a_page_is_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forensics.case.intake.BATCH_RECORDS", PAGE)


def stored(case: Case) -> tuple[int, int]:
    row = case.sql("SELECT count(*), count(DISTINCT event_id) FROM events").row(0)
    return int(row[0]), int(row[1])


def test_a_record_that_an_earlier_batch_held_is_stored_once(tmp_path: Path) -> None:
    everything = list(charges(95))
    (tmp_path / "log.jsonl").write_bytes(lines([*everything, *everything[3:40]]))
    case = Case(tmp_path / "case", SmallPages())

    (account,) = case.ingest([spec(tmp_path / "log.jsonl")])

    assert (account.read, account.mapped, account.already_stored) == (132, 95, 37)
    assert stored(case) == (95, 95)


def test_each_batch_is_committed_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(95))))
    case = Case(tmp_path / "case", SmallPages())

    case.ingest([spec(tmp_path / "log.jsonl")])

    pages = case.sql("SELECT records_read FROM acquisitions ORDER BY page")["records_read"]
    assert pages.to_list() == [*[PAGE] * 9, 5]


@pytest.mark.parametrize("most", [0, 1, 2, 5])
def test_what_was_read_before_a_source_failed_is_stored(tmp_path: Path, most: int) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(95))))
    broken = Case(tmp_path / "case", SmallPages(most))

    (account,) = broken.ingest([spec(tmp_path / "log.jsonl")])
    (later,) = Case(tmp_path / "case", SmallPages()).ingest([spec(tmp_path / "log.jsonl")])

    assert (account.mapped, later.mapped) == (most * PAGE, 95 - most * PAGE)
    assert "The server hung up." in [notice.sentence for notice in account.notices]
    assert stored(broken) == (95, 95)


def test_a_record_that_stands_twice_in_a_file_is_stored_once(tmp_path: Path) -> None:
    known = [{**record, "source_position": f"old:{n}"} for n, record in enumerate(charges(8))]
    (tmp_path / "log.jsonl").write_bytes(lines([*known, known[3]]))
    case = Case(tmp_path / "case", SmallPages())

    (account,) = case.ingest([spec(tmp_path / "log.jsonl")])

    assert (account.read, account.mapped, account.already_stored) == (9, 8, 1)
    assert stored(case) == (8, 8)


def test_a_batch_of_a_live_source_is_full_by_its_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_BYTES", 1_000)
    batch = intake.Batch(source="log", address="", mapping=None, digest="", generation=0)
    parts = PartPages("orders", [])
    sizes = []
    while not batch.full:
        page = parts.page([str(parts.read)], [b'"%s"' % (b"x" * 300)], cursor="", complete=False)
        batch.texts.append(documents.text(page))
        sizes.append(page.records.nbytes)

    assert sum(sizes[:-1]) < 1_000 <= sum(sizes)


def test_a_batch_that_was_used_is_let_go_before_the_next_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    stage = apply.stage

    def watched(connection: duckdb.DuckDBPyConnection, *batch: Any, **where: str) -> frozenset[str]:
        tables = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'staged_rows'"
        held.append(connection.execute(tables).fetchall()[0][0])
        return stage(connection, *batch, **where)

    monkeypatch.setattr(apply, "stage", watched)
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(95))))
    Case(tmp_path / "case", SmallPages()).ingest([spec(tmp_path / "log.jsonl")])

    assert held == [0] * 10


def test_a_page_without_records_does_not_pass_by_those_that_no_format_knows(
    tmp_path: Path,
) -> None:
    parcels = Parcels([])
    case = Case(tmp_path / "case", parcels)
    for _ in range(2):
        (account,) = case.ingest([SourceSpec(name="parcels", address="parcels://")])

    assert parcels.begun == ["", ""]
    assert sum(account.unmapped.values()) == 1
