"""What became of a source's records, while it is being read."""

from collections import Counter
from dataclasses import dataclass, field

from forensics.model.audit import SourceAccount
from forensics.model.errors import SourceError
from forensics.model.record import Notice
from forensics.normalise.apply import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a source has been read.

    Attributes:
        source: Its name.
        records: Records read so far in this run.
        content: Bytes read in this run.
        total: Bytes there are to read, where that is known.
    """

    source: str
    records: int
    content: int
    total: int | None


@dataclass(slots=True, kw_only=True)
class Ledger:
    """A source's account while it is being read.

    Attributes:
        source: Its name.
        address: What was typed for it.
        formats: Formats that its parts turned out to have.
        total: What became of its records so far.
        notices: What is to be told of it.
        content: Bytes read.
        size: Bytes there are to read, where that is known.
        generation: How often it was mapped anew before.
        left: Part to its records that no format recognises, of which nothing is stored.
        failure: Why it could not be read to its end.
    """

    source: str
    address: str
    formats: set[str] = field(default_factory=set)
    total: Tally = field(default_factory=Tally.nothing)
    notices: list[Notice] = field(default_factory=list)
    content: int = 0
    size: int | None = None
    generation: int = 0
    left: Counter[str] = field(default_factory=Counter)
    failure: SourceError | None = None

    def tell(self, notice: Notice) -> None:
        """Keep what is to be told, and count what was recognised without being read again."""
        self.notices.append(notice)
        self.total += Tally.stored_before(notice.already_stored)

    def count(self, tally: Tally, *, content: int, format_name: str) -> None:
        """Count what became of a batch of records of one format, empty for none."""
        self.total += tally
        self.content += content
        if format_name:
            self.formats.add(format_name)

    @property
    def progress(self) -> Progress:
        """How far it has been read."""
        return Progress(
            source=self.source,
            records=self.total.read,
            content=self.content,
            total=self.size,
        )

    def take_over(self, other: "Ledger") -> None:
        """Count in what was read under another ledger of the same source."""
        self.total += other.total
        self.formats |= other.formats
        self.notices += other.notices
        self.content += other.content
        self.left += other.left

    def closed(self) -> SourceAccount:
        """The account as it stands."""
        return SourceAccount(
            source=self.source,
            address=self.address,
            formats=sorted(self.formats),
            read=self.total.read,
            mapped=self.total.mapped,
            ignored=self.total.ignored,
            already_stored=self.total.already_stored,
            quarantined=self.total.quarantined,
            events=self.total.events,
            notices=self.notices,
        )
