"""What needs a service runs only where it was asked for, and what is left out is said."""

import os

import pytest

_SERVICES = "FORENSICS_SERVICES"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests that need a service unless `tests/run` (which installs them) asks for all."""
    if os.environ.get(_SERVICES):
        return
    left_out = [item for item in items if item.get_closest_marker("service")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("service")]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out and how to run it."""
    left_out = len(terminalreporter.stats.get("deselected", []))
    if left_out and not os.environ.get(_SERVICES):
        terminalreporter.write_line(
            f"{left_out} tests need a browser or a server: `bash tests/run` installs and runs them."
        )
