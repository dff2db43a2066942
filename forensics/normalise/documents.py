"""Pages of raw bytes as one table of text, ready for a mapping."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from forensics.model.record import Page, Unreadable
from forensics.normalise.apply import DOCUMENTS
from forensics.normalise.suspicion import suspicious

Located = tuple[str, str, Unreadable]
"""Part identity, path and what could not be read there."""

_KEPT_BYTES = 65_536


def table(pages: Sequence[Page]) -> tuple[pa.Table, list[Located]]:
    """All records of the pages with the schema `DOCUMENTS`, and what is no text.

    UTF-8 is checked for a page as a whole; only a page that fails is searched for the records
    to blame.
    """
    tables, unreadable = [], []
    for page in pages:
        where = page.part.identity, page.part.display
        unreadable += [(*where, bad) for bad in page.unreadable]
        records = page.records.combine_chunks()
        try:
            text = pc.cast(records["document"], pa.large_string())
        except pa.ArrowInvalid:
            records, bad = _decodable(records)
            unreadable += [(*where, one) for one in bad]
            text = pc.cast(records["document"], pa.large_string())
        tables.append(
            pa.table(
                {
                    "part": pa.repeat(where[0], records.num_rows),
                    "path": pa.repeat(where[1], records.num_rows),
                    "offset": records["offset"],
                    "line": records["line"],
                    "document": text,
                    "suspect": suspicious(text),
                },
                schema=DOCUMENTS,
            )
        )
    return pa.concat_tables(tables), unreadable


def sample(page: Page, *, most: int) -> pa.Table:
    """The first records of a page, for recognising its format."""
    few = Page(
        part=page.part,
        records=page.records.slice(0, most),
        start=page.start,
        end=page.end,
        lines=page.lines,
        sha256=page.sha256,
        head_length=page.head_length,
        head_sha256=page.head_sha256,
        framing=page.framing,
        complete=page.complete,
    )
    return table([few])[0]


def _decodable(records: pa.Table) -> tuple[pa.Table, list[Unreadable]]:
    """Split a page into the records that are UTF-8 and those that are not."""
    good, bad = [], []
    for position, document in enumerate(records["document"].to_pylist()):
        try:
            document.decode("utf-8")
            good.append(position)
        except UnicodeDecodeError as error:
            row = records.slice(position, 1).to_pylist()[0]
            bad.append(
                Unreadable(
                    offset=row["offset"],
                    line=row["line"],
                    content=document[:_KEPT_BYTES],
                    reason=f"not UTF-8: {error.reason} at byte {error.start} of the record",
                )
            )
    return records.take(pa.array(good, pa.int64())), bad
