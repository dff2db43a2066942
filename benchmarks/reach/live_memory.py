"""How much memory an ingest of a live source takes, for few records and for ten times as many.

    uv run python -m benchmarks.reach.live_memory [SOURCE…] [--records 500000 5000000]

Each ingest is a process of its own; what counts is the most that it ever held.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.reach.live_sources import SOURCES
from benchmarks.results import keep

_INGEST = """
from pathlib import Path
from forensics.cli.main import main
try:
    main()
finally:
    print(Path("/proc/self/status").read_text())
"""


def peak_mib(address: str, case: Path) -> int:
    """The most memory that an ingest into a new case held, in MiB.

    The kernel's account of an ended child would not do: it counts what its parent held when the
    child was made.
    """
    command = [sys.executable, "-c", _INGEST, "ingest", f"log={address}", "--case", str(case)]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 0, f"{child.returncode}: {child.stderr}"
    (peak_kib,) = re.findall(r"VmHWM:\s+(\d+) kB", child.stdout)
    return int(peak_kib) // 1024


def main() -> None:
    """Measure, print and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=list(SOURCES), metavar="SOURCE")
    parser.add_argument("--records", nargs="+", type=int, default=[500_000, 5_000_000])
    parser.add_argument("--out", type=Path, help="where to keep the result instead")
    arguments = parser.parse_args()
    found: dict[str, dict[str, int]] = {}
    for name in arguments.sources:
        found[name] = {}
        with SOURCES[name]() as orders, tempfile.TemporaryDirectory() as folder:
            written = 0
            for records in sorted(arguments.records):
                orders.write(range(written, records))
                written = records
                peak = peak_mib(orders.address, Path(folder, str(records)))
                found[name][f"{records:,}"] = peak
                print(f"{name}: {records:,} records, {peak:,} MiB", flush=True)
    keep(
        "live_memory",
        out=arguments.out,
        claim="most MiB that an ingest held, by the number of records",
        result=found,
    )


if __name__ == "__main__":
    main()
