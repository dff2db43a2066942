"""What reading a table means, whatever the database: as a history, or as a state."""

import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import refuse_part_of_state
from connectors.live.payload import listed
from forensics.model.errors import SourceError, UsageError

UNSETTLED = (
    "A transaction that was open before the last rows were written is still open: it may yet add"
    " rows before them. The next run reads these rows again."
)
"""Why rows of a server's table may come after others with higher numbers."""

OPTIONS = {
    "table": "read only this table; several are separated by commas",
    "order": "the column by which rows are added; default: the key",
    "as": "`history` (default): the rows that were added; `state`: all rows as they stand now",
}
_COPIES = 5


def is_state(address: Address) -> bool:
    """Whether the address asks for the rows as they stand.

    Raises:
        UsageError: It asks for something that does not exist.
    """
    wanted = address.options.get("as", "history")
    if wanted not in {"history", "state"}:
        raise UsageError.unknown(
            "way to read a table", wanted, known=["history", "state"], where=address.text
        )
    if wanted == "state":
        refuse_part_of_state(address, narrower="table")
    return wanted == "state"


def chosen_tables(address: Address, found: Collection[str]) -> Sequence[str]:
    """The tables that the address names, or all.

    Raises:
        SourceError: One of them is not there.
    """
    named = listed(address.options.get("table", ""))
    for name in named:
        if name not in found:
            raise SourceError(
                f"`{address.text}` shows no table `{name}`.",
                hint=f"It shows: {', '.join(sorted(found)) or 'none'}.",
            )
    return named or sorted(found)


def without_order(table: str, column: str, rows: int) -> str:
    """Why a history is not whole: some rows have no place in it; empty when all have one."""
    if not rows:
        return ""
    return f"{rows:,} rows of `{table}` have no `{column}`: a history by it does not hold them."


def begun_again(table: str) -> str:
    """What is told where all rows of a history come before the last one that was read."""
    return (
        f"All rows of `{table}` come before the last one that was read: that one was deleted, or"
        " the numbers began again, as after `TRUNCATE`, and then new rows are among those that"
        " count as read. Read the table under another name, or with `?as=state`."
    )


def said_of(*, order: Sequence[str], server: str = "") -> str:
    """What else to know of a table before it is read.

    Args:
        order: By which columns rows are added.
        server: What kind of server it is on; empty where there is none.
    """
    state = "" if order else "read as state unless `order` names a column"
    return "; ".join(filter(None, [server, state]))


def quoted(name: str) -> str:
    """A name of the database inside a statement, as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile(Located):
    """A database in a file; its tables are the parts.

    Attributes:
        path: The file.
    """

    path: Path

    def size(self) -> int | None:
        """Not known: rows are not counted in bytes.

        Raises:
            SourceError: There is no such file.
        """
        if not self.path.is_file():
            raise SourceError(f"There is no file `{self.path}`.")
        return None


def file_of(address: Address) -> Path:
    """The file that an address names: `sqlite://app.db`, `sqlite:///srv/app.db`, or a path."""
    if not address.scheme:
        return Path(address.text).expanduser()
    return Path(f"{address.netloc}/{address.path}".rstrip("/")).expanduser()


@contextmanager
def copied(path: Path, *beside: Path) -> Iterator[Path]:
    """A copy of a database file and of its logs, all from one moment.

    A checkpoint between the copies would tear them; so they are copied until nothing changed
    meanwhile.

    Args:
        path: The database file.
        beside: Where its write-ahead log and its rollback journal are, if there are any.

    Raises:
        SourceError: It cannot be read, or never stands still.
    """
    with tempfile.TemporaryDirectory(prefix="forensics-") as folder:
        try:
            for _ in range(_COPIES):
                if _copy([path, *beside], Path(folder)):
                    break
            else:
                raise SourceError(
                    f"`{path}` changes faster than it can be copied.",
                    hint="Make a copy where it is written (`VACUUM INTO 'copy.db'`) and read that.",
                )
        except FileNotFoundError:
            raise SourceError(f"There is no file `{path}`.") from None
        except OSError as error:
            raise SourceError(f"`{path}` cannot be copied: {error.strerror}.") from None
        yield Path(folder) / path.name


def _copy(originals: Sequence[Path], folder: Path) -> bool:
    """Copy what is there of the files; whether none of them changed meanwhile."""
    before = [_stamp(original) for original in originals]
    for original, stamp in zip(originals, before, strict=True):
        target = folder / original.name
        target.unlink(missing_ok=True)
        try:
            if stamp or original is originals[0]:
                shutil.copyfile(original, target)
        except FileNotFoundError:
            if original is originals[0]:
                raise
            return False
    return before == [_stamp(original) for original in originals]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size
