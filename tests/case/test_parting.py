"""A folder of several formats is as many logs; what is one log stays one."""

import gzip
from pathlib import Path

import pytest

from connectors.files import parting
from forensics.case.case import Case
from forensics.model.errors import UsageError
from tests.case.shop import charges, lines, opened

_REQUEST = '203.0.113.1 - - [{}] "POST /pay HTTP/1.1" 200 5 "-" "curl"\n'
_TODAY = _REQUEST.format("02/Mar/2026:10:00:00 +0000").encode()
_BEFORE = _REQUEST.format("01/Mar/2026:10:00:00 +0000").encode()
_CHARGES = list(charges(6))


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shop's logs and its web server's."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs"
    write(folder, "shop.jsonl", lines(_CHARGES[:2]))
    write(folder, "access.log", _TODAY)
    write(folder, "access.log.1.gz", gzip.compress(_BEFORE))
    return folder


def write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def read(case: Case, address: str = "logs/") -> dict[str, int]:
    """Log to its records."""
    return {account.source: account.read for account in case.ingest([address])}


def test_a_folder_of_several_formats_is_parted_by_stems(logs: Path) -> None:
    accounts = opened(logs.parent).ingest(["logs/"])

    assert {a.source: (a.read, list(a.formats)) for a in accounts} == {
        "access": (2, ["access_log"]),
        "shop": (2, ["canonical"]),
    }
    (told,) = [n.sentence for a in accounts for n in a.notices if n.state == "parted"]
    assert told == (
        "`logs/` holds several formats and is read as 2 logs: access, shop. To read it as one, name"
        " it: `NAME=logs/`."
    )


def test_reading_it_again_stores_and_says_nothing_more(logs: Path) -> None:
    case = opened(logs.parent)
    case.ingest(["logs/"])
    again = case.ingest(["./logs"])

    assert {a.source: a.already_stored for a in again} == {"access": 2, "shop": 2}
    assert {n.state for a in again for n in a.notices} == {"unchanged"}


@pytest.mark.parametrize("address", ["all=logs/", "logs/*.log", "logs/shop.jsonl"])
def test_a_name_a_format_or_a_file_is_one_log(logs: Path, address: str) -> None:
    assert len(read(opened(logs.parent), address)) == 1


def test_a_glob_over_several_formats_is_parted_as_well(logs: Path) -> None:
    assert read(opened(logs.parent), "logs/*") == {"access": 2, "shop": 2}


def test_files_of_one_format_are_one_log_whatever_their_names(logs: Path) -> None:
    (logs / "access.log").unlink()
    (logs / "access.log.1.gz").unlink()
    write(logs, "office.jsonl", lines(_CHARGES[2:]))
    # What nothing recognises is no other format.
    write(logs, "README.txt", b"hello\n")

    assert read(opened(logs.parent)) == {"logs": 7}


def test_what_a_case_holds_as_one_log_stays_one(logs: Path) -> None:
    case = opened(logs.parent)
    kept = {name: (logs / name).read_bytes() for name in ("access.log", "access.log.1.gz")}
    for name in kept:
        (logs / name).unlink()
    assert read(case) == {"logs": 2}
    for name, content in kept.items():
        write(logs, name, content)

    assert read(case) == {"logs": 4}


def test_what_a_case_has_read_apart_stays_apart(logs: Path) -> None:
    case = opened(logs.parent)
    case.ingest(["logs/"])
    (logs / "shop.jsonl").unlink()

    assert read(case) == {"access": 2}


def test_a_folder_within_is_one_log_where_it_has_one_format(logs: Path) -> None:
    write(logs, "office/east.jsonl", lines(_CHARGES[2:3]))
    write(logs, "office/west.jsonl", lines(_CHARGES[3:4]))
    write(logs, "2026-03-01/shop.jsonl", lines(_CHARGES[4:5]))
    write(logs, "mail/access.log", _TODAY * 2)
    write(logs, "mail/mail.jsonl", lines(_CHARGES[5:]))

    assert read(opened(logs.parent)) == {
        "access": 2,
        "mail-access": 2,
        "mail-mail": 1,
        "office": 2,
        "shop": 3,
    }


def test_two_folders_with_logs_of_one_name_are_not_taken_for_one(logs: Path) -> None:
    write(logs.parent, "more/access.log", _TODAY * 2)
    write(logs.parent, "more/till.jsonl", lines(_CHARGES[2:]))
    case = opened(logs.parent)

    with pytest.raises(UsageError, match="would both be called `access`"):
        case.ingest(["logs/", "more/"])


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (("a.log", "a.log.1", "a.log.2.gz", "a-20260301.log.zst"), ["a"]),
        (("orders-0.jsonl", "orders-1.jsonl", "orders_3.jsonl"), ["orders"]),
        (("web1.log", "web2.log"), ["web"]),
        (
            (
                "111122223333_CloudTrail_us-east-1_20260301T0000Z_AbCdEfGhIjKlMnOp.json.gz",
                "111122223333_CloudTrail_us-east-1_20260301T0005Z_3f9QxKb0ZrT1LmVw.json.gz",
                "111122223333_CloudTrail_us-east-1_20260301T0010Z_QxKbZrTLmVwAbCd7.json.gz",
            ),
            ["CloudTrail-us-east"],
        ),
        (("0001.json", "0002.json", "deadbeef.json"), [""]),
        (("orders.jsonl", "payments.jsonl"), ["orders", "payments"]),
    ],
)
def test_siblings_differ_in_numbers_dates_and_lots(
    tmp_path: Path, names: tuple[str, ...], stems: list[str]
) -> None:
    for name in names:
        write(tmp_path, name, b"{}\n")

    assert [one.stem for one in parting.siblings(str(tmp_path))] == stems


def test_what_this_tool_left_among_the_logs_is_none(logs: Path) -> None:
    write(logs, "forensics.toml", b'[audit]\nfail_on = "low"\n')
    (logs / "access.log").unlink()
    (logs / "access.log.1.gz").unlink()
    case = opened(logs)
    assert read(case) == {"logs": 2}
    case.audit(out=logs / "report")

    accounts = case.ingest(["logs/"])

    assert [(a.source, a.read) for a in accounts] == [("logs", 2)]
    assert [n.sentence for a in accounts for n in a.notices if n.state == "passed"] == [
        "`logs/case` is a case of this tool and was passed over.",
        "`logs/report` is a report of this tool and was passed over.",
    ]


@pytest.mark.parametrize("name", ["case", "report"])
def test_a_case_or_report_that_is_named_as_a_log_is_told(logs: Path, name: str) -> None:
    case = opened(logs)
    case.ingest(["logs/shop.jsonl"])
    case.audit(out=logs / "report")
    (account,) = case.ingest([f"logs/{name}"])

    assert account.failed
    assert "of this tool, not a log" in account.notices[0].sentence
