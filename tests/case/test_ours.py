"""What this tool leaves behind among the logs that it reads is none of them."""

from pathlib import Path

import pytest

from forensics.case.case import Case
from tests.case.shop import charges, lines, opened


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shop's log."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs"
    write(folder, "shop.jsonl", lines(list(charges(6))[:2]))
    return folder


def write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def read(case: Case, address: str = "logs/") -> dict[str, int]:
    """Log to its records."""
    return {account.source: account.read for account in case.ingest([address])}


def test_what_this_tool_left_among_the_logs_is_none(logs: Path) -> None:
    write(logs, "forensics.toml", b'[audit]\nfail_on = "low"\n')
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
