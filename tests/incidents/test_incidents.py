"""Every recorded incident and its clean twin: an audit, against what the receivers saw."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.case.configuration import Configuration, load
from forensics.model.audit import Audit
from forensics.model.finding import Finding, Grade, Verdict
from forensics.model.record import SourceSpec
from tests.incidents.record import RECORDED, made

NAMES = [
    # One worker audits a recording once for all that is asked of it.
    pytest.param(path.name, marks=pytest.mark.xdist_group(path.name))
    for path in sorted(RECORDED.iterdir())
]
BOOKED = {"refund", "void", "collect", "reverse", "retract", "check"}


@dataclass(frozen=True, slots=True)
class Audited:
    """A recording and what was found in it.

    Attributes:
        truth: What the receivers saw.
        audit: What the tool says.
        mentioned: Finding to all ids that its lines name.
    """

    truth: dict[str, Any]
    audit: Audit
    mentioned: dict[str, set[str]]

    @property
    def accusations(self) -> list[Finding]:
        """What is more than a suspicion."""
        return [found for found in self.audit.findings if found.grade is not Grade.SUSPICION]

    def shown(self) -> Iterator[dict[str, Any]]:
        """The failures that the logs can show."""
        return (failure for failure in self.truth["failures"] if not failure["not_shown"])


@cache
def audited(name: str, twin: str = "") -> Audited:
    """What an audit says of a recording."""
    return of_logs(RECORDED / name / twin)


def of_logs(folder: Path) -> Audited:
    """Read the logs of a folder, and audit them."""
    settings = folder / "forensics.toml"
    configuration = load(settings) if settings.exists() else Configuration()
    with TemporaryDirectory() as place:
        case = Case(Path(place, "case"), registry, configuration)
        accounts = case.ingest(
            [
                SourceSpec(name=path.name.partition(".")[0], address=str(path))
                for path in sorted(folder.glob("*.*"))
                if path.name not in {"truth.json", "forensics.toml"}
            ]
        )
        assert not any(account.failed or account.quarantined for account in accounts)
        assert all(account.events for account in accounts)
        audit = case.audit()
        mentioned: dict[str, set[str]] = {}
        for finding, effect, entity in case.sql(_MENTIONED).rows():
            mentioned.setdefault(finding, set()).update({effect, entity})
    truth = json.loads((folder / "truth.json").read_bytes())
    return Audited(truth, audit, mentioned)


def missed(incident: Audited) -> list[str]:
    """The failures that the logs can show and no finding tells of."""
    return [
        failure["what"]
        for failure in incident.shown()
        if not any(
            found.pattern in failure["patterns"]
            and incident.mentioned[found.finding_id].issuperset(failure["about"])
            for found in incident.audit.findings
        )
    ]


_MENTIONED = "SELECT finding_id, effect_id, entity_id FROM evidence JOIN events USING (event_id)"


@pytest.mark.parametrize("name", NAMES)
class TestIncident:
    def test_every_failure_that_the_logs_show_is_found(self, name: str) -> None:
        incident = audited(name)

        assert missed(incident) == []

    def test_nothing_else_is_found(self, name: str) -> None:
        incident = audited(name)
        allowed = {pattern for failure in incident.shown() for pattern in failure["patterns"]}

        assert {found.pattern for found in incident.accusations} <= allowed

    def test_what_is_to_be_undone_is_what_the_receiver_did_too_often(self, name: str) -> None:
        incident = audited(name)
        undone = [row.subject for row in incident.audit.repairs if row.act in BOOKED]
        corrected = [row.subject for row in incident.audit.repairs if row.act == "correct"]

        assert sorted(undone) == incident.truth["excess"]
        assert sorted(corrected) == incident.truth["damaged"]

    def test_money_and_customers_are_those_of_the_receivers_books(self, name: str) -> None:
        incident = audited(name)
        money = {total.exposure.currency: total.exposure.gross for total in incident.audit.totals}
        customers = {each for found in incident.audit.findings for each in found.customers}

        assert money == {k: Decimal(v) for k, v in incident.truth["money"].items()}
        assert sorted(customers) == incident.truth["customers"]

    def test_what_is_connected_is_one_incident(self, name: str) -> None:
        incident = audited(name)
        counted = {found.incident_id for found in incident.accusations}

        assert len(counted) >= incident.truth["incidents"]
        assert len(counted) == incident.truth["incidents"] or incident.truth["apart"]

    def test_nobody_is_accused_in_its_clean_twin(self, name: str) -> None:
        assert [found.explanation.title for found in audited(name, "clean").accusations] == []


@pytest.mark.service
@pytest.mark.xdist_group("postgresql")
def test_an_incident_that_is_made_anew_is_found(tmp_path: Path) -> None:
    logs, place = tmp_path / "logs", tmp_path / "place"
    logs.mkdir()
    place.mkdir()
    made("lost_update", logs, place, fault=True)

    assert missed(of_logs(logs)) == []


def test_images_of_rows_alone_clear_nobody_of_a_lost_update(tmp_path: Path) -> None:
    case = Case(tmp_path / "case", registry)
    case.ingest([f"changes={RECORDED / 'lost_update' / 'wallets_changes.jsonl'}"])
    (verdict,) = [v for v in case.audit().verdicts if v.pattern == "lost_update"]

    assert verdict.verdict is Verdict.BLIND
