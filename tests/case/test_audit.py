"""An audit of a case: what it writes, and what it says the second time."""

import random
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import orjson
import polars as pl
import pytest
from jsonschema import Draft202012Validator

import connectors.registry
import forensics.report
from forensics.case.case import Case
from forensics.case.configuration import load
from forensics.detect.calibration import LOG_KINDS
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from tests.case.shop import BEGIN, charges, lines, opened, spec

SCHEMA = orjson.loads(
    (Path(forensics.report.__file__).parent / "findings.schema.json").read_bytes()
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """An audited case of thirty charges, for those that only look at it."""
    folder = tmp_path_factory.mktemp("made")
    log, case = folder / "log.jsonl", opened(folder)
    log.write_bytes(lines(list(charges(30))))
    case.ingest([spec(log)])
    case.audit()
    return case


@pytest.fixture
def audited(made: Case, tmp_path: Path) -> Case:
    """A copy of it to go on with."""
    shutil.copytree(made.folder, tmp_path / "case")
    return opened(tmp_path)


def without_run(path: Path) -> bytes:
    document = orjson.loads(path.read_bytes())
    del document["run"]
    return orjson.dumps(document)


def test_the_report_holds_what_the_documentation_names(made: Case) -> None:
    report = made.folder / "report"

    names = {"report.html", "findings.json", "evidence.parquet", "suppressed.parquet", "repair.csv"}
    assert names == {path.name for path in report.iterdir()}
    columns = ["finding_id", "detector", "pattern", "event_id", "role"]
    assert columns == pl.read_parquet(report / "evidence.parquet").columns
    assert [*columns, "suppressor"] == pl.read_parquet(report / "suppressed.parquet").columns


def test_findings_json_follows_its_schema(made: Case) -> None:
    document = orjson.loads((made.folder / "report" / "findings.json").read_bytes())
    Draft202012Validator(SCHEMA).validate(document)
    (finding,) = document["findings"]
    assert (
        finding["pattern"],
        finding["severity"],
        finding["exposure"][0]["gross"],
    ) == ("same_key", "high", "12.5")


def test_what_was_declared_stands_in_the_report(tmp_path: Path) -> None:
    settings = tmp_path / "forensics.toml"
    settings.write_text("""
        [last_write_wins]
        fields = ["cart.note"]
        [key_lifetimes]
        ledger = 3600
        [isolation]
        orders-db = "serializable"
        [retry."shop -> bank"]
        attempts = 3
        base_s = 0.5
        """)
    case = Case(tmp_path / "case", connectors.registry, load(settings))
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(3))))
    case.ingest([spec(tmp_path / "log.jsonl")])
    case.audit()

    report = tmp_path / "case" / "report"
    document = orjson.loads((report / "findings.json").read_bytes())
    Draft202012Validator(SCHEMA).validate(document)
    assert document["run"]["declarations"] == {
        "last_write_wins_fields": ["cart.note"],
        "last_write_wins_systems": [],
        "isolation": {"orders-db": "serializable"},
        "key_lifetimes": {"ledger": 3600},
        "retries": {"shop -> bank": {"attempts": 3, "base_s": 0.5}},
    }
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "In the field <code>cart.note</code>, the last write is meant to win" in page
    assert "Transactions of <code>orders-db</code> run at serializable" in page
    assert "How <code>shop -&gt; bank</code> retries (<code>attempts = 3</code>" in page


def test_a_storm_says_what_its_retries_may_have_cost(tmp_path: Path) -> None:
    settings = tmp_path / "forensics.toml"
    settings.write_text("""
        [impact.invocation]
        per = "call"
        currency = "USD"
        low = 2
        likely = 2
        high = 2
        """)
    tries = [
        {"event_id": f"t{n}", "occurred_at": (BEGIN + timedelta(seconds=2 * n)).isoformat(),
         "kind": "attempt", "action": "quote", "outcome": "error", "system": "shop",
         "target_system": "tax", "operation_key": "k"}
        for n in range(12)
    ]  # fmt: skip
    (tmp_path / "log.jsonl").write_bytes(lines(tries))
    case = Case(tmp_path / "case", connectors.registry, load(settings))
    case.ingest([spec(tmp_path / "log.jsonl")])

    (found,) = case.audit().findings
    assert "11 wasted calls may have cost 22.00 USD" in found.explanation.sentences


def test_why_records_could_not_be_read_is_said_with_places(tmp_path: Path) -> None:
    case, log = opened(tmp_path), tmp_path / "log.jsonl"
    bad = [r | {"occurred_at": f"day {n}"} for n, r in enumerate(charges(6)) if n > 3]
    log.write_bytes(lines([*list(charges(4)), *bad]) + b"{broken\n")
    case.ingest([spec(log)])
    case.audit()

    report = tmp_path / "case" / "report"
    document = orjson.loads((report / "findings.json").read_bytes())
    Draft202012Validator(SCHEMA).validate(document)
    first, second = document["quarantine"]
    assert (first["records"], first["reason"]) == (2, "`occurred_at` cannot be read from `…`")
    assert first["examples"] == [f"{log}:5", f"{log}:6"]
    assert (second["records"], second["examples"]) == (1, [f"{log}:7"])
    page = (report / "report.html").read_text("utf-8")
    assert "Why records could not be read" in page
    assert all(f"<code>{log}:{line}</code>" in page for line in (5, 6, 7))


def test_a_finding_is_as_sure_as_such_findings_were_on_labelled_logs(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    log.write_bytes(lines([{**charge, "cause_id": charge["event_id"]} for charge in charges(30)]))
    case.ingest([spec(log)])

    (finding,) = case.audit().findings
    assert case.sql(LOG_KINDS).rows() == [("log", "canonical", True, True, False)]
    assert finding.confidence is not None
    assert 0.9 < finding.confidence < 1


def test_of_a_log_unlike_the_labelled_ones_no_confidence_is_given(audited: Case) -> None:
    (finding,) = audited.audit().findings

    assert finding.confidence is None


def test_the_repair_list_names_the_second_charge_and_keeps_the_first(made: Case) -> None:
    rows = pl.read_csv(made.folder / "report" / "repair.csv")
    assert (rows.select("act", "subject", "keep", "amount").rows()) == [
        ("refund", "ch_000001", "ch_000000", 12.5)
    ]


def test_an_audit_elsewhere_leaves_the_case_consistent(audited: Case, tmp_path: Path) -> None:
    audited.audit(out=tmp_path / "elsewhere")

    assert (tmp_path / "elsewhere" / "report.html").exists()
    assert audited.verify().differences == ()


def test_the_second_run_knows_what_is_new_and_what_grew(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    everything = list(charges(40))
    log.write_bytes(lines(everything))
    case.ingest([spec(log)])
    first = case.audit()
    again = case.audit()
    third = everything[0] | {"event_id": "x", "effect_id": "ch_third"}
    log.write_bytes(lines([*everything, third]))
    case.ingest([spec(log)])
    grown = case.audit()

    assert [[finding.status for finding in run.findings] for run in (first, again, grown)] == [
        ["new"],
        ["recurring"],
        ["growing"],
    ]
    assert first.findings[0].finding_id == grown.findings[0].finding_id


def test_a_log_that_was_edited_in_place_lets_nothing_grow(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    without_ids = [{**record, "event_id": None} for record in charges(40)]
    log.write_bytes(lines(without_ids))
    case.ingest([spec(log)])
    case.audit()

    log.write_bytes(lines([*without_ids[:-1], without_ids[-1] | {"customer_id": "another"}]))
    case.ingest([spec(log)])

    assert [finding.status for finding in case.audit().findings] == ["recurring"]
    log.write_bytes(lines([*without_ids, without_ids[0] | {"effect_id": "ch_third"}]))
    case.ingest([spec(log)])
    assert [finding.status for finding in case.audit().findings] == ["growing"]


def test_the_frame_of_findings_holds_sums_to_count_with(made: Case) -> None:
    money = made.findings().explode("money").unnest("money")

    assert money.select("currency", "gross", "compensated", "net").rows() == [
        ("EUR", Decimal("12.50"), Decimal(0), Decimal("12.50"))
    ]


def test_a_run_that_finds_nothing_shows_nothing_of_the_run_before(audited: Case) -> None:
    audited.audit(detectors=["recursive_chain"])

    assert audited.findings().is_empty()


@pytest.mark.parametrize("threads", [1, 2])
def test_neither_order_nor_files_nor_threads_change_a_byte(tmp_path: Path, threads: int) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    whole.mkdir()
    split.mkdir()
    records = list(charges(60))
    (whole / "one.jsonl").write_bytes(lines(records))
    random.Random(threads).shuffle(records)  # noqa: S311 - an order, not a secret
    for number in range(3):
        (split / f"part-{number}.jsonl").write_bytes(lines(records[number::3]))
    for folder in (whole, split):
        case = opened(tmp_path / "cases" / folder.name)
        case.ingest([spec(folder if folder is split else folder / "one.jsonl")])
        case.audit(threads=threads if folder is split else None)

    documents = [
        without_run(tmp_path / "cases" / name / "case" / "report" / "findings.json")
        for name in ("whole", "split")
    ]
    assert documents[0] == documents[1]


def test_a_window_reports_only_what_reaches_into_it(audited: Case) -> None:
    assert list(audited.audit(since=BEGIN.replace(hour=9)).findings) == []
    assert len(audited.audit(since=BEGIN.replace(hour=7)).findings) == 1
    assert list(audited.audit(until=BEGIN).findings) == []


def test_a_source_that_could_not_be_read_is_missing_until_it_can_be(tmp_path: Path) -> None:
    log, late, case = tmp_path / "log.jsonl", tmp_path / "late.jsonl", opened(tmp_path)
    log.write_bytes(lines(list(charges(5))))
    case.ingest([spec(log), spec(late, "late")])
    before = case.audit()
    late.write_bytes(lines([r | {"event_id": f"late-{r['event_id']}"} for r in charges(1)]))
    case.ingest([spec(log), spec(late, "late")])

    assert [coverage.source for coverage in before.coverage] == ["late", "log"]
    assert any("late" in sentence for sentence in before.missing)
    assert list(case.audit().missing) == []


def test_clear_is_not_said_of_what_could_not_be_read(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    log.write_bytes(lines(list(charges(30))[2:]) + b'{"kind": "effect", "broken\n')
    case.ingest([spec(log)])

    words = {v.verdict.value for v in case.audit().verdicts if v.pattern == "same_key"}
    assert {"partial"} == words


def test_clear_is_not_said_where_few_events_say_what_it_takes(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    records = list(charges(30))[2:]
    log.write_bytes(lines([records[0], *({**r, "operation_key": None} for r in records[1:])]))
    case.ingest([spec(log)])

    (verdict,) = [v for v in case.audit().verdicts if v.pattern == "same_key"]
    assert (verdict.verdict.value, verdict.population, verdict.events) == ("partial", 1, 28)
    assert (verdict.partly_blind, verdict.missing) == (True, ("operation_key",))
    assert verdict.reason == "None among the only 1 of 28 events that say what it takes."


def test_what_was_found_in_a_part_says_of_how_many_events_nothing_can_be_said(
    tmp_path: Path,
) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    keyed, others = list(charges(30))[:2], list(charges(30))[2:]
    log.write_bytes(lines([*keyed, *({**r, "operation_key": None} for r in others)]))
    case.ingest([spec(log)])

    words = {v.pattern: v for v in case.audit().verdicts}
    assert words["same_key"].verdict.value == "found"
    assert words["same_key"].reason == (
        "Listed among the findings; only 2 of 30 events say what it takes."
    )
    assert (words["same_key"].partly_blind, words["same_key"].missing) == (True, ("operation_key",))
    assert (words["redelivery"].partly_blind, words["redelivery"].missing) == (
        False, ("delivery_id",),
    )  # fmt: skip
    assert not words["cross_system"].partly_blind
    page = (tmp_path / "case" / "report" / "report.html").read_text(encoding="utf-8")
    assert "found (2 of 30)" in page


def test_a_run_of_one_detector_forgets_nothing_of_the_others(audited: Case) -> None:
    audited.audit(detectors=["race_window"])

    assert [finding.status for finding in audited.audit().findings] == ["recurring"]


def test_a_source_is_compared_by_its_name_or_by_its_address_alone(made: Case) -> None:
    log = made.folder.parent / "log.jsonl"

    checks = [*made.verify_against(spec(log))]
    checks += made.verify_against(SourceSpec(name="", address=str(log)))

    assert [check.state for check in checks] == ["same", "same"]
    with pytest.raises(UsageError, match="other"):
        made.verify_against(spec(log, "other"))


def test_a_log_in_which_nothing_can_be_judged_is_missing_evidence(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    records = [{"event_id": f"x{n}", "kind": "other", "action": "seen"} for n in range(5)]
    log.write_bytes(lines(records))
    case.ingest([spec(log)])

    (sentence,) = case.audit().missing

    assert "every pattern is blind in its 5 events, none of which has a time" in sentence
    # Of a format that comes with the tool it would answer that no mapping is needed.
    assert "forensics map" not in sentence


def test_a_finding_that_weighs_more_than_it_did_has_grown(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    everything = [{**record, "operation_key": None} for record in charges(2)]
    twins = [everything[0], everything[1] | {"amount": "9.99"}]
    twins[0] = twins[0] | {"amount": "9.99"}
    others = [
        {**record, "amount": f"{20 + n}.17", "customer_id": f"other-{n}"}
        for n, record in enumerate(list(charges(2100))[2:])
    ]
    log.write_bytes(lines(twins))
    case.ingest([spec(log)])
    first = case.audit()
    log.write_bytes(lines([*twins, *others]))
    case.ingest([spec(log)])
    later = case.audit()

    assert [(f.grade, f.status) for f in first.findings] == [("suspicion", "new")]
    assert [(f.grade, f.status) for f in later.findings] == [("probable", "growing")]


def test_sql_sees_the_findings_of_the_last_run_and_those_of_all(audited: Case) -> None:
    audited.audit()

    counts = audited.sql("""
        SELECT (SELECT count(*) FROM findings) AS last,
            (SELECT count(*) FROM finding_history) AS every""").row(0)

    assert counts == (1, 2)
