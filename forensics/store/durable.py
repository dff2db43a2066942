"""Writes that survive a kill or a power cut, and what a full or read-only disk means."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake.exceptions import DeltaError

from forensics.model.errors import CaseError
from forensics.model.words import of_case

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL_WORDS = ("no space left on device", "disk quota exceeded", "file too large")


def sync(path: Path) -> None:
    """Wait until the file's (or folder's) content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, content: bytes) -> None:
    """Write the file so that, whenever the process dies, it holds the old content or the new.

    Raises:
        OSError: The disk is full, or the folder may not be written; the old content stays.
    """
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
    sync(path.parent)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what a disk answers into a sentence; the case stays usable.

    Libraries wrap the operating system's error in classes of their own, so the words count too.

    Args:
        folder: The case that is being written.

    Raises:
        CaseError: The disk is full, or a file cannot be read or written.
    """
    try:
        yield
    except (OSError, DeltaError) as error:
        raise _sentence(error, folder) from error


def _sentence(error: Exception, folder: Path) -> CaseError:
    code = error.errno if isinstance(error, OSError) else None
    words = " ".join(str(error).split())
    if code in _FULL or any(full in words.lower() for full in _FULL_WORDS):
        return CaseError(
            f"The disk of `{folder}` is full; nothing that was stored is lost.",
            hint="Make room and run the same command again: it goes on where it stopped.",
        )
    if code in _DENIED:
        return CaseError(
            f"`{folder}` may not be written: {words}.",
            hint="Name a folder of your own with --case, or change its permissions.",
        )
    return CaseError(
        f"The case `{folder}` cannot be written: {words}.",
        hint=f"`forensics verify {of_case(folder)}` says whether something else has changed it."
        if folder.exists()
        else "Name another folder with --case.",
    )
