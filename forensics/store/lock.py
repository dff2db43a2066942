"""One writer at a time: an advisory lock on the case folder."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.model.errors import CaseError

_POLL_S = 0.1


@contextmanager
def locked(folder: Path, *, wait_s: float) -> Iterator[None]:
    """Hold the case's lock; it is released by the kernel even when the process is killed.

    Args:
        folder: The case.
        wait_s: How long to wait for another process, in seconds; `>= 0`.

    Raises:
        CaseError: Another process held it all that time.
    """
    deadline = time.monotonic() + wait_s
    with (folder / ".lock").open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise CaseError(
                        f"Another process is writing to the case `{folder}`.",
                        hint="Wait until it has finished, or raise --wait.",
                    ) from None
                time.sleep(_POLL_S)
        yield
