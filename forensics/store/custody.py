"""The chain of custody: a plain-text log in which every step names what it left behind.

Each line of `custody.jsonl` is one step: the SHA-256 of every file that it wrote, and the digest
of the line before. The last digest therefore stands for the whole case. By itself the chain says
"consistent with itself"; only a digest that was kept elsewhere says "unchanged".
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from forensics.model.errors import CaseError

FILE = "custody.jsonl"
START = "0" * 64
"""What stands for the step before the first."""


class BrokenChainError(CaseError):
    """A line of the chain is not what was written.

    Attributes:
        number: Line number, from 1.
    """

    def __init__(self, folder: Path, number: int, *, problem: str) -> None:
        super().__init__(
            f"`{folder / FILE}`, line {number}: {problem}.",
            hint="The case was changed by something else than this tool. Keep it as it is and"
            " go on in a new one.",
        )
        self.number = number
        self.problem = problem


@dataclass(kw_only=True)
class Chain:
    """The chain as read so far; one in memory saves reading the file at every step.

    Attributes:
        folder: The case.
        page: Number of the last step; -1 when there is none.
        digests: Digest of every step, in order; the last is the head.
        files: What the case must hold: path inside it to hex SHA-256.
    """

    folder: Path
    page: int = -1
    digests: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, *, unfinished: bool = False) -> "Chain":
        """Read and recompute the whole chain.

        Args:
            folder: The case.
            unfinished: A journal says that a step was under way: half a last line is what a
                kill left of it, and is taken away.

        Raises:
            BrokenChainError: A line is not what was written.
        """
        path = folder / FILE
        if unfinished and path.exists():
            _drop_torn_line(path)
        chain = cls(folder=folder)
        for number, line in enumerate(_lines(path), start=1):
            chain._take(_parsed(folder, number, line, previous=chain.head))
        return chain

    @property
    def head(self) -> str:
        """The digest that stands for the whole case."""
        return self.digests[-1] if self.digests else START

    def append(self, *, page: int, what: str, at: str, tool: str, files: Mapping[str, str]) -> None:
        """Add a step; one that is already there stays as it is.

        Args:
            page: The step's number; later steps have larger ones.
            what: The verb: `ingest`, `detect`, ...
            at: When, ISO 8601 in UTC.
            tool: Version of this tool.
            files: Paths inside the case that the step wrote, to hex SHA-256.
        """
        if self.page >= page:
            return
        step: dict[str, Any] = {
            "page": page,
            "what": what,
            "at": at,
            "tool": tool,
            "files": dict(sorted(files.items())),
            "previous": self.head,
        }
        step["digest"] = _digest(step)
        with (self.folder / FILE).open("ab") as handle:
            handle.write(_line(step))
            handle.flush()
            os.fsync(handle.fileno())
        self._take(step)

    def _take(self, step: Mapping[str, Any]) -> None:
        self.page = step["page"]
        self.digests.append(step["digest"])
        self.files |= step["files"]


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def head(folder: Path) -> str:
    """The digest that stands for the whole case; keep it where the case's holder cannot write.

    Raises:
        BrokenChainError: A line of the chain is not what was written.
    """
    return Chain.read(folder).head


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as handle:
            yield from handle


def _line(step: Mapping[str, Any]) -> bytes:
    return orjson.dumps(step) + b"\n"


def _digest(step: Mapping[str, Any]) -> str:
    body = {key: value for key, value in step.items() if key != "digest"}
    return hashlib.sha256(orjson.dumps(body)).hexdigest()


def _parsed(folder: Path, number: int, line: bytes, *, previous: str) -> dict[str, Any]:
    """The step on this line; every byte of it must be as `append` writes it."""
    try:
        step: dict[str, Any] = orjson.loads(line)
        sound = step["digest"] == _digest(step) and _line(step) == line
        follows = step["previous"] == previous
        whole = isinstance(step["files"], dict) and isinstance(step["page"], int)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise BrokenChainError(folder, number, problem="this is not a step of the chain")
    if not sound:
        raise BrokenChainError(folder, number, problem="the step is not what was written")
    if not follows:
        raise BrokenChainError(folder, number, problem="it does not follow the line before")
    return step


def _drop_torn_line(path: Path) -> None:
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as handle:
            handle.truncate(content.rfind(b"\n") + 1)
            os.fsync(handle.fileno())
