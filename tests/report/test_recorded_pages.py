"""Pages of recorded incidents, in a real browser."""

from pathlib import Path

import pytest

from tests.report import browser
from tests.report.recorded import page_of

NAMES = [
    pytest.param(name, marks=pytest.mark.xdist_group(name))
    for name in ("worker_killed_after_charge", "deadlocks", "lost_update", "crm_erp_loop")
]
"""One of each detector; a page is built of the same parts whatever it tells of."""


@pytest.mark.service
@pytest.mark.parametrize("name", NAMES)
def test_it_opens_without_an_error_a_request_or_a_dead_link(name: str, tmp_path: Path) -> None:
    page = page_of(name, tmp_path)
    with browser.browser() as launched, browser.opened(launched, page) as seen:
        for width in (1440, 390):
            seen.page.set_viewport_size({"width": width, "height": 900})
            assert seen.past_the_edge() == []
        assert seen.console == []
        assert seen.requests == []
        assert seen.page.evaluate(browser.DEAD_LINKS) == []
