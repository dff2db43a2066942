"""Finds the places an address stands for: files, folders, globs, archives, standard input."""

import glob
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.files import ours
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
        has_ended: Whether nothing can be added to it any more.
    """

    path: str
    display: str
    member: str = ""
    has_ended: bool = False

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

    Hidden files and folders are passed over, and so is what is no log but something of ours: a
    case, a report, `forensics.toml`. Links are followed once.

    Args:
        address: Path, folder, glob, or `-` for standard input. What can be read only once
            (standard input, a pipe) is copied to a temporary file while the context is open.

    Raises:
        SourceError: There is nothing at all at `address`, or it is itself something of ours.
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


def is_read_once(address: str) -> bool:
    """Whether looking at what is there would use it up: standard input, a pipe, a device."""
    path = Path(address).expanduser()
    try:
        return address == STANDARD_INPUT or path.is_fifo() or path.is_char_device()
    except OSError:
        return False


def _expanded(address: str, spool: Path) -> Iterator[Place | Notice]:
    if address == STANDARD_INPUT:
        yield _spooled(Path("/dev/stdin"), address, spool)
        return
    walked: set[tuple[int, int]] = set()
    for path in _matches(address):
        if path.is_dir():
            named = path == Path(address).expanduser()
            yield from _folder(str(path), _display(address, path), walked, named=named)
        elif path.is_fifo() or path.is_char_device():
            yield _spooled(path, _display(address, path), spool)
        elif path.is_file():
            yield from _file(str(path), _display(address, path))
        else:
            yield _no_file(_display(address, path))


def _display(address: str, path: Path) -> str:
    return address if path == Path(address).expanduser() else str(path)


def _matches(address: str) -> list[Path]:
    path = Path(address).expanduser()
    try:
        if path.exists():
            return [path]
    except OSError as problem:
        raise SourceError(f"`{address}` cannot be read: {problem.strerror}.") from problem
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
    """Copy what can be read only once.

    Raises:
        SourceError: It cannot be read, or there is no room for the copy.
    """
    copy = spool / "content"
    try:
        with (
            sys.stdin.buffer if display == STANDARD_INPUT else path.open("rb") as stream,
            copy.open("wb") as file,
        ):
            shutil.copyfileobj(stream, file)
    except OSError as problem:
        raise SourceError(
            f"`{display}` cannot be copied to a temporary file: {problem.strerror}.",
            hint="Set TMPDIR to a folder with more room, or name a file.",
        ) from problem
    return Place(path=str(copy), display=display, has_ended=True)


def _folder(
    path: str, display: str, walked: set[tuple[int, int]], *, named: bool = False
) -> Iterator[Place | Notice]:
    """All files under a folder.

    Args:
        path: The folder.
        display: What it is called.
        walked: Folders that were walked already, by device and inode; this one is added.
        named: Whether the address is this very folder.

    Raises:
        SourceError: It was named and is itself something of ours.
    """
    try:
        status = Path(path).stat()
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError as problem:
        yield _failed(display, f"The folder `{display}` cannot be read: {problem.strerror}.")
        return
    identity = (status.st_dev, status.st_ino)
    if identity in walked:
        return
    walked.add(identity)
    if what := ours.passed_over([entry.name for entry in entries]):
        if named:
            raise SourceError(
                f"`{display}` is {what} of this tool, not a log.",
                hint="`forensics show --case DIR` shows what is in a case.",
            )
        sentence = f"`{display}` is {what} of this tool and was passed over."
        yield Notice(part=display, state="passed", sentence=sentence)
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.name != ours.SETTINGS:
            # Joined as text, so that `./` stays as it was typed.
            yield from _entry(entry.path, f"{display.rstrip('/')}/{entry.name}", walked)


def _entry(path: str, display: str, walked: set[tuple[int, int]]) -> Iterator[Place | Notice]:
    # os.path answers no where pathlib raises: for a link that leads to itself.
    if os.path.isdir(path):  # noqa: PTH112
        yield from _folder(path, display, walked)
    elif os.path.isfile(path):  # noqa: PTH113
        yield from _file(path, display)
    else:
        yield _no_file(display)


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


def _no_file(display: str) -> Notice:
    return _failed(display, f"`{display}` is not a file: a broken link, a pipe or a device.")


def _failed(part: str, sentence: str) -> Notice:
    return Notice(part=part, state="failed", sentence=sentence)
