"""Makes an incident and its clean twin on real servers, and keeps what was logged.

uv run python -m tests.incidents.record NAME...
"""

import gzip
import json
import re
import shutil
import socket
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from tests.incidents.recording import Truth

RECORDED = Path(__file__).parent / "recorded"
_HERE = re.compile(
    rf"\b{re.escape(socket.gethostname())}\b|{tempfile.gettempdir()}/|{Path.cwd()}".encode()
)
MOST_BYTES, MOST_PLAIN_BYTES = 100_000, 50_000


def record(name: str) -> None:
    """Write `recorded/NAME` and `recorded/NAME/clean`."""
    target = RECORDED / name
    shutil.rmtree(target, ignore_errors=True)
    for folder, fault in ((target, True), (target / "clean", False)):
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as place:
            truth = made(name, folder, Path(place), fault=fault)
        compress(folder)
        require_presentable(folder)
        sys.stdout.write(f"{folder}: {len(truth.excess)} too many, {len(truth.damaged)} wrong\n")


def made(name: str, folder: Path, place: Path, *, fault: bool) -> Truth:
    """Let it happen, and write its logs and the truth into a folder; servers live in `place`."""
    script = import_module(f"tests.incidents.made.{name}")
    truth: Truth = script.record(folder, place, fault=fault)
    document = {"title": script.__doc__.strip().partition("\n")[0], **truth.document()}
    (folder / "truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return truth


def compress(folder: Path) -> None:
    """Pack what would be large in a repository."""
    for path in folder.glob("*.*"):
        if path.stat().st_size > MOST_PLAIN_BYTES:
            packed = gzip.compress(path.read_bytes(), mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)
            path.unlink()


def require_presentable(folder: Path) -> None:
    """Nothing large, and nothing that says where it was made."""
    for path in folder.glob("*.*"):
        content = path.read_bytes()
        assert len(content) < MOST_BYTES, (path, len(content))
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        assert not _HERE.search(content), path


if __name__ == "__main__":
    for each in sys.argv[1:]:
        record(each)
