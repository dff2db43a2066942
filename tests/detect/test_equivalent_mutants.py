"""Mutants that are listed as equivalent are mutants of the queries as they stand."""

from tests.detect.mutants import mutants
from tests.detect.mutate import DETECT, equivalents, named


def test_every_listed_mutant_exists_and_has_a_reason() -> None:
    listed = equivalents()
    files = {DETECT / file for file, _, _ in listed}
    made = {
        named(path, mutant)
        for path in files
        for mutant in mutants(path.read_text(encoding="utf-8"))
    }

    assert listed.keys() - made == set()
    assert all(len(reason) > 20 for reason in listed.values())
