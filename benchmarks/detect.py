"""Linking and the detectors beside one DuckDB pass that hashes every column, in one run.

    uv run python -m benchmarks.detect [EVENTS]

The pass reads the same events from zstd Parquet as DuckDB writes it when nothing is asked, so that
the measure does not change with how a case lays out its files; the ratio to the same pass over the
case's own files, which are quicker to read, is printed as well. Each is done five times in turn,
and the best of each counts: what else the machine does is no cost of any. Prints the ratio (goal:
at most 10) and the peak memory of the process (goal: at most 4 GB).
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.made_up import COLUMNS, NUMBERS
from benchmarks.results import keep
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from forensics.link.link import link
from forensics.model.columns import BY_NAME, EVENTS
from forensics.normalise.compile import sql_type
from forensics.store.case_store import CaseStore, Change
from forensics.store.data_file import WRITTEN_AS
from forensics.store.engine import engine

_GOAL, _GOAL_GB = 10.0, 4.0
_ROUNDS = 5


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as scratch:
        _fill(Path(scratch) / "case", count)
        with CaseStore.open(Path(scratch) / "case") as store, engine() as connection:
            store.attach(connection)
            plain = _written_plainly(connection, Path(scratch) / "plain.parquet")
            rounds = [
                (
                    _timed(_hash_everything, connection, plain),
                    _timed(_hash_everything, connection, "events"),
                    _timed(link, connection),
                    _timed(run, connection, DETECTORS),
                )
                for _ in range(_ROUNDS)
            ]
    hashing, hashing_ours, linking, detecting = map(min, zip(*rounds, strict=True))
    ratio, ratio_ours = ((linking + detecting) / each for each in (hashing, hashing_ours))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    keep(
        "detect",
        events=count,
        hash_s=hashing,
        hash_case_files_s=hashing_ours,
        link_s=linking,
        detect_s=detecting,
        ratio=round(ratio, 2),
        ratio_to_case_files=round(ratio_ours, 2),
        goal=_GOAL,
        peak_gb=round(peak, 2),
        goal_gb=_GOAL_GB,
    )
    print(f"hashing {hashing:.2f} s, linking {linking:.2f} s, detecting {detecting:.2f} s")
    print(
        f"{count:,} events: {ratio:.2f} times hashing every column (goal {_GOAL}), {ratio_ours:.2f}"
        f" times where the case's own files are hashed; peak {peak:.2f} GB (goal {_GOAL_GB})"
    )


def _fill(folder: Path, count: int) -> None:
    """A case with made-up events, written past the ingest."""
    filled = {"source": "'log'", "source_position": "'p:' || i", "acquisition_id": "'a'",
              "phase": "'single'"}  # fmt: skip
    listed = ", ".join(
        f"CAST({filled.get(f.name, _made(f.name))} AS {_type(f.name)}) AS {f.name}" for f in EVENTS
    )
    with CaseStore.open(folder) as store, engine() as connection:
        path = store.new_file("events")
        rows = connection.execute(
            f"COPY (WITH made AS (SELECT i, {COLUMNS} FROM {NUMBERS})"
            f" SELECT {listed} FROM made) TO '{path}' ({WRITTEN_AS})",
            {"count": count},
        ).fetchall()[0][0]
        store.commit([Change(table="events", add=[(path, rows)])], what="ingest")


def _made(name: str) -> str:
    return name if f"AS {name}" in COLUMNS else "NULL"


def _type(name: str) -> str:
    if name in BY_NAME:
        return sql_type(name)
    return "BIGINT" if name == "source_line" else "VARCHAR"


def _written_plainly(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """All events in one file that is not the case's; the relation to read them from."""
    connection.execute(f"COPY (FROM events) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return f"read_parquet('{path}')"


def _hash_everything(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    hashed = ", ".join(f"bit_xor(hash({field.name}))" for field in EVENTS)
    connection.execute(f"SELECT {hashed} FROM {relation}").fetchall()


def _timed(action: object, *arguments: object) -> float:
    began = time.monotonic()
    action(*arguments)  # type: ignore[operator]
    return round(time.monotonic() - began, 2)


if __name__ == "__main__":
    main()
