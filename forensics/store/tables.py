"""The Delta Lake tables of a case: made, changed and read one version at a time.

Log clean-up stays off, so that a chain of custody over the log never has a hole, and so that a
reader can step back to an older version. Checkpoints are made here, at known versions, and not
by the library's hook, which could be killed half-way through without anybody noticing.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, Transaction

from forensics.model.errors import CaseError
from forensics.model.words import of_case
from forensics.store.custody import file_digest
from forensics.store.data_file import sources
from forensics.store.durable import sync

LOG = "_delta_log"
_APPLICATION = "forensics"
_CHECKPOINT_EVERY = 25
_LAST_CHECKPOINT = "_last_checkpoint"
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


def make(folder: Path, name: str, schema: pa.Schema) -> None:
    """Make the table; one that is already there stays as it is."""
    path = folder / name
    if exists(folder, name):
        return
    path.mkdir(exist_ok=True)
    DeltaTable.create(
        path,
        schema=schema,
        name=name,
        mode="ignore",
        configuration={
            "delta.enableExpiredLogCleanup": "false",
            # Statistics of all columns; usual are the first 32.
            "delta.dataSkippingNumIndexedCols": "-1",
        },
        post_commithook_properties=_NO_HOOKS,
    )


def exists(folder: Path, name: str) -> bool:
    """Whether the table was made to the end."""
    return (folder / log_name(name, 0)).exists()


def load(folder: Path, name: str) -> DeltaTable:
    """The table at its newest version.

    Raises:
        CaseError: It is missing, or its transaction log cannot be read.
    """
    try:
        return DeltaTable(folder / name)
    except (DeltaError, TableNotFoundError, OSError, ValueError) as error:
        raise CaseError(
            f"The transaction log of `{folder / name}` cannot be read.",
            hint=f"`forensics verify {of_case(folder)}` names the file that was changed.",
        ) from error


def page_of(table: DeltaTable) -> int:
    """Number of the last commit that the table took in; 0 for none."""
    return table.transaction_version(_APPLICATION) or 0


def step_back(table: DeltaTable, *, page: int) -> DeltaTable:
    """The table as it stood when all tables had taken in `page`."""
    while page_of(table) > page:
        table.load_as_version(table.version() - 1)
    return table


def change(
    folder: Path,
    name: str,
    table: DeltaTable,
    *,
    add: Sequence[Mapping[str, Any]],
    remove: Sequence[str],
    page: int,
) -> bool:
    """Take files in and out in one commit, unless this page already did.

    Returns:
        Whether a checkpoint was made; a table loaded anew from it is faster to change.
    """
    if page_of(table) < page:
        now = int(time.time() * 1000)
        added = [
            AddAction(
                path=file["path"],
                size=file["size"],
                partition_values={},
                modification_time=now,
                data_change=True,
                stats=orjson.dumps(file["stats"]).decode(),
            )
            for file in add
        ]
        table.create_write_transaction(
            [
                *added,
                *(RemoveAction(name, data_change=True, deletion_timestamp=now) for name in remove),
            ],
            mode="append",
            schema=table.schema(),
            commit_properties=CommitProperties(app_transactions=[Transaction(_APPLICATION, page)]),
            post_commithook_properties=_NO_HOOKS,
        )
        table.update_incremental()
    due = table.version() - (_last_checkpoint(folder / name) or 0) >= _CHECKPOINT_EVERY
    if due:
        table.create_checkpoint()
    return due


def drop_torn(folder: Path, name: str, *, known: Mapping[str, str]) -> None:
    """Remove log files that a power cut tore: the library does not wait for the disk.

    Only while a journal says that the commit they belong to will be done again.

    Args:
        folder: The case.
        name: Name of the table.
        known: What the chain of custody names, with its SHA-256; it was on the disk before.
    """
    for path in (folder / name / LOG).glob("[!.]*"):
        inside = str(path.relative_to(folder))
        if path.name == _LAST_CHECKPOINT:
            torn = known.get(inside) != file_digest(path)
        else:
            torn = inside not in known and not (path.suffix == ".json" and _is_whole(path))
        if torn:
            path.unlink()


def add_columns(table: DeltaTable, schema: pa.Schema) -> None:
    """Give the table the columns it lacks; the rows it has read as null there."""
    held = {field.name for field in table.schema().fields}
    missing = [field.with_nullable(nullable=True) for field in schema if field.name not in held]
    if missing:
        fields = Schema.from_arrow(pa.schema(missing)).fields
        table.alter.add_columns(fields, post_commithook_properties=_NO_HOOKS)
        table.update_incremental()


def files(folder: Path, name: str, table: DeltaTable) -> list[Path]:
    """Data files of the table, from its log."""
    return sorted(folder / name / path for path in _actions(table)["path"].to_pylist())


def files_of_source(folder: Path, name: str, table: DeltaTable, *, source: str) -> list[Path]:
    """Data files that hold rows of this source and of no other; see `ONE_SOURCE_A_FILE`."""
    return [path for path in files(folder, name, table) if sources(path) == [source]]


def empty_columns(table: DeltaTable) -> set[str]:
    """Columns in which no row of any file holds anything, as far as the log says."""
    actions = _actions(table)
    counted = {
        column: column.split(".")[1]
        for column in actions.column_names
        if column.startswith("null_count.")
    }
    filled = {name for column, name in counted.items() if not _all_rows(actions, column)}
    return {*counted.values()} - filled


def log_files(folder: Path, name: str, table: DeltaTable, *, known: Mapping[str, str]) -> list[str]:
    """Log files written since those that are `known`, as paths inside the case."""
    written: list[str] = []
    for version in range(table.version(), -1, -1):
        path = log_name(name, version)
        if path in known:
            break
        written.append(path)
    last = _last_checkpoint(folder / name)
    if last is not None:
        checkpoint = f"{name}/{LOG}/{last:020d}.checkpoint.parquet"
        if checkpoint not in known:
            written += [checkpoint, f"{name}/{LOG}/{_LAST_CHECKPOINT}"]
    return written


def log_name(name: str, version: int) -> str:
    """The log file of one version, as a path inside the case."""
    return f"{name}/{LOG}/{version:020d}.json"


def make_durable(folder: Path, names: Sequence[str]) -> None:
    """Wait until log files and their folders are on the disk; the library does not."""
    for name in names:
        sync(folder / name)
    for parent in {(folder / name).parent for name in names}:
        sync(parent)


def _actions(table: DeltaTable) -> pa.Table:
    return pa.table(table.get_add_actions(flatten=True))


def _all_rows(actions: pa.Table, count: str) -> bool:
    """Whether of every file the count is known, and is that of its rows."""
    same = pc.equal(actions[count], actions["num_records"])
    return bool(pc.all(same, skip_nulls=False).as_py())


def _is_whole(path: Path) -> bool:
    """Whether a log file holds what makes it a version: a transaction, or the table's schema."""
    try:
        actions = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    except orjson.JSONDecodeError:
        return False
    return any("txn" in action or "metaData" in action for action in actions)


def _last_checkpoint(path: Path) -> int | None:
    pointer = path / LOG / _LAST_CHECKPOINT
    return orjson.loads(pointer.read_bytes())["version"] if pointer.exists() else None
