"""What is to become of files that were written, noted before anything is done about it."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from forensics.model.errors import CaseError
from forensics.model.version import __version__
from forensics.store import durable
from forensics.store.custody import file_digest
from forensics.store.data_file import described

FILE = "journal.json"
STAGING = ".staging"
"""Folder in which documents wait for the commit that puts them in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a commit does to one table.

    Attributes:
        table: Its name.
        add: New data files, as `CaseStore.new_file` named them, with their row counts.
        remove: Data files that leave the table; they stay on the disk for older versions.
    """

    table: str
    add: Sequence[tuple[Path, int]] = ()
    remove: Sequence[Path] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One commit, as plain data.

    Attributes:
        page: Its number.
        what: The verb, for the chain of custody.
        at: When it was decided, ISO 8601 in UTC.
        tool: Version of this tool.
        changes: A table's name to the files it takes in (`add`) and gives up (`remove`).
        files: Files of the case that this step wrote, to hex SHA-256.
        staged: Those of them that still have to be moved out of `STAGING`.
        schema_version: Version to which the case is migrated; None in an ordinary commit.
    """

    page: int
    what: str
    at: str
    tool: str = __version__
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    staged: list[str] = field(default_factory=list)
    schema_version: int | None = None

    @classmethod
    def of(
        cls, folder: Path, changes: Sequence[Change], *, page: int, what: str,
        files: Sequence[Path] = (),
    ) -> "Journal":  # fmt: skip
        """Describe a commit of files that are on the disk already."""
        written = {
            f"{change.table}/{path.name}": path for change in changes for path, _ in change.add
        }
        staging = folder / STAGING
        files = [path.absolute() for path in files]
        staged = [str(path.relative_to(staging)) for path in files if path.is_relative_to(staging)]
        placed = [path for path in files if not path.is_relative_to(staging)]
        written |= {name: staging / name for name in staged}
        written |= {str(path.relative_to(folder)): path for path in placed}
        for path in written.values():
            durable.sync(path)
        for parent in {path.parent for path in written.values()}:
            durable.sync(parent)
        return cls(
            page=page,
            what=what,
            at=now(),
            changes=_by_table(changes),
            files={name: file_digest(path) for name, path in written.items()},
            staged=staged,
        )

    def write(self, folder: Path) -> None:
        """From here on the commit will be finished, by whoever opens the case next."""
        body = asdict(self)
        durable.replace(folder / FILE, orjson.dumps({"digest": _digest(body), "journal": body}))

    @classmethod
    def read(cls, folder: Path) -> "Journal | None":
        """The commit that was under way; None when there is none.

        Raises:
            CaseError: The journal was changed since it was written.
        """
        path = folder / FILE
        if not path.exists():
            return None
        try:
            content = orjson.loads(path.read_bytes())
            if content["digest"] == _digest(content["journal"]):
                return cls(**content["journal"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            pass
        raise CaseError(
            f"`{path}` is damaged: a commit was under way and cannot be finished.",
            hint="Keep the case as it is and go on in a new one.",
        )


def now() -> str:
    """The present instant, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat()


def _by_table(changes: Sequence[Change]) -> dict[str, dict[str, Any]]:
    """Changes of one table together: its log takes them in with one commit."""
    merged: dict[str, dict[str, Any]] = {}
    for change in changes:
        entry = merged.setdefault(change.table, {"add": [], "remove": []})
        entry["add"] += [described(path, rows=rows) for path, rows in change.add]
        entry["remove"] += [path.name for path in change.remove]
    return merged


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(body)).hexdigest()
