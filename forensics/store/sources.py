"""Whether the sources still hold what was read from them."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from forensics.model.errors import SourceError
from forensics.model.record import Readable

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a source, as the table `acquisitions` names it.

    Attributes:
        source: The log, as the analyst calls it.
        address: What was typed for it.
        part: Name of the part, from its content.
        path: Where it was last seen; for people and for opening it again.
        pages: Every acquisition: the byte up to which it had read, and the SHA-256 of the
            part's content from its beginning up to there. Ascending.
        replaced: Whether other content was read at the same path later.
    """

    source: str
    address: str
    part: str
    path: str
    pages: tuple[tuple[int, str], ...]
    replaced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """What became of one part since it was read.

    Attributes:
        part: Which.
        state: `same`; `longer` (what was read is unchanged, and more came after it);
            `shorter`; `differs`; `missing` (it cannot be opened). The first two are good.
        sentence: The same in plain words.
    """

    part: Part
    state: Literal["same", "longer", "shorter", "differs", "missing"]
    sentence: str

    @property
    def good(self) -> bool:
        """Whether everything that was read is still there, unchanged."""
        return self.state in {"same", "longer"}


Opener = Callable[[Part], AbstractContextManager[Readable]]
"""Opens a part's content as it was hashed: from its beginning, decompressed."""


def check_sources(acquisitions: pa.Table, opener: Opener) -> list[SourceCheck]:
    """Read every part again and compare it with what was acquired.

    Args:
        acquisitions: Rows of the table of that name, any order.
        opener: Opens a part; raises `SourceError` or `OSError` when it is gone.

    Returns:
        One check a part, in the order of source and part.
    """
    return [_check(part, opener) for part in _parts(acquisitions)]


def _parts(acquisitions: pa.Table) -> Iterator[Part]:
    columns = ["source", "address", "part", "path", "page", "end_offset", "sha256"]
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in acquisitions.select(columns).to_pylist():
        grouped.setdefault((row["source"], row["part"]), []).append(row)
    newest = {key: max(rows, key=lambda row: row["page"]) for key, rows in grouped.items()}
    last_at = {
        (row["source"], row["path"]): row["page"]
        for row in sorted(newest.values(), key=lambda row: row["page"])
    }
    for (source, part), rows in sorted(grouped.items()):
        last = newest[source, part]
        yield Part(
            source=source,
            address=last["address"],
            part=part,
            path=last["path"],
            pages=tuple(sorted({(row["end_offset"], row["sha256"]) for row in rows})),
            replaced=last["page"] < last_at[source, last["path"]],
        )


def _check(part: Part, opener: Opener) -> SourceCheck:
    try:
        with opener(part) as content:
            return _compared(part, content)
    except (SourceError, OSError) as error:
        return _found(part, "missing", f"cannot be opened: {error}")


def _compared(part: Part, content: Readable) -> SourceCheck:
    digest = hashlib.sha256()
    position = 0
    for end, sha256 in part.pages:
        start = position
        while position < end:
            chunk = content.read(min(_CHUNK, end - position))
            if not chunk:
                return _found(part, "shorter", f"has {position} bytes; {end} were read")
            digest.update(chunk)
            position += len(chunk)
        if digest.hexdigest() != sha256:
            return _found(part, "differs", f"is not what was read, between byte {start} and {end}")
    if content.read(1):
        return _found(part, "longer", f"has grown; the {position} bytes read are unchanged")
    return _found(part, "same", f"is unchanged: {position} bytes")


def _found(
    part: Part, state: Literal["same", "longer", "shorter", "differs", "missing"], words: str
) -> SourceCheck:
    since = " What stands there now was read later." if part.replaced else ""
    return SourceCheck(part=part, state=state, sentence=f"`{part.path}` {words}.{since}")
