"""The steps of a commit; each may be repeated after a kill."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial

from forensics.model.errors import CaseError
from forensics.store import durable, journal, tables, version
from forensics.store.case_tables import CURSOR, CaseTables
from forensics.store.custody import Chain, file_digest
from forensics.store.journal import Journal
from forensics.store.schema import TABLES

Step = Callable[[], None]


def steps_after(entry: Journal, held: CaseTables, chain: Chain) -> Iterator[Step]:
    """What is left to do once the journal is written.

    Args:
        entry: What the journal says.
        held: The tables of the case.
        chain: Its chain of custody.
    """
    if entry.schema_version is not None:
        for name in TABLES:
            yield partial(_shape, held, name)
        content = version.content(held.folder)
        yield partial(durable.replace, held.folder / version.FILE, content)
    yield partial(_place, entry, held)
    for name in _touched(entry):
        yield partial(_apply, entry, held, chain, name)
    yield partial(_record, entry, held, chain)
    yield partial(_forget, held)


def check_written_by_us(held: CaseTables, chain: Chain, name: str) -> None:
    """Refuse to go on from a table version that no step of the chain wrote.

    Raises:
        CaseError: Another tool has written to the table, or the journal of a killed process
            was taken away.
    """
    newest = tables.log_name(name, held[name].version())
    if newest not in chain.files:
        raise CaseError(
            f"Something else than this tool has written `{held.folder / newest}`.",
            hint="Keep the case as it is and go on in a new one.",
        )


def _touched(entry: Journal) -> list[str]:
    """Tables in the order in which they are written: the cursor is always there, and last."""
    return [name for name in TABLES if name in entry.changes or name == CURSOR]


def _shape(held: CaseTables, name: str) -> None:
    """Make a table that is missing, and columns that it lacks."""
    tables.make(held.folder, name, TABLES[name])
    tables.add_columns(held[name], TABLES[name])


def _place(entry: Journal, held: CaseTables) -> None:
    for name in entry.staged:
        staged, target = held.folder / journal.STAGING / name, held.folder / name
        if staged.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
            durable.sync(target.parent)


def _apply(entry: Journal, held: CaseTables, chain: Chain, name: str) -> None:
    table = held[name]
    if entry.schema_version is None and tables.page_of(table) < entry.page:
        check_written_by_us(held, chain, name)
    described = entry.changes.get(name, {"add": [], "remove": []})
    checkpointed = tables.change(
        held.folder,
        name,
        table,
        add=described["add"],
        remove=described["remove"],
        page=entry.page,
    )
    if checkpointed:
        held.load_anew(name)


def _record(entry: Journal, held: CaseTables, chain: Chain) -> None:
    shaped = TABLES if entry.schema_version is not None else _touched(entry)
    logs = [
        file
        for name in shaped
        for file in tables.log_files(held.folder, name, held[name], known=chain.files)
    ]
    tables.make_durable(held.folder, logs)
    chain.append(
        page=entry.page,
        what=entry.what,
        at=entry.at,
        tool=entry.tool,
        files=entry.files | {name: file_digest(held.folder / name) for name in logs},
    )


def _forget(held: CaseTables) -> None:
    (held.folder / journal.FILE).unlink()
    durable.sync(held.folder)
    shutil.rmtree(held.folder / journal.STAGING, ignore_errors=True)
