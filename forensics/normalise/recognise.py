"""Which format a part is in, judged by its records and never by its name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from forensics.model.errors import UsageError
from forensics.normalise.compile import IGNORED_WEIGHT, recognition
from forensics.normalise.faults import UNREADABLE, fault
from forensics.normalise.mapping import Mapping, load
from forensics.normalise.possible import possible

SAMPLE_DOCUMENTS = 200
"""Documents of a part that are looked at; its formats do not change from line to line."""


def best(
    connection: duckdb.DuckDBPyConnection,
    mappings: Sequence[Mapping],
    documents: pa.Table,
    *,
    likely: Mapping | None = None,
) -> Mapping | None:
    """The mapping that recognises the largest share of the records; None when none does.

    Args:
        connection: One that `apply.prepare` has seen.
        mappings: The candidates; of two that recognise the same share the first wins.
        documents: Rows of `apply.DOCUMENTS`, of one part; the first 200 are looked at.
        likely: One that fitted the part before: where it knows every record, no other is asked.
    """
    with _sampled(connection, documents) as sample:
        if likely and _share(connection, likely) >= 1:
            return likely
        may_be = possible(connection, mappings, sample)
        chosen, most = _best_of(connection, may_be.typical)
        if most <= IGNORED_WEIGHT and may_be.ignoring:
            every = (*may_be.typical, *may_be.ignoring)
            chosen, _ = _best_of(connection, [mapping for mapping in mappings if mapping in every])
    return chosen


def recognised(
    connection: duckdb.DuckDBPyConnection, mappings: Sequence[Mapping], documents: pa.Table
) -> dict[str, float]:
    """For each format the share of records (0 to 1) that its mapping knows, also to ignore."""
    with _sampled(connection, documents) as sample:
        may_be = possible(connection, mappings, sample)
        shares = {
            mapping.format: _share(connection, mapping)
            for mapping in (*may_be.typical, *may_be.ignoring)
        }
    return dict.fromkeys((mapping.format for mapping in mappings), 0.0) | shares


def _best_of(
    connection: duckdb.DuckDBPyConnection, mappings: Sequence[Mapping]
) -> tuple[Mapping | None, float]:
    """The first that recognises most, and the share of the records that it does."""
    chosen, most = None, 0.0
    for mapping in mappings:
        share = _share(connection, mapping)
        if share > most:
            chosen, most = mapping, share
        if most >= 1:
            break
    return chosen, most


@contextmanager
def _sampled(connection: duckdb.DuckDBPyConnection, documents: pa.Table) -> Iterator[list[str]]:
    """Let queries see the first records; yields their text."""
    sample = documents.slice(0, SAMPLE_DOCUMENTS)
    connection.register("documents", sample)
    try:
        yield sample["document"].to_pylist()
    finally:
        connection.unregister("documents")


def _share(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> float:
    try:
        records, known = connection.execute(recognition(mapping)).fetchall()[0]
    except UNREADABLE as error:
        raise fault(connection, mapping, error) from None
    return float(known / records) if records else 0.0


def forced(name: str, mappings: Sequence[Mapping]) -> Mapping:
    """The mapping of that name, or the one in the file of that path; it is taken at its word.

    Raises:
        UsageError: There is neither.
    """
    for mapping in mappings:
        if mapping.format == name:
            return mapping.recognised_loosely()
    if name.endswith(".toml") or "/" in name:
        return load(Path(name)).recognised_loosely()
    raise UsageError.unknown("format", name, known=[m.format for m in mappings])


def check(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    documents: pa.Table,
    *,
    others: Sequence[Mapping] = (),
) -> None:
    """Make sure that a format somebody named fits what is there.

    Args:
        connection: One that `apply.prepare` has seen.
        mapping: The format that was named.
        documents: Rows of `apply.DOCUMENTS`, of one part.
        others: Formats among which the hint looks for a better one.

    Raises:
        UsageError: It recognises not one of the records looked at.
    """
    loose = mapping.recognised_loosely()
    if not documents.num_rows or recognised(connection, [loose], documents)[mapping.format] > 0:
        return
    path = documents["path"][0].as_py()
    likely = best(connection, others, documents)
    raise UsageError(
        f"`{path}` holds no {mapping.title}: none of its first records looks like one.",
        hint=f"It looks like {likely.title}: use `--format {likely.format}` or leave it out."
        if likely
        else "Leave `--format` out, or let `forensics map` propose a mapping for this log.",
    )
