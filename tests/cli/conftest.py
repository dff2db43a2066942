"""Folders to work in."""

from pathlib import Path

import pytest

from tests.case.shop import charges, lines
from tests.cli.command import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one that the command runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an audited case, for those that only read it."""
    folder = tmp_path_factory.mktemp("audited")
    (folder / "log.jsonl").write_bytes(lines(list(charges(20))))
    run(folder, "audit", "log.jsonl")
    return folder
