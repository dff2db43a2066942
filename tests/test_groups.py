"""Tests that share something costly run on one worker; else it is made again on each."""

import pytest


@pytest.mark.xdist_group("grouped")
def test_a_worker_knows_the_group_of_a_test(request: pytest.FixtureRequest) -> None:
    in_groups = bool(request.config.getoption("loadgroup", default=False))

    assert request.node.nodeid.endswith("@grouped") == in_groups
