"""Ids out of files as people make them."""

from pathlib import Path

import pytest

from forensics.cli.id_list import names_ids, read_ids
from forensics.model.errors import UsageError


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (b"ORD-1\nORD-2\n", ["ORD-1", "ORD-2"]),
        (b"ORD-1\r\n\r\n  ORD-2  \r\nORD-1", ["ORD-1", "ORD-2"]),
        (b"\xef\xbb\xbforder\nORD-1\nORD-2\n", ["ORD-1", "ORD-2"]),
        ("order\tname\nORD-1\tÄ\n".encode("utf-16"), ["ORD-1"]),
        ("ORD-1;Müller\nORD-2;Meier\n".encode("cp1252"), ["ORD-1", "ORD-2"]),
        (b'sep=;\nid;x\n"ORD-1";2\n', ["ORD-1"]),
        (b'="0017"\n', ["0017"]),
        ("\u200bORD-1\u00a0\n".encode(), ["ORD-1"]),
        (b"'ORD-1\n`ORD-2`\n", ["ORD-1", "ORD-2"]),
        (b"abc\ndef\n", ["abc", "def"]),
        # What stands beside an id says nothing of it.
        (b"1001,new\n1002,17\n1003,9\n", ["1001", "1002", "1003"]),
    ],
)
def test_the_ids_are_read(tmp_path: Path, content: bytes, ids: list[str]) -> None:
    (tmp_path / "list").write_bytes(content)

    assert read_ids(tmp_path / "list").ids == ids


def test_a_column_without_a_heading_has_its_number(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("1001,new\n1002,17\n")

    assert read_ids(tmp_path / "list").column == "1"


@pytest.mark.parametrize(
    ("heading", "says_so"),
    [
        ("order_id", True),
        ("Ticket-Nr.", True),
        ("ticketId", True),
        ("Bestellnummer", True),
        ("KundenNr", True),
        ("Orders", True),
        ("salesOrder", True),
        ("border", False),
        ("ticket", False),
        ("paid", False),
    ],
)
def test_a_heading_says_whether_ids_stand_below(heading: str, says_so: bool) -> None:
    assert names_ids(heading, ["order"]) == says_so


def test_a_name_stands_for_the_first_column_that_bears_it(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("id,amount,id,amount\nA1,10,B1,20\nA2,11,B2,21\n")

    listed = read_ids(tmp_path / "list")

    assert (listed.ids, listed.others) == (["A1", "A2"], {"amount": ["10", "11"]})


def test_a_column_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("When,Order ID\n2026-11-02,ORD-1\n2026-11-03\n")

    assert read_ids(tmp_path / "list", column="order id").ids == ["ORD-1"]
    with pytest.raises(UsageError, match="There is no column `order`"):
        read_ids(tmp_path / "list", column="order")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no id"),
        (b" \n;;\n", "holds no id"),
        (b"PK\x03\x04rest", "is an Excel workbook"),
        (b"\x7fELF\0\0", "is no text"),
    ],
)
def test_what_holds_no_ids_is_said_to_hold_none(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "list").write_bytes(content)

    with pytest.raises(UsageError, match=words):
        read_ids(tmp_path / "list")


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_ids(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="cannot be read"):
        read_ids(tmp_path)
