"""What in the log of Celery's workers is theirs, what is a task's, and what is neither."""

import json
from pathlib import Path

import pytest

from tests.connectors.formats.reading import MAPPINGS, Reading, read
from tests.normalise.batches import prepared, staged

_AT = "[2026-11-27 07:05:1{second},881: {level}/{process}] {said}"
_TASK = "shop.charge[1b073234-ac71-413b-9622-343f4ed6fc6f]"
_ACCESS = '10.0.0.1 - - [27/Nov/2026:07:05:13 +0000] "POST /charges HTTP/1.1" 503 12'


def _stamped(*said: str, level: str = "INFO", process: str = "MainProcess") -> list[str]:
    return [
        _AT.format(second=second, level=level, process=process, said=one)
        for second, one in enumerate(said)
    ]


def _log(tmp_path: Path, lines: list[str]) -> Reading:
    path = tmp_path / "worker.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read([path])


def test_an_apps_own_log_in_the_same_layout_is_no_workers(tmp_path: Path) -> None:
    lines = [
        *_stamped("started", "Connected to postgres://db/shop", "worker ready."),
        *_stamped("charged order=ORD-1 amount=12.00 id=ch_3Px2KQ8sLm2Vd72", process="payments"),
        *_stamped("charged order=ORD-1 amount=12.00 id=ch_3Px2KQ8sLm2Vd73", process="payments"),
    ]

    assert _log(tmp_path, lines).formats == {"worker.log": None}


@pytest.mark.parametrize(
    "said",
    [
        "celery@worker-1 ready.",
        "mingle: all alone",
        "consumer: Connection to broker lost. Trying to re-establish the connection...",
        "Process 'ForkPoolWorker-2' pid:24899 exited with 'signal 15 (SIGTERM)'",
        "Tasks flagged as revoked: 8f0254d9-59dc-40f2-bee2-d82618f5edfd",
    ],
)
def test_what_only_a_worker_says_of_itself_tells_its_log(tmp_path: Path, said: str) -> None:
    reading = _log(tmp_path, _stamped(said, "Connected to redis://redis:6379/0"))

    assert reading.formats == {"worker.log": "celery-log"}
    assert reading.ignored == {"server": 2}


def test_what_a_task_prints_is_the_tasks_word_and_no_run_s(tmp_path: Path) -> None:
    lines = [
        *_stamped(f"Task {_TASK} received", "charge order=ORD-1 id=ch_3Px2KQ8sLm2Vd71"),
        *_stamped('{"order_id": "ORD-2"}', level="WARNING", process="ForkPoolWorker-1"),
    ]
    reading = _log(tmp_path, lines)
    said = [event for event in reading.events if event["kind"] == "other"]

    assert [(e["action"], e["actor"], e["system"]) for e in said] == [
        ("message", "MainProcess", "celery"),
        ("message", "ForkPoolWorker-1", "celery"),
    ]
    assert [e["execution_id"] == e["event_id"] for e in said] == [True, True]
    assert {record["id"] for e in said for record in e["related"]} >= {"ORD-1", "ORD-2"}
    assert not any("delivery_id" in event for event in said)
    assert not reading.ignored


@pytest.mark.parametrize(
    "foreign",
    [
        "2026-11-27 07:05:12 ERROR payments charge declined order=ORD-2",
        _ACCESS,
        _stamped("charged order=ORD-1", process="payments")[0],
    ],
)
def test_foreign_lines_in_a_workers_output_are_not_passed_over(
    tmp_path: Path, foreign: str
) -> None:
    own = _stamped(f"Task {_TASK} received", f"Task {_TASK} succeeded in 0.2s: None")
    reading = _log(tmp_path, [*own, foreign])

    assert reading.formats == {"worker.log": "celery-log"}
    assert reading.quarantined == ["fits no pattern of this format"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" -------------- celery@worker-1 v5.7.0 (collider)", "banner"),
        ("--- ***** ----- ", "banner"),
        ("- *** --- * --- .> concurrency: 2 (prefork)", "banner"),
        ("                .> celery           exchange=celery(direct) key=celery", "banner"),
        ("[tasks]", "banner"),
        ("  . shop.book", "banner"),
        ("worker: Warm shutdown (MainProcess)", "banner"),
        ("/srv/celery/platforms.py:893: SecurityWarning: You're running", "warning at the start"),
        ("User information: uid=0 euid=0 gid=0 egid=0", "warning at the start"),
        ("Traceback (most recent call last):", "stack trace"),
        ('  File "/srv/app/tasks.py", line 22, in refund', "stack trace"),
        ("    raise TimeoutError()", "stack trace"),
        ("celery.exceptions.Reject: ('no stock', False)", "stack trace"),
        ("KeyError: 'sku'", "stack trace"),
        ("charge declined: KeyError: 'sku'", None),
        ("worker: charged ORD-1", None),
        ("- charged ORD-1", None),
        ("/srv/app/tasks.py:22: UserWarning: charged twice", None),
    ],
)
def test_only_what_looks_like_celerys_own_is_passed_over(text: str, name: str | None) -> None:
    wrapped = b'{"log":"%s\\n"}' % text.replace('"', '\\"').encode()
    with prepared() as connection:
        _, plain, _ = staged(connection, MAPPINGS["celery-log"], [text.encode()])
        _, inside, _ = staged(connection, MAPPINGS["celery-log"], [wrapped])

    assert (plain.ignored, plain.quarantined) == (({name: 1}, 0) if name else ({}, 1))
    assert inside.ignored == {name or "unmapped": 1}


@pytest.mark.parametrize("text", ["", "KeyError: 'sku'", "Traceback (most recent call last):"])
def test_a_record_of_an_app_is_no_stack_and_no_banner(text: str) -> None:
    record = b'{"message":"%s","id":"ch_1","level":"INFO","order":"ORD-1"}' % text.encode()
    with prepared() as connection:
        events, tally, _ = staged(connection, MAPPINGS["celery-log"], [record])

    assert (events, tally.ignored) == ([], {"unmapped": 1})


_MADE = "ch_3Px2KQ8sLm2Vd72"


@pytest.mark.parametrize(
    ("result", "made"),
    [
        (f"'{_MADE}'", _MADE),
        (f'"{_MADE}"', _MADE),
        ("'cs_test_a1B2c3D4e5F6'", "cs_test_a1B2c3D4e5F6"),
        ("'already_processed'", None),
        ("'processed_2_successfully'", None),
        ("'status_code_200'", None),
        ("'already_processed_20261127'", None),
        ("'ch_9A2'", None),
        ("'a3Px2KQ8sLm2Vd72'", None),
        ("None", None),
        (f"{{'charge': '{_MADE}', 'order': 'ORD-1003', 'amount': '80.00'}}", _MADE),
        (f"{{'customer': 'cus_3Px2KQ8sLm2Vd', 'charge': {{'id': '{_MADE}'}}}}", _MADE),
        (f"{{'charge': '{_MADE}', 'refund': 're_3Px2KQ8sLm2Vd73'}}", None),
        ("{'customer': 'cus_3Px2KQ8sLm2Vd'}", None),
        ("{'charge': 'ch_9A4', 'order': 'ORD-1003'}", None),
        (f"['{_MADE}']", None),
    ],
)
def test_only_what_a_provider_may_have_called_it_is_the_id_of_what_was_made(
    result: str, made: str | None
) -> None:
    line = _stamped(f"Task {_TASK} succeeded in 0.2s: {result}")[0].encode()
    event = {"type": "task-succeeded", "hostname": "c@w", "timestamp": 1, "uuid": "t"}
    heard_as = json.dumps(event | {"result": result}).encode()
    with prepared() as connection:
        told, _, _ = staged(connection, MAPPINGS["celery-log"], [line])
        heard, _, _ = staged(connection, MAPPINGS["celery"], [heard_as])

    assert [e["kind"] for e in told] == ["trigger", "effect" if made else "attempt"]
    assert [e["kind"] for e in heard] == [e["kind"] for e in told]
    assert told[1].get("effect_id") == heard[1].get("effect_id") == made
