"""Proposing a mapping for a source: read a sample, propose, try the proposal on the sample."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from forensics.case.ingest import Registry
from forensics.case.mapping_choice import MappingChoice
from forensics.case.mapping_trial import Trial, tried
from forensics.model.errors import SourceError
from forensics.model.record import Notice, Page, SourceSpec
from forensics.model.words import plural
from forensics.normalise import apply, documents
from forensics.normalise.line import read_line
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.normalise.mapping import parse
from forensics.normalise.profile import profile
from forensics.normalise.propose import Proposal, propose
from forensics.normalise.propose_given import check_columns, said
from forensics.normalise.propose_line import as_objects, line_of, line_table
from forensics.normalise.propose_toml import written
from forensics.store.engine import engine

SAMPLE_RECORDS = 5_000
_PACKED = frozenset({".gz", ".zst", ".bz2", ".xz", ".zip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingProposal:
    """A mapping for an unknown log.

    Attributes:
        name: Name of the source and the format.
        address: Where the log is.
        proposal: The mapping with its reasons.
        text: The file.
        trial: What it makes of the sample.
        warning: That some records could not be looked at, and what to do; empty when all could.
    """

    name: str
    address: str
    proposal: Proposal
    text: str
    trial: Trial
    warning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A log that needs no mapping.

    Attributes:
        name: Name of the source.
        address: Where the log is.
        format: Name of its format.
        title: What people call the format.
        log_format: How a web server was told to write it, as a person said; empty when not said.
    """

    name: str
    address: str
    format: str
    title: str
    log_format: str


def propose_mapping(
    registry: Registry,
    spec: SourceSpec,
    *,
    given: Mapping[str, str],
    pattern: str = "",
    timezone: str = "UTC",
    force: bool = False,
) -> MappingProposal | Known:
    """Read a sample of a source and propose a mapping for it.

    Args:
        registry: Where sources and formats come from.
        spec: The source.
        given: Canonical column to the path or expression that a person said it is.
        pattern: How a record that is text is taken apart, as a person said it; see `Line`.
        timezone: Where times without a zone are read.
        force: Propose also for a format that needs no mapping; a log format makes it one.

    Raises:
        UsageError: A column or path in `given` does not exist, or no line fits the log format.
        SourceError: Nothing in the source can be read.
    """
    formats = [parse(text, where=where) for where, text in registry.mapping_texts()]
    check_columns(given)
    with engine() as connection:
        apply.prepare(connection, timezone=timezone)
        connector = registry.connector(spec)
        texts = [documents.text(p) for p in _first_pages(connector.pages(()), spec.address)]
        choice = MappingChoice.of((), formats, log_format="" if force else spec.log_format)
        found = [choice.fitting(connection, text.documents).mapping for text in texts]
        unknown = [t for t, known in zip(texts, found, strict=True) if force or known is None]
        if not unknown:
            known = found[0]
            assert known is not None  # noqa: S101 - every page is of a known format
            return Known(
                name=connector.name,
                address=spec.address,
                format=known.format,
                title=known.title,
                log_format=spec.log_format,
            )
        sample = pa.concat_tables(t.documents for t in unknown).slice(0, SAMPLE_RECORDS)
        table = _line_table(spec, pattern) or line_of(connection, sample)
        objects = sample
        if table:
            line = read_line(tomllib.loads(table)["line"], where="the pattern")
            objects = as_objects(connection, sample, line)
        log = profile(connection, objects)
        sentence, cure = _not_utf_8(texts)
        if not log.fields:
            if sentence:
                raise SourceError(f"{sentence} No fields are seen.", hint=cure)
            raise SourceError(
                f"`{spec.address}` holds no records with fields that a mapping could name.",
                hint="Say with --pattern or --log-format how a line is taken apart, or turn it"
                " into JSON lines, CSV or Parquet; a field's name has no colon.",
            )
        proposal = propose(log, given=said(given, log))
        name = _format_name(connector.name, formats)
        place = Path(spec.address.partition("?")[0]).name
        text = written(proposal, name=name, title=place.rstrip(":") or spec.address)
        text = f"{text}\n{table}" if table else text
        return MappingProposal(
            name=name,
            address=spec.address,
            proposal=proposal,
            text=text,
            trial=tried(connection, parse(text, where=f"{name}.toml"), sample, proposal, log),
            warning=f"{sentence} {cure}" if sentence else "",
        )


def _not_utf_8(texts: Sequence[documents.Text]) -> tuple[str, str]:
    """A sentence on what of a source is no UTF-8, and on what to do; empty when all of it is."""
    odd: dict[str, list[int | None]] = {}
    for text in texts:
        for _, path, bad in text.unreadable:
            if "UTF-8" in bad.reason:
                odd.setdefault(path, []).append(bad.line)
    if not odd:
        return "", ""
    path, lines = next(iter(odd.items()))
    others = f" {plural(len(odd) - 1, 'other file')} likewise." if len(odd) > 1 else ""
    first = f"line {lines[0]:,}" if lines[0] else "one record"
    sentence = f"`{path}` is not UTF-8: {first} is the first of {len(lines):,} that cannot be read."
    return f"{sentence}{others}", _to_utf_8(Path(path))


def _to_utf_8(place: Path) -> str:
    if not place.is_file() or place.suffix in _PACKED:
        return "Convert it, as from what Windows writes in Western Europe (cp1252)."
    new = shlex.quote(str(place.with_name(f"{place.stem}.utf-8{place.suffix}")))
    return (
        "Convert it, as from what Windows writes in Western Europe:"
        f" `iconv -f cp1252 -t utf-8 {shlex.quote(str(place))} > {new}`."
    )


def _line_table(spec: SourceSpec, pattern: str) -> str:
    """The `[line]` table that a person asked for; empty when nobody did."""
    if pattern:
        return line_table(pattern=pattern)
    return line_table(log_format=spec.log_format, absent="-") if spec.log_format else ""


def _first_pages(items: Iterator[Page | Notice], address: str) -> list[Page]:
    """Pages of a source, over all its parts, until there are enough records."""
    pages: list[Page] = []
    failed = ""
    records = 0
    for item in items:
        if isinstance(item, Notice):
            failed = item.sentence if item.state == "failed" else failed
            continue
        if item.records.num_rows:
            pages.append(item)
            records += item.records.num_rows
        if records >= SAMPLE_RECORDS:
            break
    if not records:
        raise SourceError(failed or f"`{address}` holds no records.")
    return pages


def _format_name(source: str, formats: Sequence[FormatMapping]) -> str:
    """The source's name, if no format is called so."""
    name = re.sub(r"[^\w.-]+", "-", source).strip("-.") or "log"
    return f"{name}-log" if any(known.format == name for known in formats) else name
