"""Ingest of JSON lines beside DuckDB's own `read_json` to zstd Parquet, in one run.

    uv run python -m benchmarks.ingest [RECORDS]

Prints the ratio of the medians; the goal is at most 3.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.made_up import write_json_lines
from benchmarks.results import keep

_GOAL = 3.0
_ROUNDS = 3

_DUCKDB = """
import duckdb, sys
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f'''COPY (FROM read_json('{sys.argv[1]}')) TO '{sys.argv[2]}'
    (FORMAT parquet, COMPRESSION zstd)''')
"""
_OURS = """
import sys, forensics
from pathlib import Path
from forensics.model.record import SourceSpec
case = forensics.open_case(Path(sys.argv[2]))
(account,) = case.ingest([SourceSpec(name="log", address=sys.argv[1])])
assert account.events == int(sys.argv[3]), account
"""


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log.jsonl"
        write_json_lines(str(log), count)
        theirs, ours = [], []
        for number in range(_ROUNDS):
            theirs.append(_timed(_DUCKDB, log, Path(scratch) / f"d{number}.parquet", count))
            ours.append(_timed(_OURS, log, Path(scratch) / f"case{number}", count))
        ratio = statistics.median(ours) / statistics.median(theirs)
        keep(
            "ingest",
            records=count,
            megabytes=round(log.stat().st_size / 1e6),
            duckdb_s=theirs,
            ours_s=ours,
            ratio=round(ratio, 2),
            goal=_GOAL,
        )
    print(f"{count:,} records: {ratio:.2f} times DuckDB's read_json to Parquet (goal {_GOAL})")


def _timed(program: str, *arguments: object) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", program, *map(str, arguments)], check=True)
    return round(time.monotonic() - began, 2)


if __name__ == "__main__":
    main()
