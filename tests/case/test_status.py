"""What a finding is over the runs of a case: new, growing, recurring, accepted, gone."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from jsonschema import Draft202012Validator

import forensics.report
from forensics.case.case import Case
from forensics.model.audit import Audit
from forensics.model.declarations import Declarations
from forensics.model.errors import UsageError
from forensics.model.finding import Severity
from forensics.report.headline import headline
from tests.case.shop import BEGIN, charges, lines, opened, spec
from tests.link.test_identities import ALIKE

SCHEMA = orjson.loads(
    (Path(forensics.report.__file__).parent / "findings.schema.json").read_bytes()
)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a case of twelve charges, of which the second repeats the first."""
    folder = tmp_path_factory.mktemp("weekly")
    made, log = opened(folder), folder / "log.jsonl"
    log.write_bytes(lines(list(charges(12))))
    made.ingest([spec(log)])
    audit(made)
    return folder


@pytest.fixture
def case(audited: Path, tmp_path: Path) -> Case:
    return opened(Path(shutil.copytree(audited, tmp_path / "week")))


def audit(case: Case, since: datetime | None = None) -> Audit:
    return case.audit(since=since, detectors=["duplicate_side_effect"])


def add(case: Case, *numbers: int, key: int = 0) -> None:
    """More charges, ten seconds after the others, under the key of one of them."""
    extra = [
        charge
        | {"operation_key": f"key-{key}", "entity_id": f"order-{key}", "customer_id": "customer-0"}
        for number, charge in enumerate(charges(max(numbers) + 1))
        if number in numbers
    ]
    read(case, *extra)


def read(case: Case, *records: dict[str, Any]) -> None:
    """Add these lines to the log, and the log to the case."""
    log = case.folder.parent / "log.jsonl"
    log.write_bytes(log.read_bytes() + lines(records))
    case.ingest([spec(log)])


def statuses(case: Case) -> list[str]:
    return [finding.status for finding in audit(case).findings]


def test_an_accepted_finding_counts_for_nothing_until_it_is_withdrawn_or_grows(case: Case) -> None:
    (finding_id,) = case.findings()["finding_id"]
    (said,) = case.accept(finding_id[:6], reason="A test order.")
    assert (said.finding_id, said.reason, said.events) == (finding_id, "A test order.", 2)
    result = audit(case)
    assert [finding.status for finding in result.findings] == ["accepted"]
    assert not result.at_or_above(Severity.INFO, every=True)

    case.withdraw(finding_id, reason="It is not.")
    assert statuses(case) == ["growing"]

    case.accept(finding_id, reason="It is.")
    add(case, 40)
    result = audit(case)
    assert [finding.status for finding in result.findings] == ["growing"]
    assert result.at_or_above(Severity.HIGH)
    assert case.sql("SELECT count(*) FROM acceptances").item() == 3
    assert case.verify().differences == ()


def given_back(charge: int, **other: Any) -> dict[str, Any]:
    """What gives the sum of a charge back, a minute after the last."""
    made = list(charges(60))
    return (
        made[59 - charge]
        | {name: made[charge][name] for name in ("entity_id", "customer_id")}
        | {"action": "refund", "money_stage": "refunded", "operation_key": None}
        | {"compensates_effect_id": made[charge]["effect_id"]}
        | other
    )


def test_a_refund_is_no_growth_and_one_more_charge_after_it_is(case: Case) -> None:
    (finding_id,) = case.findings()["finding_id"]
    case.accept(finding_id, reason="To be refunded.")
    read(case, given_back(1))
    assert statuses(case) == ["accepted"]

    case.withdraw(finding_id, reason="Look again.")
    assert statuses(case) == ["growing"]
    assert statuses(case) == ["recurring"]
    add(case, 40)
    assert statuses(case) == ["growing"]
    read(case, given_back(0))
    assert statuses(case) == ["recurring"]


def test_a_dispute_is_growth(case: Case) -> None:
    read(case, given_back(1, money_stage="disputed"))

    assert statuses(case) == ["growing"]


def test_lines_of_two_files_that_share_a_hash_are_two(tmp_path: Path) -> None:
    case = opened(tmp_path)
    made = [r | {"operation_key": "key", "entity_id": "order"} for r in charges(2)]
    for charge in made:
        del charge["event_id"]
    pairs = [
        [lines([{"pad": "x" * pad} | made[1] | {"effect_id": name}]) for name in ALIKE]
        for pad in range(8)
    ]
    same = "SELECT hash($1) = hash($2)"
    one, other = next(
        pair
        for pair in pairs
        if duckdb.execute(same, [line.decode().strip() for line in pair]).fetchall() == [(True,)]
    )
    for name, text in (("a", lines(made[:1]) + one), ("b", other)):
        log = tmp_path / f"{name}.jsonl"
        log.write_bytes(text)
        case.ingest([spec(log)])
        found = statuses(case)

    assert found == ["growing"]


def test_what_was_accepted_for_a_time_comes_back_after_it(case: Case) -> None:
    (finding_id,) = case.findings()["finding_id"]
    (said,) = case.accept(finding_id, reason="Over soon.", until=BEGIN)

    assert not said.holds(datetime.now(UTC))
    assert said.holds(BEGIN - timedelta(seconds=1))
    assert statuses(case) == ["recurring"]


def test_what_bears_no_such_name_cannot_be_accepted(case: Case) -> None:
    with pytest.raises(UsageError, match="no finding or incident `ffff`"):
        case.accept("ffff", reason="So.")
    with pytest.raises(UsageError, match="No finding `ffff` is accepted"):
        case.withdraw("ffff")


def test_an_incident_is_accepted_as_a_whole(case: Case) -> None:
    (incident,) = case.last_run()["incidents"]

    said = case.accept(incident["incident_id"], reason="Known.")
    assert [one.finding_id for one in said] == list(incident["findings"])


def test_a_word_on_what_a_later_window_did_not_look_into_is_known_to_a_check(case: Case) -> None:
    def checked() -> list[str]:
        return [hit.status for one in case.check(["order-0"]) for hit in one.findings]

    (finding_id,) = case.findings()["finding_id"]
    case.accept(finding_id, reason="A test order.")
    assert not audit(case, since=BEGIN + timedelta(days=400)).findings

    assert checked() == ["accepted"]
    case.withdraw(finding_id)
    assert checked() == ["new"]


def test_what_is_accepted_is_so_before_the_next_audit(case: Case, tmp_path: Path) -> None:
    before = case.last_run()
    (finding_id,) = case.findings()["finding_id"]
    case.accept(finding_id, reason="A test order.")
    at_once = case.last_run()
    assert list(case.findings()["status"]) == ["accepted"]
    assert [hit.status for one in case.check(["order-0"]) for hit in one.findings] == ["accepted"]
    case.report(tmp_path / "out")
    copied = orjson.loads((tmp_path / "out" / "findings.json").read_bytes())
    repairs = (tmp_path / "out" / "repair.csv").read_text().splitlines()

    audit(case)
    assert case.last_run()["headline"] == at_once["headline"] == copied["headline"]
    assert at_once["headline"]["accepted"] == 1
    assert len(repairs) == 1
    case.withdraw(finding_id)
    assert list(case.findings()["status"]) == ["growing"]
    assert case.last_run()["headline"] == before["headline"]


def test_what_is_withdrawn_before_the_next_audit_was_never_accepted(case: Case) -> None:
    before = case.last_run()
    (finding_id,) = case.findings()["finding_id"]
    case.accept(finding_id, reason="A test order.")
    case.withdraw(finding_id)

    assert case.last_run() == before
    assert statuses(case) == ["growing"]
    assert statuses(case) == ["recurring"]


def test_what_was_accepted_until_a_time_between_two_audits_counts_again(case: Case) -> None:
    (finding_id,) = case.findings()["finding_id"]
    case.accept(finding_id, reason="For a moment.", until=datetime.now(UTC))

    assert statuses(case) == ["growing"]


def test_an_accepted_finding_does_not_stand_for_an_incident_that_counts(case: Case) -> None:
    result = audit(case)
    (known,) = result.findings
    other = replace(known, finding_id="f" * 16, status="growing")
    (incident,) = result.incidents
    both = replace(
        result,
        findings=[replace(known, status="accepted"), other],
        incidents=[replace(incident, findings=[known.finding_id, other.finding_id])],
    )

    told = headline(both)
    assert told.worst == [other.finding_id]
    assert other.finding_id in told.following[0]


def test_what_is_accepted_for_a_time_counts_again_after_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding_id,) = case.findings()["finding_id"]
    case.accept(finding_id, reason="A week.", until=datetime.now(UTC) + timedelta(days=7))
    assert statuses(case) == ["accepted"]

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=8)

    monkeypatch.setattr("forensics.case.asked.datetime", Later)
    assert list(case.findings()["status"]) == ["growing"]


def test_what_is_accepted_is_in_no_sum_and_not_to_be_mended(case: Case) -> None:
    before = audit(case)
    case.accept(before.findings[0].finding_id, reason="A test order.")
    after = audit(case)
    sums = [
        (told.customers_confirmed, len(told.money), told.accepted)
        for told in (headline(before), headline(after))
    ]

    assert sums == [(1, 1, 0), (0, 0, 1)]
    assert [len(before.repairs), len(after.repairs)] == [1, 0]


def test_what_a_later_week_does_not_show_is_resolved_where_it_would_have_been_seen(
    case: Case,
) -> None:
    (finding_id,) = case.findings()["finding_id"]
    late = BEGIN + timedelta(seconds=60)

    (gone,) = audit(case, since=late).gone
    assert (gone.finding_id, gone.status) == (finding_id, "resolved")
    assert gone.reason == "`log` went on, whole, and `same_key` saw nothing of it there."
    document = case.last_run()
    Draft202012Validator(SCHEMA).validate(document)
    assert (document["findings"], document["summary"]["findings"]) == ([], 0)
    assert "went on, whole" in (case.folder / "report" / "report.html").read_text(encoding="utf-8")
    assert not audit(case, since=late).gone


def test_what_other_settings_hide_is_not_resolved(case: Case) -> None:
    held = case.configuration
    case.configuration = replace(held, thresholds={"same_key": {"key_lifetime_s": 1}})
    (gone,) = audit(case, since=BEGIN + timedelta(seconds=60)).gone
    assert (gone.status, gone.reason) == (
        "not_observed",
        "`same_key.key_lifetime_s` was 86400 when it was found and is 1 now.",
    )

    case.configuration = replace(held, declarations=Declarations(isolation={"x": "snapshot"}))
    (gone,) = audit(case, since=BEGIN + timedelta(seconds=60)).gone
    assert (gone.status, gone.reason[:16]) == ("not_observed", "What is declared")


def test_what_is_explained_innocently_now_is_not_resolved(case: Case) -> None:
    first, second = list(charges(22))[20:]
    of_one = {"entity_id": "order-20", "customer_id": "customer-20", "amount": "77.70"}
    back = {"event_id": "back", "action": "refund", "money_stage": "refunded"} | {
        "effect_id": "re_1",
        "operation_key": "back",
        "occurred_at": (BEGIN + timedelta(seconds=205)).isoformat(),
        "compensates_effect_id": first["effect_id"],
    }
    read(case, first | of_one, second | of_one)
    assert {finding.pattern for finding in audit(case).findings} == {"same_key", "same_content"}

    read(case, first | of_one | back)
    (gone,) = audit(case).gone
    assert (gone.pattern, gone.status) == ("same_content", "not_observed")
    assert gone.reason.startswith("Its lines are explained innocently by `reissued`: ")


def test_where_it_could_not_be_seen_it_is_not_observed(case: Case) -> None:
    after = BEGIN + timedelta(days=1)
    (gone,) = audit(case, since=after).gone
    assert (gone.status, gone.reason[:35]) == (
        "not_observed",
        "`log` tells of nothing after 2026-1",
    )

    log = case.folder.parent / "log.jsonl"
    log.write_bytes(log.read_bytes() + b"{broken\n")
    case.ingest([spec(log)])
    (gone,) = audit(case, since=BEGIN + timedelta(seconds=60)).gone
    assert (gone.status, gone.reason[:19]) == ("not_observed", "`log` is not whole:")
    assert not case.audit(detectors=["race_window"]).gone


def test_why_it_is_not_told_whether_something_goes_on(case: Case) -> None:
    def said() -> str:
        return headline(audit(case)).standing

    assert said() == "Not to be told for 1 of 1 incident: the logs end too soon after it."
    log = case.folder.parent / "log.jsonl"
    log.write_bytes(log.read_bytes() + b"{broken\n")
    case.ingest([spec(log)])
    assert said() == "Not to be told for 1 of 1 incident: the logs have holes."
    late = audit(case, since=BEGIN + timedelta(days=400))
    assert headline(late).standing.startswith("No line with a time lies in the window")


def test_what_the_first_finding_lacks_comes_first_of_what_could_not_be_seen(case: Case) -> None:
    found = audit(case)
    (finding,) = found.findings
    first, *_ = headline(found).unseen
    lacking = {name for names in finding.explanation.undecided.values() for name in names}
    assert first.startswith(f"{len(finding.explanation.undecided)} innocent reading")
    assert lacking
    named = [name for name in lacking if not (lacking - {name}) & set(name.split("|"))]
    assert all(first.count(f"`{name.split('|')[0]}`") == 1 for name in named)


def test_a_weakness_that_hits_another_is_not_resolved(case: Case) -> None:
    add(case, 50, 51, key=99)

    result = audit(case, since=BEGIN + timedelta(seconds=450))
    ((finding), (gone,)) = (*result.findings, result.gone)
    assert (finding.pattern, finding.status, gone.status) == ("same_key", "new", "not_observed")
    assert gone.reason == f"The same happens there to others: finding {finding.finding_id}."
