"""The short form of the benchmark that kills an ingest at random instants."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_five_kills_lose_and_repeat_nothing(tmp_path: Path) -> None:
    out = tmp_path / "kills.json"
    size = ["--kills", "5", "--records", "3000", "--page", "200", "--files", "2"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.reach.kills", *size, "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert run.returncode == 0, run.stderr
    result = json.loads(out.read_text())["result"]
    assert result["kills"] == 5
    assert result["rounds that finished"] >= 1
