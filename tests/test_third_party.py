"""Real logs of other people: every record accounted for, nobody accused; a real incident found."""

from pathlib import Path

import orjson
import pytest

from forensics.case.case import Case
from tests.case.shop import opened, spec

DATA = Path(__file__).parent / "data"
ARCHIVES = sorted((DATA / "third_party").glob("*.zip"))
RECORDING = DATA / "formats" / "celery"


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.stem)
def test_every_record_is_accounted_for_and_nobody_is_accused(tmp_path: Path, archive: Path) -> None:
    case = opened(tmp_path)

    (account,) = case.ingest([spec(archive, archive.stem)])
    findings = case.audit(detectors=["duplicate_side_effect"]).findings

    counted = account.mapped + account.already_stored + account.quarantined
    assert account.read > 0
    assert account.read == counted + sum(account.ignored.values())
    assert [found.explanation.title for found in findings] == []


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Celery on Redis with a visibility timeout shorter than its tasks, audited."""
    case = opened(tmp_path_factory.mktemp("recorded"))
    case.ingest([spec(RECORDING / "celery_events.jsonl", "celery")])
    case.audit()
    return case


def _tasks(case: Case, detector: str) -> set[str]:
    """Task ids on the original and duplicate events of a detector's findings."""
    frame = case.sql(f"""
        SELECT DISTINCT delivery_id FROM evidence JOIN events USING (event_id)
        WHERE detector = '{detector}' AND role IN ('original', 'duplicate')""")
    return set(frame["delivery_id"].drop_nulls())


def test_tasks_that_ran_twice_in_a_real_incident_are_found(recorded: Case) -> None:
    truth = orjson.loads((RECORDING / "truth.json").read_bytes())
    twice = {
        task
        for planted in truth["findings"]
        if planted["kind"] == "duplicate_side_effect"
        for task in planted["task_ids"]
    }

    assert twice == _tasks(recorded, "duplicate_side_effect")


def test_what_ran_twice_without_a_second_effect_stays_quiet(recorded: Case) -> None:
    truth = orjson.loads((RECORDING / "truth.json").read_bytes())
    keys = {key for innocent in truth["negatives"] for key in innocent["keys"]}
    frame = recorded.sql("""
        SELECT DISTINCT raw FROM evidence JOIN events USING (event_id)
        WHERE detector = 'duplicate_side_effect' AND role <> 'context'""")

    assert keys
    assert set() == {key for key in keys for raw in frame["raw"] if f"'{key}'" in raw}
