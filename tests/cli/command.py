"""The command in a process of its own, as a shell starts it."""

import subprocess
import sys
from pathlib import Path

FORENSICS = Path(sys.executable).with_name("forensics")


def run(folder: Path, *arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [FORENSICS, *map(str, arguments)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"Traceback" not in done.stderr + done.stdout
    return done
