"""Finds the places an address stands for: files, folders, globs, archives, standard input."""

import glob
import os
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forensics.model.errors import SourceError
from forensics.model.record import Notice

STANDARD_INPUT = "-"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OFFICE = "[Content_Types].xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere bytes can be read from.

    Attributes:
        path: The file that is opened.
        display: What a person calls it: the path as typed, `archive.zip!member` inside a zip.
        member: Name inside the zip archive at `path`; empty when it is not one.
    """

    path: str
    display: str
    member: str = ""

    @property
    def location(self) -> str:
        """See `location`."""
        return location(self.display)


def location(display: str) -> str:
    """What is compared to tell whether two names mean one place; links are not followed."""
    return os.path.abspath(display)  # noqa: PTH100 - a link and its target are two places


@contextmanager
def places(address: str) -> Iterator[list[Place | Notice]]:
    """The places of `address` in a stable order, with what is to be told about some of them.

    Hidden files and folders are passed over, links are followed once.

    Args:
        address: Path, folder, glob, or `-` for standard input. What can be read only once
            (standard input, a pipe) is copied to a temporary file while the context is open.

    Raises:
        SourceError: There is nothing at all at `address`.
    """
    with tempfile.TemporaryDirectory(prefix="forensics-") as spool:
        # `**` matches a folder and, once more, what is in it.
        found = list(dict.fromkeys(_expanded(address, Path(spool))))
        if not found:
            raise SourceError(
                f"`{address}` has no files to read.",
                hint="Hidden files and folders are passed over; name one to read it.",
            )
        yield found


def _expanded(address: str, spool: Path) -> Iterator[Place | Notice]:
    if address == STANDARD_INPUT:
        yield _spooled(Path("/dev/stdin"), address, spool)
        return
    for path in _matches(address):
        if path.is_dir():
            yield from _folder(str(path), _display(address, path), set())
        elif stat.S_ISREG(path.stat().st_mode):
            yield from _file(str(path), _display(address, path))
        else:
            yield _spooled(path, address, spool)


def _display(address: str, path: Path) -> str:
    return address if path == Path(address).expanduser() else str(path)


def _matches(address: str) -> list[Path]:
    path = Path(address).expanduser()
    try:
        if path.exists():
            return [path]
    except PermissionError as problem:
        raise SourceError(f"`{address}` cannot be read: permission denied.") from problem
    if not glob.has_magic(address):
        raise SourceError(
            f"There is no file or folder `{address}`.",
            hint=f"The working folder is `{Path.cwd()}`.",
        )
    found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob needs a root
    if not found:
        raise SourceError(f"No file matches `{address}`.")
    return [Path(match) for match in found]


def _spooled(path: Path, display: str, spool: Path) -> Place:
    copy = spool / "content"
    with (
        path.open("rb") if display != STANDARD_INPUT else sys.stdin.buffer as stream,
        copy.open("wb") as file,
    ):
        shutil.copyfileobj(stream, file)
    return Place(path=str(copy), display=display)


def _folder(path: str, display: str, above: set[tuple[int, int]]) -> Iterator[Place | Notice]:
    """All files under a folder; `above` are the folders it lies in, by device and inode."""
    try:
        status = Path(path).stat()
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as problem:
        yield _failed(display, f"The folder `{display}` cannot be read: {problem.strerror}.")
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in entries:
        name = os.path.join(display, entry.name)  # noqa: PTH118 - keeps `./` as it was typed
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _folder(entry.path, name, above | {identity})
        elif entry.is_file():
            yield from _file(entry.path, name)
        else:
            yield _failed(name, f"`{name}` is not a file: a broken link, a pipe or a device.")


def _file(path: str, display: str) -> Iterator[Place | Notice]:
    try:
        with Path(path).open("rb") as file:
            first = file.read(len(_ZIP))
    except OSError:
        # Opening it again will say why, where all such sentences are made.
        first = b""
    if first in (_ZIP, _EMPTY_ZIP):
        yield from _archive(path, display)
    else:
        yield Place(path=path, display=display)


def _archive(path: str, display: str) -> Iterator[Place | Notice]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
    except (zipfile.BadZipFile, OSError) as problem:
        yield _failed(display, f"`{display}` is a damaged zip archive: {problem}.")
        return
    if any(member.filename == _OFFICE for member in members):
        yield _failed(display, f"`{display}` is an office document: export it as CSV first.")
        return
    shown = [member for member in members if not member.is_dir() and not _hidden(member.filename)]
    if not shown:
        yield _failed(display, f"The archive `{display}` holds no files.")
    for member in shown:
        yield Place(path=path, display=f"{display}!{member.filename}", member=member.filename)


def _hidden(member: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in member.split("/"))


def _failed(part: str, sentence: str) -> Notice:
    return Notice(part=part, state="failed", sentence=sentence)
