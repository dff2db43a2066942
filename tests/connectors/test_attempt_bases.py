"""A first attempt is 1 and a third is 3, whatever the source counts from."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from connectors.registry import mapping_texts
from forensics.model.columns import ENUMS
from tests.connectors.formats.reading import MAPPINGS
from tests.normalise.batches import prepared, staged

BASES: list[dict[str, Any]] = tomllib.loads(
    files("connectors").joinpath("attempt_bases.toml").read_text(encoding="utf-8")
)["base"]
READ = [base for base in BASES if base["format"] in MAPPINGS and "examples" in base]


def _attempts(base: dict[str, Any], record: str) -> set[tuple[int, str]]:
    how = MAPPINGS[base["format"]]
    if log_format := base.get("log_format"):
        how = how.written_as(log_format)
    with prepared() as connection:
        events, tally, _ = staged(connection, how, [record.encode()])
    assert tally.mapped == tally.read == 1
    return {(e["attempt"], e.get("attempt_kind", "")) for e in events if "attempt" in e}


@pytest.mark.parametrize("base", READ, ids=lambda base: f"{base['format']}-{base['field']}")
def test_the_first_attempt_is_one_and_the_third_three(base: dict[str, Any]) -> None:
    first, third = (_attempts(base, record) for record in base["examples"])

    kind = base["attempt_kind"]
    # Where nothing is counted, and where a first attempt says nothing, silence is right; a wrong
    # number is not.
    silent = base.get("silent") or base["becomes"] in {"rank", "n + 1"}
    assert first == {(1, kind)} or (first == set() and silent)
    assert third == (set() if base["becomes"] == "rank" else {(3, kind)})


def test_every_base_of_a_known_format_has_examples() -> None:
    known = [b for b in BASES if b["format"] in MAPPINGS and b["becomes"] != "rank"]

    assert [base["format"] for base in known if len(base.get("examples", ())) != 2] == []


def _fills_attempt(node: object) -> bool:
    if isinstance(node, dict):
        return "attempt" in node or any(map(_fills_attempt, node.values()))
    return isinstance(node, list) and any(map(_fills_attempt, node))


def test_every_format_that_tells_of_attempts_has_a_base() -> None:
    counting = [
        mapping["format"]
        for mapping in (tomllib.loads(text) for _, text in mapping_texts())
        if _fills_attempt(mapping)
    ]

    assert sorted(set(counting) - {base["format"] for base in BASES}) == []


def test_the_bases_are_in_order_and_speak_the_words_of_the_schema() -> None:
    names = [(base["format"], base["field"]) for base in BASES]

    assert names == sorted(set(names))
    assert {base["attempt_kind"] for base in BASES} <= set(ENUMS["attempt_kind"])
    assert all(base["source"].startswith("https://") for base in BASES)
