"""What a recording of Celery with a too short visibility timeout shows, against its truth."""

import json
from collections import defaultdict

from tests.connectors.formats.reading import DATA, sample

RECORDING = sample(DATA / "celery" / "celery_events.jsonl")
TRUTH = json.loads((DATA / "celery" / "truth.json").read_text(encoding="utf-8"))


def _effects() -> dict[str, set[str]]:
    effects: dict[str, set[str]] = defaultdict(set)
    for event in RECORDING.events:
        if event["kind"] == "effect":
            effects[event["delivery_id"]].add(event["effect_id"])
    return effects


def test_a_task_that_took_effect_again_shows_as_many_effects_as_the_ledger() -> None:
    expected = {
        finding["task_ids"][0]: finding["count_executions"]
        for finding in TRUTH["findings"]
        if finding["kind"] == "duplicate_side_effect"
    }

    repeated = {task: len(ids) for task, ids in _effects().items() if len(ids) > 1}

    assert repeated == expected


def test_a_replayed_effect_is_one_effect_in_two_runs() -> None:
    name = "billing.settle_batch_idem"
    tasks = {e["delivery_id"] for e in RECORDING.events if e.get("workflow") == name}
    runs = [e for e in RECORDING.events if e["kind"] == "effect" and e["delivery_id"] in tasks]

    assert len(runs) == 2
    assert len({run["execution_id"] for run in runs}) == 2
    assert len({run["effect_id"] for run in runs}) == 1


def test_a_start_and_its_end_are_one_execution() -> None:
    phases = defaultdict(set)
    for event in RECORDING.events:
        if event["action"] in {"task-started", "task-succeeded"}:
            phases[event["execution_id"]].add(event["phase"])

    assert set(map(frozenset, phases.values())) == {frozenset({"start", "end"})}


def test_every_heartbeat_is_ignored_by_name() -> None:
    assert RECORDING.ignored == {"worker-heartbeat": 61, "worker-online": 4, "worker-offline": 4}
    assert RECORDING.read == 1350
    assert not RECORDING.quarantined
