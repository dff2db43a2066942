"""One writer at a time: an advisory lock on the case folder."""

import fcntl
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from forensics.model.errors import CaseError
from forensics.store.durable import disk_errors

FILE = ".lock"
_POLL_S = 0.1


@contextmanager
def locked(
    folder: Path, *, wait_s: float, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the case's lock; it is released by the kernel even when the process is killed.

    Args:
        folder: The case.
        wait_s: How long to wait for another process, in seconds; `>= 0`.
        on_wait: Told once, in a sentence, when there is something to wait for.

    Raises:
        CaseError: Another process held it all that time, or the folder may not be written.
    """
    with disk_errors(folder):
        handle = (folder / FILE).open("a+")
    with handle:
        _acquire(handle, folder, wait_s=wait_s, on_wait=on_wait)
        _sign(handle)
        yield


def _acquire(
    handle: TextIO, folder: Path, *, wait_s: float, on_wait: Callable[[str], None] | None
) -> None:
    deadline = time.monotonic() + wait_s
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise CaseError(
                    f"{_holder(handle)} is writing to the case `{folder}`.",
                    hint="Wait until it has finished, or raise --wait.",
                ) from None
            if on_wait is not None and not told:
                on_wait(f"{_holder(handle)} is writing to the case `{folder}`; waiting.")
                told = True
            time.sleep(_POLL_S)
        else:
            return


def _sign(handle: TextIO) -> None:
    """Leave a note for whoever has to wait; only they read it, and it is no evidence."""
    handle.truncate(0)
    note = {
        "pid": os.getpid(),
        "host": platform.node(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    json.dump(note, handle)
    handle.flush()


def _holder(handle: TextIO) -> str:
    handle.seek(0)
    try:
        note = json.load(handle)
        return f"Process {note['pid']} on {note['host']} (since {note['since']})"
    except (ValueError, KeyError, TypeError):
        # The holder has just taken the lock and not yet signed.
        return "Another process"
