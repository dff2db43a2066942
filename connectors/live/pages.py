"""Pages of a live source's records: numbered, hashed one onto the other, and within a budget."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson
import pyarrow as pa

from connectors.live.address import Address
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import LIVE, RECORDS, KnownPart, Page, Part

PAGE_RECORDS = 10_000
"""Records of a page: few enough that little is read twice after a kill, enough to be fast."""


class PartPages:
    """Makes the pages of one part, beginning after what is known of it.

    A live part has no bytes to count: its offsets are the number of records before, and the
    SHA-256 of a page is that of the digest before it, the lengths of its records and the records.
    """

    def __init__(self, name: str, known: Sequence[KnownPart]) -> None:
        """Go on from what is known of the part.

        Args:
            name: What the part is called at the source; its identity.
            known: What earlier acquisitions read of the source.
        """
        self.part = Part(identity=name, display=name)
        before = next((part for part in known if part.part.identity == name), None)
        self.cursor = before.cursor if before else ""
        self._end = before.end if before else 0
        self._sha256 = before.sha256 if before else hashlib.sha256().hexdigest()

    @property
    def read(self) -> int:
        """Records of the part that were read so far, in all runs."""
        return self._end

    def page(
        self,
        positions: Sequence[str] | pa.Array,
        documents: Sequence[bytes] | pa.Array,
        *,
        cursor: str,
        complete: bool,
        coverage: str = "complete",
        coverage_reason: str = "",
    ) -> Page:
        """The next page.

        Args:
            positions: Place of each record in the source's own words; unique in the part.
            documents: The records, as JSON.
            cursor: Where to go on once the page is stored.
            complete: Whether nothing follows, for now.
            coverage: As of `Page`.
            coverage_reason: As of `Page`.
        """
        start = self._end
        content = pa.array(documents, pa.large_binary())
        count = len(content)
        records = pa.Table.from_arrays(
            [
                pa.arange(start, start + count),
                pa.nulls(count, pa.int64()),
                content,
                pa.array(positions, pa.string()),
            ],
            schema=RECORDS,
        )
        self._end += count
        self._sha256 = _chained(self._sha256, content)
        self.cursor = cursor
        return Page(
            part=self.part,
            records=records,
            start=start,
            end=self._end,
            lines=0,
            sha256=self._sha256,
            head_length=0,
            head_sha256="",
            framing=LIVE,
            cursor=cursor,
            complete=complete,
            coverage=coverage,
            coverage_reason=coverage_reason,
        )

    def standing(self, keys: Sequence[str], rows: Sequence[str]) -> Page:
        """A page of rows as they stand, read whole each time.

        A row that stands as it did has the position it had, and is not stored again.

        Args:
            keys: What tells each row from the others, such as its primary key.
            rows: The rows, as JSON objects.
        """
        name = orjson.dumps(self.part.display)
        return self.page(
            [f"{key}@{_digest(row)}" for key, row in zip(keys, rows, strict=True)],
            [
                b'{"state_of": %b, "key": %b, "row": %b}' % (name, orjson.dumps(key), row.encode())
                for key, row in zip(keys, rows, strict=True)
            ],
            cursor="",
            complete=False,
        )


def _digest(row: str) -> str:
    return hashlib.sha256(row.encode()).hexdigest()[:16]


def _chained(before: str, content: pa.Array) -> str:
    digest = hashlib.sha256(before.encode())
    # Taken anew, so that offsets begin at 0 and the buffers hold these records alone.
    _, offsets, values = pa.concat_arrays([content, content.slice(0, 0)]).buffers()
    for buffer in (offsets, values):
        if buffer is not None:
            digest.update(buffer)
    return digest.hexdigest()


@dataclass(slots=True)
class Budget:
    """How much of a live system may be asked for in one run.

    Attributes:
        max_records: Records, at most; None for all.
        max_seconds: Time, at most.
        rate: Records a second, at most.
    """

    max_records: float | None = None
    max_seconds: float | None = None
    rate: float | None = None
    _begun: float = field(default_factory=time.monotonic)
    _records: int = 0

    @classmethod
    def of(cls, address: Address) -> "Budget":
        """The budget that an address states."""
        return cls(
            max_records=address.number("max_records"),
            max_seconds=address.number("max_seconds"),
            rate=address.number("rate"),
        )

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return any(limit is not None for limit in (self.max_records, self.max_seconds, self.rate))

    def room(self, most: int | None = None) -> int:
        """How many records the next page may have, at least 1.

        Args:
            most: What the source gives at once; `PAGE_RECORDS` when it does not care.
        """
        wanted = PAGE_RECORDS if most is None else min(most, PAGE_RECORDS)
        left = wanted if self.max_records is None else int(self.max_records) - self._records
        return max(1, min(wanted, left))

    def time(self, most_s: float) -> float:
        """For how many seconds the next page may be filled, at most `most_s`."""
        if self.max_seconds is None:
            return most_s
        return max(0.0, min(most_s, self._begun + self.max_seconds - time.monotonic()))

    def spend(self, records: int) -> None:
        """Count what a page held, once it is handed over; wait where the rate asks for it.

        Raises:
            SourceError: The budget is used up.
        """
        self._records += records
        used = time.monotonic() - self._begun
        if self.max_records is not None and self._records >= self.max_records:
            raise _used_up(f"{int(self.max_records):,} records")
        if self.max_seconds is not None and used >= self.max_seconds:
            raise _used_up(f"{self.max_seconds:g} seconds")
        if self.rate is not None:
            time.sleep(max(0.0, self._records / self.rate - used))


def refuse_part(address: Address, *options: str, why: str, hint: str) -> None:
    """Refuse budgets where the next run does not go on from where one ended.

    Args:
        address: Of the source.
        options: The budgets.
        why: What would be wrong, as a sentence.
        hint: What to do in place of it.

    Raises:
        UsageError: It has one of the options.
    """
    for option in options:
        if option in address.options:
            raise UsageError(f"`{option}` is not for this source. {why}", hint=hint)


def refuse_part_of_state(address: Address, *, narrower: str) -> None:
    """Refuse to read some records of a state, which is read from its beginning each time.

    Args:
        address: Of the source.
        narrower: The option by which less can be read.

    Raises:
        UsageError: It says `max_records`.
    """
    refuse_part(
        address,
        "max_records",
        why="A state is read whole: it would give the same first records each time.",
        hint=f"Name the `{narrower}` that matters, or slow the reading down with `rate`.",
    )


def _used_up(what: str) -> SourceError:
    return SourceError(
        f"The budget of {what} is used up, and there may be more.",
        hint="Run the same command again: it goes on from there.",
    )


def as_they_stand(
    records: Iterable[tuple[str, object]],
    parts: PartPages,
    budget: Budget,
    coverage: tuple[str, str] = ("complete", ""),
) -> Iterator[Page]:
    """Pages of what a part holds now, each time all of it.

    Args:
        records: Place and document of each; a place that says something else must be another one.
            What moved while it was read may come twice: the second is left out.
        parts: The pages of the part.
        budget: Of the source.
        coverage: What is known to be missing, and why, as of `Page`.
    """
    state, reason = coverage
    seen: set[str] = set()
    places: list[str] = []
    documents: list[bytes] = []
    wanted = budget.room()
    for place, document in records:
        if place in seen:
            continue
        seen.add(place)
        places.append(place)
        documents.append(orjson.dumps(document))
        if len(places) == wanted:
            yield parts.page(
                places,
                documents,
                cursor="",
                complete=False,
                coverage=state,
                coverage_reason=reason,
            )
            budget.spend(len(places))
            places, documents, wanted = [], [], budget.room()
    yield parts.page(
        places, documents, cursor="", complete=True, coverage=state, coverage_reason=reason
    )


def pieces(batches: Iterable[pa.RecordBatch], budget: Budget) -> Iterator[pa.RecordBatch]:
    """A result in pieces, each as large as the next page may be, but for the last."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            missing = budget.room() - sum(some.num_rows for some in waiting)
            waiting.append(batch.slice(start, missing))
            start += waiting[-1].num_rows
            if waiting[-1].num_rows == missing:
                yield pa.concat_batches(waiting)
                waiting = []
    if waiting:
        yield pa.concat_batches(waiting)
