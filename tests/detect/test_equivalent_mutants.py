"""Mutants that are listed as equivalent are mutants of the queries as they stand."""

from tests.detect.mutate import DETECT, equivalents, named


def test_every_listed_mutant_exists_and_has_a_reason() -> None:
    listed = equivalents()
    made = {
        (file, *name)
        for file in {file for file, _, _ in listed}
        for name, _ in named(DETECT / file)
    }

    assert listed.keys() - made == set()
    assert all(len(reason) > 20 for reason in listed.values())
