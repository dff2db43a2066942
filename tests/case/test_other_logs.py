"""An audit says which log shows what its own do not, and how to get that."""

from pathlib import Path

import pytest

import connectors.registry
from forensics.case.case import Case
from forensics.model.audit import Audit
from forensics.model.elsewhere import Elsewhere
from forensics.model.record import SourceSpec
from forensics.report.headline import headline
from tests.cli.command import run

DATA = Path(__file__).parents[1] / "data" / "formats"
CHANGES = f"changes={DATA / 'postgresql_changes' / 'wal2json_v2.jsonl'}"
STATEMENTS = f"statements={DATA / 'postgresql_log' / 'csvlog.txt'}"
EXECUTIONS = f"n8n={DATA / 'n8n' / 'executions.json'}"
PGAUDIT = "ALTER SYSTEM SET pgaudit.log = 'read, write'"
RESTARTED = (
    "# postgresql.conf, then a restart: add pgaudit to shared_preload_libraries,"
    " logging_collector = on"
)


def audited(folder: Path, *sources: str) -> Audit:
    case = Case(folder / "incident", connectors.registry)
    case.ingest([SourceSpec.parse(source, formats=()) for source in sources])
    return case.audit()


def of(audit: Audit, source: str, what: str) -> Elsewhere:
    (found,) = [one for one in audit.elsewhere if one.source == source and what in one.what]
    return found


def test_what_blinds_most_patterns_is_said_first_with_the_log_that_has_it(tmp_path: Path) -> None:
    result = audited(tmp_path, EXECUTIONS)
    writes = of(result, "n8n", "which records were written")

    assert {"lost_update", "flip_flop"} <= {*writes.blind}
    assert (writes.partly, writes.hidden, writes.read_as) == ([], [], [])
    said = [sentence for sentence in headline(result).unseen if "in every log" in sentence]
    assert said[0] == (
        f"lost_update and {len(writes.blind) - 1} more, in every log: `n8n` cannot show"
        f" {writes.what}; that is in {writes.log}: `ALTER TABLE orders REPLICA IDENTITY FULL`,"
        " `SELECT pg_create_logical_replication_slot('cdc', 'wal2json')`,"
        " `forensics ingest 'changes=postgresql://ro@db/shop?slot=cdc' --case incident`,"
        " `SELECT pg_drop_replication_slot('cdc') -- once it is read: until then the server keeps"
        " all of its log`"
    )


def test_reads_are_not_in_a_log_of_changes_and_what_has_them_is_said(tmp_path: Path) -> None:
    result = audited(tmp_path, CHANGES)
    reads = of(result, "changes", "what was read")

    assert "check_then_act" in reads.blind
    assert {"lost_update", "write_skew"} <= {*reads.hidden}
    first, *_ = headline(result).unseen
    assert first == (
        f"lost_update and {len(reads.hidden) - 1} more, in part: `changes` cannot show"
        f" {reads.what}; that is in PostgreSQL's server log with pgAudit: `{RESTARTED}`,"
        f" `{PGAUDIT}`, `ALTER SYSTEM SET log_destination = 'csvlog'`, `SELECT pg_reload_conf()`,"
        " `forensics ingest statements=postgresql.csv --case incident`"
    )


def test_every_blind_pattern_of_a_known_format_has_a_log(tmp_path: Path) -> None:
    result = audited(tmp_path, CHANGES, EXECUTIONS)
    for verdict in result.verdicts:
        told = [e for e in result.elsewhere if e.source == verdict.source]
        assert (verdict.verdict == "blind") == any(verdict.pattern in e.blind for e in told)
        if verdict.partly_blind:
            assert any(verdict.pattern in {*e.partly, *e.hidden} for e in told)


def test_what_a_pattern_sees_in_part_is_said_whatever_its_verdict(tmp_path: Path) -> None:
    result = audited(tmp_path, EXECUTIONS)
    tries = of(result, "n8n", "retry on fail")

    assert {"hot_loop", "fleet"} <= {*tries.hidden}
    assert not {*tries.hidden} & {*tries.blind, *tries.partly}
    assert any("retry on fail" in sentence for sentence in headline(result).unseen)


def test_a_log_of_such_a_kind_that_was_read_is_named(tmp_path: Path) -> None:
    result = audited(tmp_path, CHANGES, STATEMENTS)

    assert of(result, "changes", "what was read").read_as == ["statements"]
    (said,) = [sentence for sentence in headline(result).unseen if "what was read" in sentence]
    assert "(`statements` is one, unless it is of another system or time)" in said
    assert of(result, "statements", "COMMIT").read_as == ["changes"]
    page = (tmp_path / "incident" / "report" / "report.html").read_text()
    assert "Which log would show it" in page
    assert "here: statements" in page


def test_a_log_of_such_a_kind_silences_no_warning_for_it_may_be_of_another_system(
    tmp_path: Path,
) -> None:
    texts = f"tw={DATA / 'twilio' / 'messages.json'}"
    result = audited(tmp_path, EXECUTIONS, texts)

    assert of(result, "n8n", "retry on fail").read_as == ["tw"]
    (said,) = [sentence for sentence in headline(result).unseen if "retry on fail" in sentence]
    assert "(`tw` is one, unless it is of another system or time)" in said


def test_a_log_of_which_there_is_none_is_warned_of_before_one_of_which_there_may_be(
    tmp_path: Path,
) -> None:
    tasks = f"tasks={DATA / 'airflow' / 'task_instances.json'}"
    result = audited(tmp_path, CHANGES, STATEMENTS, tasks)
    told = [sentence for sentence in headline(result).unseen if "in part" in sentence]

    assert "(`" not in told[0]
    assert "(`" in told[-1]


@pytest.mark.parametrize("together", [True, False])
def test_a_source_that_holds_both_logs_lacks_neither(tmp_path: Path, *, together: bool) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in ("list.json", "requests.jsonl")[: 1 + together]:
        (folder / name).write_bytes((DATA / "stripe" / name).read_bytes())
    result = audited(tmp_path, f"shop={folder}")

    lacking = [one for one in result.elsewhere if "changed nothing" in one.what]
    assert bool(lacking) is not together
    assert bool(result.elsewhere)


@pytest.mark.parametrize("kind", ["canonical", "own"])
def test_of_a_log_of_ones_own_the_cure_of_each_pattern_is_all(kind: str, tmp_path: Path) -> None:
    log, mapping = tmp_path / "log.jsonl", tmp_path / "own.toml"
    log.write_text('{"kind": "write", "occurred_at": "2026-03-01T10:00:00Z", "action": "save"}\n')
    mapping.write_text("""
        format = "own"
        recognise = "{kind} IS NOT NULL"
        [[event]]
        [event.columns]
        kind = "{kind}"
        occurred_at = "iso_time({occurred_at})"
        action = "{action}"
    """)
    case = Case(tmp_path / "incident", connectors.registry)
    case.ingest([SourceSpec.parse(str(log), formats=(str(mapping),) if kind == "own" else ())])
    result = case.audit()

    assert not result.elsewhere
    assert any("Log " in sentence for sentence in headline(result).unseen)


def test_a_terminal_shows_the_command_whole_where_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    done = run(tmp_path, "audit", CHANGES, "--case", "cases/incident")
    shown = " ".join(done.stdout.decode().split())

    assert "`forensics ingest statements=postgresql.csv --case cases/incident`" in shown
    assert len(done.stdout.splitlines()) <= 26


def test_a_case_of_two_words_is_quoted_so_that_the_command_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "9999")
    done = run(tmp_path, "audit", CHANGES, "--case", "my cases/june 3")
    shown = done.stdout.decode()
    page = (tmp_path / "my cases" / "june 3" / "report" / "report.html").read_text()

    assert "statements=postgresql.csv --case 'my cases/june 3'`" in shown
    assert "--case my cases" not in shown
    assert "--case june 3" not in page
