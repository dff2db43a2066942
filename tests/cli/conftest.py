"""A folder to work in."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one that the command runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
