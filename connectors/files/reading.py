"""One reading of one part: from where the last one ended to the end there is now."""

from collections.abc import Iterator
from itertools import chain

from connectors.files.batch import Batch, Framer, unreadable
from connectors.files.blocks import Blocks
from connectors.files.content import Content
from connectors.files.fingerprint import Fingerprint
from connectors.files.framing import Prelude, framer_for, framing_of, prelude_of
from connectors.files.limits import Limits
from connectors.files.paging import Pager
from forensics.model.record import KnownPart, Page, Part


class Reading:
    """Splits what is new of a part and makes pages of it."""

    def __init__(
        self,
        *,
        part: Part,
        known: KnownPart | None,
        before: Fingerprint,
        content: Content,
        sample: bytes,
        is_final: bool,
        is_quiet: bool,
        limits: Limits,
    ) -> None:
        """Prepare to read.

        Args:
            part: The part.
            known: The known part whose content comes before, if any.
            before: The fingerprint of that content.
            content: Stands where that content ends.
            sample: The first bytes of the whole content.
            is_final: Whether nothing will be added.
            is_quiet: Whether nothing was added for longer than one record takes.
            limits: How much is handed over at once.
        """
        self._content = content
        self._is_final = is_final
        self._is_quiet = is_quiet
        self._chunk = limits.chunk
        prelude = prelude_of(sample)
        text = sample[len(prelude) :]
        # One document or a header alone looks like a line; what was added may have shown better.
        is_settled = known is not None and known.framing != "lines"
        framing = known.framing if known is not None and is_settled else framing_of(text)
        self._prelude = prelude if known is None else Prelude(mark=b"", comment=b"")
        self._lines = known.lines if known else prelude.lines
        self._framer: Framer = framer_for(
            framing,
            text,
            offset=before.length + len(self._prelude),
            lines=self._lines,
            record_bytes=limits.record_bytes,
            at_start=known is None,
        )
        self._pager = Pager(
            part=part,
            framing=framing,
            fingerprint=before.copy(),
            page_bytes=limits.page_bytes,
            page_records=limits.page_records,
        )

    @property
    def waiting(self) -> int:
        """After the last page: bytes of half a record at the end."""
        return self._framer.waiting

    def pages(self) -> Iterator[Page]:
        """Yield the pages, the last of which says whether the content was whole."""
        yield from chain.from_iterable(map(self._pager.add, self._batches()))
        yield from self._pager.close(damage=self._content.damage)

    def _batches(self) -> Iterator[Batch]:
        if len(self._prelude):
            yield self._skipped_prelude()
        while content := self._content.read(self._chunk):
            yield self._framer.feed(content)
        yield self._framer.finish(final=self._ends_here())

    def _ends_here(self) -> bool:
        """Whether the last record is whole: what is packed is closed, unless it breaks off.

        A record of several lines is written in one go, though half a line may stand in a buffer.
        """
        if self._is_final or (self._content.compressed and not self._content.damage):
            return True
        framer = self._framer
        return self._is_quiet and isinstance(framer, Blocks) and framer.is_between_lines

    def _skipped_prelude(self) -> Batch:
        mark, comment = self._prelude.mark, self._prelude.comment
        damage = unreadable(len(mark), 1, comment.rstrip(), "A comment, not a record.")
        return Batch(
            content=memoryview(self._content.read(len(self._prelude))),
            lines=self._lines,
            unreadable=[damage] if comment else [],
        )
