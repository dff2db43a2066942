"""Correct histories of small stores accuse nobody, and those that went wrong are noticed."""

from benchmarks.reach.histories.audit import above_suspicion, audited, noticed
from benchmarks.reach.histories.history import STORES, histories, history


def test_a_history_follows_from_its_number() -> None:
    for store in STORES:
        assert history(store, 3, protected=True) == history(store, 3, protected=True)


def test_nothing_goes_wrong_where_the_store_is_protected() -> None:
    assert not any(told.anomalies for told in histories(60, protected=True))


def test_correct_histories_accuse_nobody_and_broken_ones_are_noticed() -> None:
    correct = histories(10, protected=True)
    broken = [told for told in histories(10, protected=False) if told.anomalies]
    found = audited([*correct, *broken])

    assert {told.name: above_suspicion(found[told.name]) for told in correct} == {
        told.name: [] for told in correct
    }
    assert sum(noticed(told, found[told.name]) for told in broken) > len(broken) / 2
