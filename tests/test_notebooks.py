"""Every notebook runs from top to bottom, and the claims at its end hold."""

import runpy
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.py"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_claims_hold(notebook: Path) -> None:
    names = runpy.run_path(str(notebook))

    assert names["marks"].perfect
