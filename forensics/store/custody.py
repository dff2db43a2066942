"""The chain of custody: a plain-text log in which every step names what it left behind.

Each line of `custody.jsonl` is one step: the SHA-256 of every file that it wrote, and the digest
of the line before. The last digest therefore stands for the whole case. By itself the chain says
"consistent with itself"; only a digest that was kept elsewhere says "unchanged".
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

FILE = "custody.jsonl"
_NOT_EVIDENCE = frozenset({FILE, ".lock", "journal.json"})
_CHUNK = 1 << 20
START = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One file of the case that is not what the chain says.

    Attributes:
        file: Path inside the case.
        sentence: What is wrong with it.
    """

    file: str
    sentence: str


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def append(folder: Path, *, page: int, what: str, at: str, files: Iterable[str],
           removed: Iterable[str] = ()) -> str:  # fmt: skip
    """Add a step to the chain and return the new head digest; a step already there stays.

    Args:
        folder: The case.
        page: The step's number; later steps have larger ones.
        what: The verb: `ingest`, `detect`, ...
        at: When, ISO 8601 in UTC.
        files: Paths inside the case that the step wrote.
        removed: Paths that it took away.
    """
    _drop_torn_line(folder)
    steps = list(_steps(folder))
    if steps and steps[-1]["page"] >= page:
        return str(steps[-1]["digest"])
    step: dict[str, Any] = {
        "page": page,
        "what": what,
        "at": at,
        "files": {name: file_digest(folder / name) for name in sorted(files)},
        "removed": sorted(removed),
        "previous": steps[-1]["digest"] if steps else START,
    }
    step["digest"] = _digest(step)
    with (folder / FILE).open("ab") as handle:
        handle.write(orjson.dumps(step) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    return str(step["digest"])


def head(folder: Path) -> str:
    """The digest that stands for the whole case."""
    digest = START
    for step in _steps(folder):
        digest = str(step["digest"])
    return digest


def recorded_files(folder: Path) -> dict[str, str]:
    """What the chain says the case holds: path to hex digest."""
    files: dict[str, str] = {}
    for step in _steps(folder):
        files |= step["files"]
        for name in step["removed"]:
            files.pop(name, None)
    return files


def verify(folder: Path) -> list[Difference]:
    """Recompute the chain and every file; an empty list means consistent with itself."""
    broken = _broken_chain(folder)
    if broken is not None:
        return [broken]
    recorded = recorded_files(folder)
    present = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in _NOT_EVIDENCE
    }
    differences = [
        Difference(file=name, sentence="is missing") for name in sorted(recorded.keys() - present)
    ]
    differences += [
        Difference(file=name, sentence="is not what was written: its SHA-256 differs")
        for name in sorted(recorded.keys() & present)
        if file_digest(folder / name) != recorded[name]
    ]
    return differences + [
        Difference(file=name, sentence="was added by something else than this tool")
        for name in sorted(present - recorded.keys())
    ]


def _digest(step: Mapping[str, Any]) -> str:
    body = {key: value for key, value in step.items() if key != "digest"}
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _steps(folder: Path) -> Iterator[dict[str, Any]]:
    path = folder / FILE
    if path.exists():
        with path.open("rb") as handle:
            for line in handle:
                yield orjson.loads(line)


def _drop_torn_line(folder: Path) -> None:
    """A kill in the middle of `append` leaves half a line: the step is written again whole."""
    path = folder / FILE
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as handle:
            handle.truncate(content.rfind(b"\n") + 1)


def _broken_chain(folder: Path) -> Difference | None:
    previous = START
    try:
        for number, step in enumerate(_steps(folder), start=1):
            if step["previous"] != previous or step["digest"] != _digest(step):
                return Difference(file=FILE, sentence=f"line {number} breaks the chain")
            previous = step["digest"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Difference(file=FILE, sentence="holds a line that is not a step of the chain")
    return None
