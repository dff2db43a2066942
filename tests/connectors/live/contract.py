"""What every live connector owes, as tests that each of them inherits.

A connector's own test file makes a subclass of `LiveContract` with a fixture `system`: the source
with something in it, as real as it gets here.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar, Protocol, cast

import orjson
import pytest

from connectors import registry
from connectors.live import pages as paging
from forensics.case.case import Case
from forensics.model.audit import SourceAccount
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

PAGE = 3


class System(Protocol):
    """A source under test.

    Attributes:
        address: What a user types.
        secret: A secret that was needed to read it; empty when none was.
    """

    address: str
    secret: str

    def add(self, count: int) -> None:
        """Let the source's own software write `count` more records."""
        ...

    def marks(self) -> object:
        """Everything at the source that a reader could change: offsets, counters, slots, files."""
        ...


Place = tuple[str, str]


def read(
    address: str,
    known: Sequence[KnownPart] = (),
    *,
    most: int | None = None,
    into: list[Page] | None = None,
    allow: frozenset[str] = frozenset(),
) -> list[Page]:
    """Pages of a source; at most so many, and `into` a list that survives an error."""
    connector = registry.connector(SourceSpec(name="under-test", address=address, allow=allow))
    found = [] if into is None else into
    for item in connector.pages(known):
        if isinstance(item, Page):
            found.append(item)
            if most is not None and len(found) == most:
                break
    return found


def refusal(address: str) -> SourceError:
    """Why a source cannot be read."""
    with pytest.raises(SourceError) as raised:
        read(address)
    return raised.value


def records(pages: Sequence[Page]) -> dict[Place, bytes]:
    """Place to record; fails when two records have one place."""
    found: dict[Place, bytes] = {}
    for page in pages:
        rows = page.records.select(["position", "document"]).to_pylist()
        for row in rows:
            place = (page.part.identity, row["position"])
            assert found.setdefault(place, row["document"]) == row["document"]
    return found


def known_after(pages: Sequence[Page], before: Sequence[KnownPart] = ()) -> list[KnownPart]:
    """What the case knows once these pages are stored."""
    known = {part.part.identity: part for part in before}
    for page in pages:
        known[page.part.identity] = KnownPart(
            part=page.part,
            end=page.end,
            lines=page.lines,
            sha256=page.sha256,
            head_length=page.head_length,
            head_sha256=page.head_sha256,
            framing=page.framing,
            format="",
            records=page.end,
            cursor=page.cursor,
        )
    return list(known.values())


class CommonContract:
    """The tests of every source, whether or not reading it leaves a mark.

    Attributes:
        allow: What reading it needs to be allowed.
        records_each: How many records the source has of each that is added.
    """

    allow: ClassVar[frozenset[str]] = frozenset()
    records_each: ClassVar[int] = 1

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(paging, "PAGE_RECORDS", PAGE)

    def read(
        self, system: System, known: Sequence[KnownPart] = (), *, most: int | None = None
    ) -> list[Page]:
        with self.reading(system):
            return read(system.address, known, most=most, allow=self.allow)

    def ingest(self, system: System, case: Case) -> SourceAccount:
        with self.reading(system):
            (account,) = case.ingest([self.spec(system)])
        return account

    def reading(self, system: System) -> AbstractContextManager[None]:  # noqa: ARG002
        """Lasts as long as a reading, and begins once another one would find the same."""
        return nullcontext()

    def spec(self, system: System) -> SourceSpec:
        return SourceSpec(name="log", address=system.address, allow=self.allow)

    def told(self, system: System, pages: Sequence[Page]) -> dict[Place, bytes]:  # noqa: ARG002
        """Place to record, without what earlier readings may have changed in it."""
        return records(pages)

    def test_it_yields_json_records_each_at_its_own_place(self, system: System) -> None:
        found = records(self.read(system))

        assert len(found) >= 2 * PAGE
        assert all(isinstance(orjson.loads(document), dict) for document in found.values())
        assert all(position for _, position in found)

    def test_reading_it_twice_gives_the_same(self, system: System) -> None:
        assert self.told(system, self.read(system)) == self.told(system, self.read(system))

    def test_offsets_count_on_without_a_gap(self, system: System) -> None:
        ends: dict[str, int] = {}
        for page in self.read(system):
            assert page.start == ends.get(page.part.identity, 0)
            assert page.records["offset"].to_pylist() == list(range(page.start, page.end))
            ends[page.part.identity] = page.end

    def test_stopped_after_any_record_it_goes_on_with_nothing_missing(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paging, "PAGE_RECORDS", 1)
        everything = self.read(system)
        for stopped in range(1, len(everything)):
            first = self.read(system, most=stopped)
            second = self.read(system, known_after(first))

            assert self.told(system, [*first, *second]) == self.told(system, everything)

    def test_only_what_was_added_comes_with_the_next_reading(self, system: System) -> None:
        before = self.told(system, pages := self.read(system))
        system.add(PAGE + 1)
        after = self.told(system, self.read(system, known_after(pages)))

        assert len(after.keys() - before.keys()) == self.records_each * (PAGE + 1)
        assert before.items() | after.items() == self.told(system, self.read(system)).items()

    def test_it_stores_each_record_once_however_often_it_is_read(
        self, system: System, tmp_path: Path
    ) -> None:
        case = Case(tmp_path / "case", registry)
        first = self.ingest(system, case)
        second = self.ingest(system, case)

        assert first.read >= 2 * PAGE
        assert not first.failed
        assert not second.failed
        assert first.quarantined == second.quarantined == 0
        assert second.events == 0
        rows = case.sql("SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events").rows()
        assert rows[0][0] == rows[0][1] == first.events
        assert case.sql("SELECT DISTINCT typeof(occurred_at) FROM events").rows() in (
            [],
            [("TIMESTAMP WITH TIME ZONE",)],
        )

    def test_an_address_with_a_secret_is_refused_without_repeating_it(self, system: System) -> None:
        scheme, _, rest = system.address.partition("://")
        with pytest.raises(UsageError) as raised:
            registry.connector(
                SourceSpec(name="", address=f"{scheme}://reader:hunter2@{rest.rpartition('@')[2]}")
            )
        assert "hunter2" not in f"{raised.value} {raised.value.hint}"

    def test_a_secret_is_in_nothing_that_is_printed_or_kept(
        self, system: System, tmp_path: Path
    ) -> None:
        if not system.secret:
            return
        case = Case(tmp_path / "case", registry)
        account = self.ingest(system, case)
        connector = registry.connector(SourceSpec(name="", address=system.address))
        kept = b"".join(p.read_bytes() for p in (tmp_path / "case").rglob("*") if p.is_file())

        assert system.secret not in f"{account!r} {connector!r}"
        assert system.secret.encode() not in kept


class LiveContract(CommonContract):
    """The tests of a source that is not disturbed."""

    def test_it_leaves_the_source_as_it_was(self, system: System) -> None:
        before = system.marks()
        self.read(system)
        kind = registry.live_source(system.address)
        assert kind
        assert kind.open(SourceSpec(name="", address=system.address)).facts()

        assert system.marks() == before


class MarkedSystem(System, Protocol):
    """A source that cannot be read without a mark.

    Attributes:
        marked: What a consumer is told of each message, before and after one reading.
        page_says: What the source's page says of it.
    """

    marked: tuple[object, object]
    page_says: str

    def unmarked(self, document: bytes) -> bytes:
        """A record without the marks of earlier readings."""
        ...

    def content(self, document: bytes) -> bytes:
        """The content of the message that a record holds."""
        ...

    def taken(self) -> list[tuple[bytes, object]]:
        """What a consumer is handed next: content of each message, and what it is told of it."""
        ...


class MarkingContract(CommonContract):
    """The tests of a source that reading marks: what it leaves is said, allowed, and no more."""

    allow = frozenset({"marks"})

    def told(self, system: System, pages: Sequence[Page]) -> dict[Place, bytes]:
        marked = cast("MarkedSystem", system)
        return {place: marked.unmarked(document) for place, document in records(pages).items()}

    def test_it_says_what_it_would_leave_and_without_leave_it_leaves_nothing(
        self, system: MarkedSystem
    ) -> None:
        kind = registry.live_source(system.address)
        assert kind
        assert "--allow-marks" in kind.leaves
        assert kind.open(SourceSpec(name="", address=system.address)).facts()
        with pytest.raises(SourceError) as raised:
            read(system.address)

        assert "--allow-marks" in raised.value.hint
        assert {told for _, told in system.taken()} == {system.marked[0]}

    def test_what_it_leaves_is_what_its_page_says_and_no_more(self, system: MarkedSystem) -> None:
        kind = registry.live_source(system.address)
        assert kind
        page = Path("connectors", kind.folder, "README.md").read_text(encoding="utf-8")
        source = registry.connector(self.spec(system))
        with self.reading(system):
            items = list(source.pages([]))
        documents = records([item for item in items if isinstance(item, Page)]).values()
        notices = [item for item in items if isinstance(item, Notice)]

        assert system.page_says in " ".join(page.split())
        assert f" {len(documents)} messages" in notices[-1].sentence
        assert notices[-1].state == "noted"
        taken = system.taken()
        assert {told for _, told in taken} == {system.marked[1]}
        assert sorted(content for content, _ in taken) == sorted(map(system.content, documents))


class BudgetContract(LiveContract):
    """Further tests for sources that can be read in several runs."""

    def test_a_budget_stops_it_and_the_next_run_goes_on(self, system: System) -> None:
        joiner = "&" if "?" in system.address else "?"
        address = f"{system.address}{joiner}max_records={PAGE}"
        found: list[Page] = []
        with pytest.raises(SourceError, match="budget") as raised:
            read(address, into=found)

        assert "again" in raised.value.hint
        assert sum(page.records.num_rows for page in found) == PAGE
        rest = read(system.address, known_after(found))
        assert records(found) | records(rest) == records(read(system.address))


class HistoryContract(BudgetContract):
    """Further tests for sources that are read on from exactly where the last reading ended."""

    def test_what_was_read_does_not_come_again(self, system: System) -> None:
        before = read(system.address)

        assert not records(read(system.address, known_after(before)))
