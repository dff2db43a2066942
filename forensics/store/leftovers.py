"""What a killed process leaves behind: files that no log and no chain of custody names."""

import re
import shutil
from collections.abc import Container
from pathlib import Path

from forensics.store import journal, version
from forensics.store.schema import TABLES

_DATA_FILE = rf"({'|'.join(TABLES)})/\d{{8}}-[0-9a-f]{{12}}\.parquet"
_LOG_FILE = rf"({'|'.join(TABLES)})/_delta_log/[^/]*(#\d+|\.tmp)"
_ATOMIC = rf"({re.escape(version.FILE)}|{re.escape(journal.FILE)})\.new"
_STAGED = rf"{re.escape(journal.STAGING)}/.*"
_LEFTOVER = re.compile(rf"{_DATA_FILE}|{_LOG_FILE}|{_ATOMIC}|{_STAGED}", re.DOTALL)


def is_leftover(name: str) -> bool:
    """Whether this tool gives such names to files that it has not committed yet.

    Args:
        name: Path inside the case of a file that the chain of custody does not name.
    """
    return _LEFTOVER.fullmatch(name) is not None


def remove(folder: Path, *, recorded: Container[str]) -> None:
    """Remove what no commit took in; only while the lock is held and no journal waits.

    Args:
        folder: The case.
        recorded: What the chain of custody names, as paths inside the case.
    """
    shutil.rmtree(folder / journal.STAGING, ignore_errors=True)
    for pattern in ("*.new", "*/*.parquet", "*/_delta_log/*"):
        for path in folder.glob(pattern):
            name = str(path.relative_to(folder))
            if name not in recorded and is_leftover(name):
                path.unlink()
