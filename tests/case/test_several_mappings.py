"""Which of several mappings that were named reads a log."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.case.shop import opened, spec

ORDERS = '{"at": "2026-11-02T10:00:00Z", "what": "placed", "id": "o1", "total": "4.50"}\n'
PAYMENTS = '{"at": "2026-11-02T10:00:03Z", "what": "paid", "id": "p1", "sum": "4.50", "key": "k"}\n'


def mapping(folder: Path, name: str, *, fields: Sequence[str], recognise: str = "at") -> str:
    """A mapping file that names these fields."""
    path = folder / f"{name}.toml"
    listed = ", ".join(f"{{{field}}}" for field in fields)
    path.write_text(f"""
        format = "{name}"
        recognise = "{{{recognise}}} IS NOT NULL"
        [[event]]
        [event.columns]
        kind = "'other'"
        action = "{{what}}"
        outcome = "'ok'"
        attributes = "to_json(concat_ws(',', {listed}))"
    """)
    return str(path)


@pytest.fixture
def both(tmp_path: Path) -> tuple[str, str]:
    """Two mappings that each know all records of both logs."""
    return (
        mapping(tmp_path, "payments", fields=["at", "id", "sum", "key"]),
        mapping(tmp_path, "orders", fields=["at", "id", "total"]),
    )


def read_with(log: Path, formats: Sequence[str], name: str = "") -> tuple[list[str], list[str]]:
    """The formats that a log was read with, and what was said of it."""
    (account,) = opened(log.parent).ingest([spec(log, name, formats=tuple(formats))])
    said = [notice.sentence for notice in account.notices if notice.state == "noted"]
    return list(account.formats), said


@pytest.mark.parametrize(("text", "name"), [(ORDERS, "orders"), (PAYMENTS, "payments")])
def test_a_log_is_read_with_the_mapping_whose_fields_it_has(
    tmp_path: Path, both: tuple[str, str], text: str, name: str
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(text)

    assert read_with(log, both) == ([name], [])
    assert read_with(log, both[::-1], "again") == ([name], [])


@pytest.mark.parametrize("text", [ORDERS, PAYMENTS])
def test_a_log_is_read_with_the_mapping_of_its_name(
    tmp_path: Path, both: tuple[str, str], text: str
) -> None:
    log, dated = tmp_path / "log.jsonl", tmp_path / "orders.2026-11-02.jsonl"
    log.write_text(text)
    dated.write_text(text.replace("1", "2"))

    assert read_with(log, both, "orders") == (["orders"], [])
    assert read_with(dated, both) == (["orders"], [])
    assert read_with(dated, both, "payments") == (["orders"], [])


def test_the_name_of_a_mappings_file_is_its_name_too(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(PAYMENTS)
    first = mapping(tmp_path, "payments", fields=["at", "key"])
    other = Path(mapping(tmp_path, "till", fields=["at", "id"])).rename(tmp_path / "shop.toml")

    assert read_with(log, [first, str(other)], "shop") == (["till"], [])


@pytest.mark.parametrize(("known", "chosen"), [(2, "orders"), (3, "payments")])
def test_a_name_does_not_outweigh_that_half_of_the_records_are_unknown(
    tmp_path: Path, known: int, chosen: str
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(ORDERS * (4 - known) + PAYMENTS * known)
    named = mapping(tmp_path, "payments", fields=["at", "key"], recognise="key")
    other = mapping(tmp_path, "orders", fields=["at"])

    assert read_with(log, [named, other], "payments") == ([chosen], [])


def test_of_mappings_whose_fields_are_there_the_one_that_names_more_is_meant(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(PAYMENTS)
    few = mapping(tmp_path, "few", fields=["at", "id"])
    more = mapping(tmp_path, "more", fields=["at", "id", "key"])
    too_many = mapping(tmp_path, "too_many", fields=["at", "id", "key", "sum", "total"])

    assert read_with(log, [few, more, too_many]) == (["more"], [])


def test_fields_that_only_a_condition_names_are_fields_too(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(PAYMENTS)
    plain = mapping(tmp_path, "plain", fields=["at"])
    paths = []
    for name, field in (("absent", "total"), ("present", "key")):
        path = Path(mapping(tmp_path, name, fields=["at"]))
        text = (
            path.read_text() + f"[[event.classify]]\nwhen = \"{{{field}}} = 'k'\"\ncolumns = {{}}\n"
        )
        path.write_text(text)
        paths.append(str(path))

    assert read_with(log, [plain, *paths]) == (["present"], [])


def test_what_is_undecided_is_said(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(ORDERS)
    one = mapping(tmp_path, "one", fields=["at", "id"])
    two = mapping(tmp_path, "two", fields=["at", "id"])

    formats, said = read_with(log, [one, two])

    assert formats == ["one"]
    assert said == [
        f"It fits `one` and `two` alike, and is read with `one`, which was given first. {hint}"
        for hint in [f"If another is meant, name the source as it is named: `two={log}`."]
    ]


def test_one_mapping_given_twice_is_no_doubt(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(ORDERS)
    one = mapping(tmp_path, "one", fields=["at", "id"])

    assert read_with(log, [one, one]) == (["one"], [])
