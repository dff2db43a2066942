"""The command as its script calls it, in this process or in one of its own."""

import io
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest

from forensics.cli.main import main

FORENSICS = Path(sys.executable).with_name("forensics")

Done = subprocess.CompletedProcess[bytes]


def run(folder: Path, *arguments: object, stdin: bytes = b"") -> Done:
    """Call the command in a folder; what it printed, and the code that it leaves with.

    Most commands are done before Python has started: `started` is for what a process alone shows.
    """
    words = ["forensics", *map(str, arguments)]
    with (
        TemporaryFile("w+", encoding="utf-8") as output,
        TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as errors,
        io.TextIOWrapper(io.BytesIO(stdin)) as given,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.chdir(folder)
        patch.setattr(sys, "argv", words)
        for name, stream in (("stdin", given), ("stdout", output), ("stderr", errors)):
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as left:
            main()
        done = Done(words, int(left.value.code or 0), _content(output), _content(errors))
    return _without_traceback(done)


def started(folder: Path, *arguments: object, stdin: bytes = b"") -> Done:
    """Start the command in a process of its own, as a shell does."""
    return _without_traceback(
        subprocess.run(
            [FORENSICS, *map(str, arguments)],
            cwd=folder,
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )
    )


def _content(stream: IO[str]) -> bytes:
    stream.seek(0)
    return stream.read().encode()


def _without_traceback(done: Done) -> Done:
    assert b"Traceback" not in done.stderr + done.stdout
    return done
