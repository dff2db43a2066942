"""Which schema version a case has, and whether a folder can be a case at all."""

import re
from pathlib import Path

import orjson

from forensics.model.errors import CaseError
from forensics.model.words import of_case
from forensics.store import journal
from forensics.store.schema import CASE_VERSION

FILE = "case.json"
_NO_EVIDENCE_YET = frozenset({".lock", f"{journal.FILE}.new"})
_UNSUITABLE = re.compile(r"[\\\x00-\x1f]|%[0-9A-Fa-f]{2}")
"""What the Delta library takes for something else in a path."""


def suitable(folder: Path, *, create: bool) -> Path:
    """The folder's absolute path, once it is known that a case is or can be there.

    Raises:
        CaseError: It is something else, cannot be named in a Delta table, or is missing and
            `create` is false.
    """
    folder = folder.absolute()
    if _UNSUITABLE.search(str(folder)):
        raise CaseError(
            f"A case cannot lie in `{folder}`: its path holds a backslash, a control character"
            " or `%` with two hex digits.",
            hint="Name another folder with --case.",
        )
    if folder.exists() and not folder.is_dir():
        raise CaseError(f"`{folder}` is a file, not a case.", hint="Name a folder with --case.")
    if (folder / FILE).exists() or (folder / journal.FILE).exists():
        return folder
    others = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    others = [name for name in others if name not in _NO_EVIDENCE_YET]
    if others:
        raise CaseError(
            f"`{folder}` is not a case: it holds `{others[0]}` but no `{FILE}`.",
            hint="Name a new or empty folder with --case.",
        )
    if not create:
        raise CaseError(
            f"There is no case in `{folder}`.",
            hint="`forensics ingest SOURCE --case DIR` makes one; or name another with --case.",
        )
    return folder


def current(folder: Path) -> int | None:
    """Schema version of the case; None when it is not made yet.

    Raises:
        CaseError: This tool is too old for the case, or `case.json` is damaged.
    """
    version = _read(folder).get("version")
    if version is not None and version > CASE_VERSION:
        raise CaseError(
            f"The case `{folder}` has schema version {version};"
            f" this tool knows up to {CASE_VERSION}.",
            hint="Install a newer event-forensics.",
        )
    return version


def first(folder: Path) -> int:
    """Schema version with which the case was made."""
    described = _read(folder)
    return described.get("first_version", described.get("version", CASE_VERSION))


def content(folder: Path) -> bytes:
    """What `case.json` says once the case has the present version."""
    return orjson.dumps({"version": CASE_VERSION, "first_version": first(folder)})


def _read(folder: Path) -> dict[str, int]:
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        described = orjson.loads(path.read_bytes())
        if isinstance(described["version"], int):
            return {key: value for key, value in described.items() if isinstance(value, int)}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise CaseError(
        f"`{path}` is damaged.",
        hint=f"`forensics verify {of_case(folder)}` says what else was changed.",
    )
