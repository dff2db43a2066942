"""Which format a part is in, judged by its records and never by its name."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from forensics.model.errors import UsageError
from forensics.normalise.compile import IGNORED_WEIGHT, acquaintance, recognition
from forensics.normalise.faults import UNREADABLE, fault
from forensics.normalise.mapping import Mapping, load
from forensics.normalise.possible import possible

SAMPLE_DOCUMENTS = 200
"""Documents of a part that are looked at; its formats do not change from line to line."""


Mark = tuple[float, ...]
"""How well a mapping fits; the first number decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """The mapping for a part.

    Attributes:
        mapping: It; None when none fits.
        rivals: Others of which the records do not tell that they fit less.
    """

    mapping: Mapping | None
    rivals: Sequence[Mapping] = ()


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


def closest(
    connection: duckdb.DuckDBPyConnection,
    mappings: Sequence[Mapping],
    documents: pa.Table,
    *,
    names: Iterable[str],
) -> Fitting:
    """Of mappings that somebody named, the one that is called as the part is, or fits it best.

    It is read as it is called where the mapping knows more of the records than it does not. Best
    fits what knows most records; of those that know as many, what has most of its fields there; of
    those, what has most fields.

    Args:
        connection: One that `apply.prepare` has seen.
        mappings: Those that were named; of two that fit alike the first wins.
        documents: Rows of `apply.DOCUMENTS`, of one part; the first 200 are looked at.
        names: What the part is called; the first that is a mapping's, or its file's, decides.
    """
    with _sampled(connection, documents):
        known = [(mapping, (_share(connection, mapping),)) for mapping in mappings]
        mostly = [mapping for mapping, (share,) in known if 2 * share > 1]
        for name in names:
            for mapping in mostly:
                if name in (mapping.format, Path(mapping.where).stem):
                    return Fitting(mapping=mapping)
        fitting = _highest(known)
        if len(fitting) > 1:
            fitting = _highest(
                [(mapping, _acquaintance(connection, mapping)) for mapping in fitting]
            )
    return Fitting(mapping=fitting[0] if fitting else None, rivals=fitting[1:])


def _highest(judged: Iterable[tuple[Mapping, Mark]]) -> list[Mapping]:
    """Those of the highest mark, each text once; none where all marks are nought."""
    marks = {mapping.digest: (mark, mapping) for mapping, mark in judged}
    most = max(mark for mark, _ in marks.values())
    return [mapping for mark, mapping in marks.values() if mark == most and any(mark)]


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


def _acquaintance(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> Mark:
    share, count = connection.execute(acquaintance(mapping)).fetchall()[0]
    return float(share), float(count)


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
        hint=f"It looks like {likely.title}: add `--format {likely.format}`, or name none."
        if likely
        else "Leave `--format` out, or let `forensics map` propose a mapping for this log.",
    )
