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
LOCK_UNNAMED = "lease_expired"
"""The one whose charges name neither the worker's run nor the lock that it had taken first."""
LAST_RETRY_UNSEEN = "deadlocks"
"""The one that is said to go on: the log has a task's last try before the end of the one before."""
BOOKED = {"refund", "void", "collect", "reverse", "retract", "check"}


@dataclass(frozen=True, slots=True)
class Audited:
    """A recording and what was found in it.

    Attributes:
        truth: What the receivers saw.
        audit: What the tool says.
        mentioned: Finding to all ids that its lines name.
        begun: What was done first, by each failure of the truth: the events that tell of it.
    """

    truth: dict[str, Any]
    audit: Audit
    mentioned: dict[str, set[str]]
    begun: list[set[str]]

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
        begun = [first_lines(case, failure["root"]) for failure in truth["failures"]]
    return Audited(truth, audit, mentioned, begun)


def first_lines(case: Case, root: dict[str, list[str]]) -> set[str]:
    """The events of each log's first line that bears these words."""
    found: set[str] = set()
    for log, words in root.items():
        bearing = " AND ".join(f"contains(raw, '{word}')" for word in words)
        query = f"""
            SELECT event_id FROM events WHERE source_position = (
                SELECT source_position FROM events WHERE source = '{log}' AND {bearing}
                ORDER BY occurred_at, source_line LIMIT 1)"""
        events = case.sql(query).get_column("event_id").to_list()
        assert events, (log, words)
        found.update(events)
    return found


def told_by(incident: Audited, failure: dict[str, Any]) -> set[str]:
    """The ids of the findings that tell of a failure."""
    return {
        found.finding_id
        for found in incident.audit.findings
        if found.pattern in failure["patterns"]
        and incident.mentioned[found.finding_id].issuperset(failure["about"])
    }


def missed(incident: Audited) -> list[str]:
    """The failures that the logs can show and no finding tells of."""
    return [failure["what"] for failure in incident.shown() if not told_by(incident, failure)]


def caused(incident: Audited) -> bool:
    """Whether something was done twice in one of the ways that have a name."""
    return any(failure["mechanism"] for failure in incident.shown())


def began_right(incident: Audited) -> bool:
    """Whether each incident is said to have begun with what was done first."""
    told = [told_by(incident, failure) for failure in incident.truth["failures"]]
    return all(
        any(
            found.roots[0].event_id in begun
            for names, begun in zip(told, incident.begun, strict=True)
            if names.intersection(found.findings)
        )
        for found in incident.audit.incidents
        if any(names.intersection(found.findings) for names in told)
    )


CAUSE_UNSEEN = frozenset(
    {
        "ack_wait_expires",
        "consumer_group_rebalanced",
        "entry_claimed",
        "pressed_twice",
        "receipt_expires",
        "task_outlives_visibility",
        "webhook_retried",
    }
)
"""Recordings that do not say how a thing came to be done twice: a stream or topic that tells of no
handing-over, a form that names no person, a visibility timeout shorter than any in use, a handler
that noted 200 for an answer which its caller no longer waited for.
"""

STANDING = {True: {"running", "unknown"}, False: {"quiet", "unknown"}}
"""By whether it goes on: what may be said of it."""


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

    def test_it_began_with_what_was_done_first(self, name: str) -> None:
        assert began_right(audited(name)) or name == LOCK_UNNAMED

    def test_how_it_came_about_is_told_right_or_not_at_all(self, name: str) -> None:
        incident = audited(name)
        told = {
            (failure["mechanism"], found.facts["mechanism"])
            for failure in incident.shown()
            for found in incident.audit.findings
            if found.finding_id in told_by(incident, failure) and found.facts.get("mechanism")
        }

        assert all(truth == said for truth, said in told)
        assert told or name in CAUSE_UNSEEN or not caused(incident)

    def test_what_is_over_is_not_said_to_go_on(self, name: str) -> None:
        incident = audited(name)
        said = {found.standing.state for found in incident.audit.incidents}

        assert said <= STANDING[incident.truth["goes_on"]] or name == LAST_RETRY_UNSEEN

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
