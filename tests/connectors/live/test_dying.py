"""A source that dies while it is read: what came is kept, and it is said how to go on."""

from contextlib import ExitStack

import pytest

from benchmarks.reach.live_sources import SOURCES
from connectors import registry
from connectors.live import pages as paging
from forensics.model.errors import SourceError
from forensics.model.record import Page, SourceSpec

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("dying")]
_ORDERS = 20_000


@pytest.mark.parametrize("name", SOURCES)
def test_what_came_is_kept_and_the_sentence_says_how_to_go_on(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_RECORDS", 1_000)
    with ExitStack() as alive:
        orders = alive.enter_context(SOURCES[name]())
        orders.write(range(_ORDERS))
        items = registry.connector(SourceSpec(name="log", address=orders.address)).pages([])
        first = next(items)
        alive.close()
        with pytest.raises(SourceError) as raised:
            list(items)

    assert isinstance(first, Page)
    assert first.cursor
    assert "again" in raised.value.hint
