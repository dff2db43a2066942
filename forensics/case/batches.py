"""What is new in a source, in batches that are read, decoded and mapped ahead of their use."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from pathlib import PurePath

import duckdb

from forensics.case.ahead import ahead
from forensics.case.intake import Batch, Intake, Staged
from forensics.case.ledger import Ledger
from forensics.case.mapping_choice import MappingChoice, undecided
from forensics.model.errors import SourceError
from forensics.model.record import LIVE, Connector, KnownPart, Notice, Page
from forensics.normalise import apply, documents
from forensics.normalise.documents import Text
from forensics.normalise.mapping import Mapping
from forensics.store.engine import beside

_PAGES_AHEAD = 8
"""As many as make a batch."""


class Batches:
    """Reads one source; three threads read, map and use three batches in a row.

    Notices go to the ledger, and so does the reason why a source could not be read to its end:
    what came before it is still handed out.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        intake: Intake,
        *,
        choice: MappingChoice,
        ledger: Ledger,
    ) -> None:
        self._connection = connection
        self._intake = intake
        self._choice = choice
        self._ledger = ledger

    @contextmanager
    def of(
        self, connector: Connector, *, known: Sequence[KnownPart] = ()
    ) -> Iterator[Iterator[Staged]]:
        """Iterate over what is new; a batch is good until the next one is asked for."""
        with (
            ahead(_decoded(connector.pages(known)), most=_PAGES_AHEAD) as texts,
            closing(self._staged(self._gathered(texts, known))) as batches,
        ):
            yield batches

    def _staged(self, batches: Iterator[Batch]) -> Generator[Staged]:
        """Map each batch in another thread, on another connection, while the last one is used."""
        with ExitStack() as stack:
            connections = [stack.enter_context(beside(self._connection)) for _ in range(2)]
            in_turn = cycle(connections)
            thread = ThreadPoolExecutor(1)
            stack.callback(thread.shutdown, cancel_futures=True)
            for connection in connections:
                # Whoever leaves early does not wait for a batch that nobody will use.
                stack.callback(connection.interrupt)
            coming: list[Future[Staged]] = []
            for batch in batches:
                coming.append(thread.submit(self._intake.stage, batch, next(in_turn)))
                if len(coming) > 1:
                    yield (used := coming.pop(0).result())
                    # Before the next one is read: from a slow source that takes long.
                    apply.unstage(used.connection)
            for last in coming:
                yield last.result()

    def _gathered(
        self, items: Iterable[Text | Notice], known: Sequence[KnownPart]
    ) -> Iterator[Batch]:
        """Texts in batches of one format each."""
        formats = {k.part.identity: self._choice.named(k.format) for k in known}
        batch: Batch | None = None
        last: Mapping | None = None
        left: set[str] = set()
        for text in self._texts(items):
            part = text.page.part.identity
            mapping = formats.get(part)
            if mapping is None:
                mapping = self._fitting(text, likely=last)
                formats[part] = mapping
            last = mapping
            if mapping is None and text.page.framing == LIVE:
                if not _is_empty(text):
                    left.add(part)
                elif part in left:
                    # Its cursor stands behind records that are to be read again.
                    continue
            if batch and (
                batch.full
                or batch.mapping is not mapping
                # What a page without records says is kept, also where records without a format
                # are not.
                or (mapping is None and _is_empty(batch.texts[0]) != _is_empty(text))
            ):
                yield batch
                batch = None
            batch = batch or Batch(
                source=self._ledger.source,
                address=self._ledger.address,
                mapping=mapping,
                digest=mapping.digest if mapping else self._choice.digest(""),
                generation=self._ledger.generation,
            )
            batch.texts.append(text)
        if batch:
            yield batch

    def _fitting(self, text: Text, *, likely: Mapping | None) -> Mapping | None:
        """The mapping of a part, by its first records; doubts are told."""
        display = text.page.part.display
        names = (PurePath(display).name.partition(".")[0], self._ledger.source)
        fitting = self._choice.fitting(self._connection, text.documents, likely=likely, names=names)
        if doubt := undecided(fitting, display):
            self._ledger.tell(Notice(part=display, state="noted", sentence=doubt))
        return fitting.mapping

    def _texts(self, items: Iterable[Text | Notice]) -> Iterator[Text]:
        try:
            for item in items:
                if isinstance(item, Notice):
                    self._ledger.tell(item)
                else:
                    yield item
        except SourceError as error:
            self._ledger.failure = error


def _is_empty(text: Text) -> bool:
    return not text.page.records.num_rows


def _decoded(items: Generator[Page | Notice]) -> Generator[Text | Notice]:
    with closing(items):
        for item in items:
            yield item if isinstance(item, Notice) else documents.text(item)
