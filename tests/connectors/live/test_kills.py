"""A live read is killed once with writers at work; `benchmarks.reach.live_kills` does it often."""

from pathlib import Path

import pytest

from benchmarks.reach.live_kills import killed
from benchmarks.reach.live_sources import SOURCES

pytestmark = [pytest.mark.service, pytest.mark.xdist_group("kills")]


@pytest.mark.parametrize("source", ["kafka", "postgresql", "rabbitmq_queues", "redis_streams"])
def test_nothing_is_lost_and_nothing_is_there_twice(source: str, tmp_path: Path) -> None:
    with SOURCES[source]() as orders:
        assert killed(orders, tmp_path, kills=1)["kills"] == 1
