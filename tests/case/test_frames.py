"""What a notebook gets of an audited case, beside what the terminal shows of the same."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from forensics.case import asked
from forensics.case.case import Case
from forensics.case.configuration import Configuration
from forensics.model.errors import CaseError
from forensics.model.impact import Rate
from tests.case.shop import BEGIN, charges, lines, opened, spec
from tests.cli.command import run

UNANSWERED = {
    "event_id": "u",
    "occurred_at": (BEGIN + timedelta(minutes=9)).isoformat(),
    "kind": "attempt",
    "action": "charge",
    "outcome": "timeout",
    "system": "payments",
    "operation_key": "key-u",
    "amount": "3.50",
    "currency": "EUR",
}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """One order charged twice, and a call that was never answered; a refund costs one euro."""
    folder = tmp_path_factory.mktemp("frames")
    (folder / "log.jsonl").write_bytes(lines([*charges(20), UNANSWERED]))
    made = opened(folder)
    fee = Rate(name="fee", per="effect", currency="EUR", low=1, likely=1, high=1)
    made.configuration = Configuration(impact=[fee])
    made.ingest([spec(folder / "log.jsonl")])
    made.audit()
    return made


def test_incidents_pending_and_repairs_are_frames(case: Case) -> None:
    (incident,) = case.incidents().to_dicts()
    (work,) = case.pending().to_dicts()
    (repair,) = case.repairs().to_dicts()

    assert (incident["goes_on"], incident["customers"]) == ("quiet", ["customer-0"])
    assert [(m["certain"], m["net"]) for m in incident["money"]] == [("confirmed", Decimal("12.5"))]
    assert (work["why"], work["name"], work["amount"]) == ("unanswered", "key-u", Decimal("3.5"))
    assert work["key_until"] == BEGIN + timedelta(days=1, minutes=9)
    assert (repair["act"], repair["subject"], repair["keep"]) == (
        "refund",
        "ch_000001",
        "ch_000000",
    )
    assert (repair["amount"], repair["compensated"]) == (Decimal("12.5"), None)
    assert repair["occurred_at"] == BEGIN + timedelta(seconds=10)


def test_frames_without_rows_have_their_columns(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(1))))
    made = opened(tmp_path)
    made.ingest([spec(tmp_path / "log.jsonl")])
    made.audit()

    assert made.incidents().schema["first_at"] == pl.Datetime("us", "UTC")
    assert made.pending().schema["amount"] == pl.Decimal(38, 4)
    assert made.repairs().height == 0


def test_the_terminal_tells_of_an_incident_what_its_card_tells(case: Case) -> None:
    name = case.incidents()["incident_id"][0]
    text = run(case.folder.parent, "show", name).stdout.decode()

    assert (
        "goes on: nothing more of it is seen up to the end of its logs, 2026-11-02 08:09:00Z"
        in text
    )
    assert "money: 12.50 EUR still out of 12.50, 1 effect captured (confirmed)" in text
    assert "may cost besides: 1 EUR (nine times in ten 1 to 1)" in text
    assert "customers: 1 charged (confirmed)" in text


def test_the_summary_fits_a_small_terminal(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = run(case.folder.parent, "show").stdout.decode()
    summary = text.partition("severity\tgrade")[0].rstrip("\n").splitlines()

    assert len(summary) <= 24
    assert all(len(line) <= 80 for line in summary if not line.startswith("report: "))
    assert "Stop now   1 call `charge` of `payments` never answered" in text
    assert "Hit        1 customer confirmed" in text


def test_off_a_terminal_nothing_of_the_summary_is_cut(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for columns in ("", "50"):
        monkeypatch.setenv("COLUMNS", columns)
        text = run(case.folder.parent, "show").stdout.decode()
        texts.append(text.partition("severity\tgrade")[0])

    whole, cut = texts
    assert "…" not in whole
    assert "…" in cut


def test_the_document_of_another_version_is_not_read(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "SCHEMA_VERSION", 99)

    with pytest.raises(CaseError, match="made by another version") as caught:
        case.incidents()
    assert "forensics detect" in str(caught.value.hint)
