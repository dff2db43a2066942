"""Pages of raw bytes as text, ready for a mapping."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from forensics.model.record import Page, Unreadable
from forensics.normalise.apply import DOCUMENTS
from forensics.normalise.suspicion import suspicious

Located = tuple[str, str, Unreadable]
"""Part identity, path and what could not be read there."""

_KEPT_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A page whose records are text.

    Attributes:
        page: As it was read.
        documents: Its records with the schema `DOCUMENTS`.
        unreadable: What could not be framed or is no text.
    """

    page: Page
    documents: pa.Table
    unreadable: Sequence[Located]


def text(page: Page) -> Text:
    """Decode a page.

    UTF-8 is checked for the page as a whole; only a page that fails is searched for the records
    to blame.
    """
    part, path = page.part.identity, page.part.display
    unreadable = list(page.unreadable)
    records = page.records
    try:
        documents = pc.cast(records["document"], pa.large_string())
    except pa.ArrowInvalid:
        records, undecodable = _decodable(records)
        unreadable += undecodable
        documents = pc.cast(records["document"], pa.large_string())
    columns = {
        "part": pa.repeat(part, records.num_rows),
        "path": pa.repeat(path, records.num_rows),
        "offset": records["offset"],
        "position": records["position"],
        "line": records["line"],
        "document": documents,
        "suspect": suspicious(documents),
    }
    return Text(
        page=page,
        documents=pa.table(columns, schema=DOCUMENTS),
        unreadable=[(part, path, bad) for bad in unreadable],
    )


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
