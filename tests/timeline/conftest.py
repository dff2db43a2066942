"""The sample week, audited once for all tests of the figures."""

from collections.abc import Iterator

import duckdb
import pytest

from forensics.case.case import Case
from forensics.case.figures import gathered
from forensics.case.samples import week
from forensics.model.audit import Audit
from forensics.timeline.subject import Subject
from tests.case.shop import opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs them all, so that the week is audited once."""
    for item in items:
        if "/tests/timeline/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("timeline"))


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Audit]:
    """The case of the week and its audit."""
    case = opened(tmp_path_factory.mktemp("week"))
    case.ingest(week()[0])
    return case, case.audit()


@pytest.fixture(scope="session")
def gathering(
    audited: tuple[Case, Audit],
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Subject]]]:
    """A connection in which the lines of all findings are gathered, and the findings."""
    with audited[0].connection() as connection:
        yield connection, gathered(connection)
