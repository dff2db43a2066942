"""Which logs are in a folder of several formats, where nobody gave it a name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import duckdb

from forensics.case.mapping_choice import MappingChoice
from forensics.model.errors import SourceError
from forensics.model.record import Connector, Notice, Page, Siblings, SourceSpec
from forensics.normalise import documents

_SEVERAL = 2
_SHOWN = 6
_LOOKED_INTO = 8
"""Siblings that are opened to tell the format of all of them: the first may be empty."""


class Registry(Protocol):
    """What of `forensics.case.ingest.Registry` is asked here."""

    def connector(self, spec: SourceSpec) -> Connector:
        """The connector that reads a source."""
        ...

    def siblings(self, address: str) -> Sequence[Siblings]:
        """The files under a folder or glob, those together that are one log; else nothing."""
        ...


def parted(
    connection: duckdb.DuckDBPyConnection,
    registry: Registry,
    spec: SourceSpec,
    choice: MappingChoice,
) -> list[SourceSpec]:
    """The logs that a source stands for: one, unless it is a folder of several formats.

    What is in one log are several things, and two logs may tell of one: logs of several systems
    that are taken for one let what both tell of appear twice. A name, or one format that was asked
    for, keeps a folder together, and so does that the case holds it as one log already; and the
    case keeps apart what it has read apart. A folder in it of one format is one log.

    Args:
        connection: One that `apply.prepare` has seen, with the tables of the case.
        registry: Where sources come from.
        spec: The source.
        choice: The mappings that it may be read with.
    """
    if spec.name or len(choice.forced) == 1:
        return [spec]
    try:
        siblings = registry.siblings(spec.address)
        whole = registry.connector(spec).name
    except SourceError:
        # Reading it will say why.
        return [spec]
    before = _read_before(connection, spec.address)
    if whole in before or len(siblings) < (1 if before else _SEVERAL):
        return [spec]
    formats = {one: _format(connection, registry, spec, one, choice) for one in siblings}
    logs = _logs(formats, whole)
    if not before & logs.keys() and len({name for name in formats.values() if name}) < _SEVERAL:
        return [spec]
    return [replace(spec, name=name, files=tuple(files)) for name, files in logs.items()]


def parting_notice(address: str, names: Sequence[str]) -> Notice:
    """Say which logs a folder was read as, and how to read it as one."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return Notice(
        part=address,
        state="parted",
        sentence=f"`{address}` holds several formats and is read as {len(names):,} logs:"
        f" {', '.join(names[:_SHOWN])}{more}. To read it as one, name it: `NAME={address}`.",
    )


def _logs(formats: Mapping[Siblings, str], whole: str) -> dict[str, list[str]]:
    """Name to files; a folder in the folder is one log where all in it has one format."""
    within: dict[str, set[str]] = defaultdict(set)
    for one, name in formats.items():
        within["".join(one.folders[:1])] |= {name} - {""}
    logs: dict[str, list[str]] = defaultdict(list)
    for one in formats:
        top = "".join(one.folders[:1])
        parts = [top] if top and len(within[top]) < _SEVERAL else [*one.folders, one.stem]
        logs["-".join(filter(None, parts)) or whole] += one.files
    return logs


def _format(
    connection: duckdb.DuckDBPyConnection,
    registry: Registry,
    spec: SourceSpec,
    siblings: Siblings,
    choice: MappingChoice,
) -> str:
    """What fits the first of the files that has records; empty when nothing does."""
    connector = registry.connector(replace(spec, files=siblings.files[:_LOOKED_INTO]))
    with closing(connector.pages(())) as items:
        page = next((item for item in items if isinstance(item, Page)), None)
    if page is None:
        return ""
    fitting = choice.fitting(connection, documents.text(page).documents)
    return fitting.format if fitting else ""


def _read_before(connection: duckdb.DuckDBPyConnection, address: str) -> set[str]:
    """Names under which something was read there."""
    rows = connection.execute("SELECT DISTINCT source, address FROM acquisitions").fetchall()
    place = Path(address).expanduser().absolute()
    return {source for source, other in rows if Path(other).expanduser().absolute() == place}
