"""`forensics map` and what it says, in the folder that one works in."""

from pathlib import Path
from typing import Any

import orjson
from typer.testing import CliRunner

from forensics.cli.main import app


def run(*words: str) -> str:
    """What the command prints; its errors are raised."""
    result = CliRunner().invoke(app, ["map", *words], catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout


def document(*words: str) -> Any:
    return orjson.loads(run(*words, "--json"))


def columns(found: Any) -> dict[str, str]:
    return {line["column"]: line["from"] for line in found["columns"]}


def log(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name
