"""Who reads our output may leave when he has seen enough."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.case.shop import charges, lines
from tests.cli.command import FORENSICS

# One worker audits once for all of them.
pytestmark = pytest.mark.xdist_group("audited case")

COMMANDS = {
    'sql "SELECT * FROM range(100000)"': 0,
    'sql "SELECT * FROM range(100000)" --json': 0,
    "show": 0,
    "show --json": 0,
    "formats": 0,
    "explain lost_update": 0,
    "--help": 0,
    "--version": 0,
    "trace order-0 --all": 0,
    # What was found is as true when nobody reads it.
    "detect --all": 1,
    "detect --all --json": 1,
}


def unheard(folder: Path, command: str, *, gone: str, heard: str) -> tuple[int, str]:
    """Exit code of a command, one of whose streams nobody reads, and what is in the other."""
    with subprocess.Popen(
        [FORENSICS, *shlex.split(command)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as started:
        getattr(started, gone).close()
        said = getattr(started, heard).read().decode()
    return started.returncode, said


@pytest.mark.parametrize(("command", "code"), COMMANDS.items())
def test_a_reader_who_has_gone_is_no_error(audited: Path, command: str, code: int) -> None:
    exit_code, said = unheard(audited, command, gone="stdout", heard="stderr")

    assert exit_code == code
    assert "Broken pipe" not in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_what_is_said_to_nobody_stops_no_reading(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(20))))
    exit_code, printed = unheard(tmp_path, "ingest log.jsonl", gone="stderr", heard="stdout")

    assert exit_code == 0
    assert printed.splitlines()[1] == "log\tcanonical\t20\t20\t0\t0\t0"
