"""Results as JSON with date, machine and commit, so that a figure can be traced to its run."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent / "results"


def keep(name: str, *, out: Path | None = None, **figures: object) -> Path:
    """Write `results/NAME.json`, or `out`, and return its path."""
    FOLDER.mkdir(exist_ok=True)
    path = out or FOLDER / f"{name}.json"
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    document = {
        "measured": name,
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": commit,
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(memory),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        **figures,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path
