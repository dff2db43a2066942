"""Reads Parquet: a record for each row, its offset the row's ordinal.

A Parquet file cannot be cut at a byte. A page that is not the last ends, as far as its digest goes,
at the same fraction of the bytes as of the rows; a reading that was broken off goes on by the row.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.files.batch import table
from connectors.files.fingerprint import Fingerprint
from connectors.files.limits import Limits
from connectors.files.rows import json_objects, unique_names
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Page, Part

MAGIC = b"PAR1"
FRAMING = "parquet"


class ParquetReading:
    """Pages of one Parquet file.

    Attributes:
        waiting: Always 0: a Parquet file is whole or it is none.
    """

    waiting = 0

    def __init__(
        self,
        path: Path,
        *,
        part: Part,
        known: KnownPart | None,
        before: Fingerprint,
        limits: Limits,
    ) -> None:
        """Prepare to read.

        Args:
            path: The file.
            part: The part.
            known: What is known of it from a reading that was broken off, if any.
            before: The fingerprint of what is known.
            limits: How much is handed over at once.
        """
        self._path = path
        self._part = part
        self._rows = known.lines if known else 0
        self._fingerprint = before.copy()
        self._limits = limits

    def pages(self) -> Iterator[Page]:
        """Yield the rows that are not known.

        Raises:
            SourceError: The file is damaged, or has a type of column that cannot be read.
        """
        try:
            with self._path.open("rb") as stream, pq.ParquetFile(self._path) as file:
                stream.seek(self._fingerprint.length)
                size, total = self._path.stat().st_size, file.metadata.num_rows
                for rows in self._new_rows(file):
                    self._rows += rows.num_rows
                    start = self._fingerprint.length
                    self._fingerprint.update(stream.read(size * self._rows // total - start))
                    yield self._page(rows, start=start, complete=self._rows == total)
        except (pa.ArrowException, OSError, duckdb.Error) as problem:
            reason = str(problem).strip().rstrip(".")
            raise SourceError(
                f"`{self._part.display}` is a damaged Parquet file: {reason}."
            ) from problem

    def _new_rows(self, file: pq.ParquetFile) -> Iterator[pa.Table]:
        ordinal = 0
        names = unique_names(file.schema_arrow.names)
        for batch in file.iter_batches(self._batch_rows(file.metadata)):
            known = min(max(self._rows - ordinal, 0), batch.num_rows)
            ordinal += batch.num_rows
            if known < batch.num_rows:
                yield pa.table(batch.slice(known)).rename_columns(names)

    def _batch_rows(self, metadata: pq.FileMetaData) -> int:
        """As many rows as make a page."""
        groups = map(metadata.row_group, range(metadata.num_row_groups))
        row_bytes: int = (
            sum(group.total_byte_size for group in groups) // max(metadata.num_rows, 1) + 1
        )
        return max(1, min(self._limits.page_records, self._limits.page_bytes // row_bytes))

    def _page(self, rows: pa.Table, *, start: int, complete: bool) -> Page:
        return Page(
            part=self._part,
            records=table(
                pa.arange(self._rows - rows.num_rows, self._rows),
                pa.nulls(rows.num_rows, pa.int64()),
                json_objects(rows),
            ),
            start=start,
            end=self._fingerprint.length,
            lines=self._rows,
            sha256=self._fingerprint.sha256,
            head_length=self._fingerprint.head_length,
            head_sha256=self._fingerprint.head_sha256,
            framing=FRAMING,
            milestones=self._fingerprint.milestones,
            complete=complete,
        )
