"""Every sample file gives exactly the events that were looked at and kept.

`UPDATE_GOLDEN=1 uv run pytest tests/connectors/formats` writes them anew.
"""

import json
import os
from pathlib import Path

import pytest

from tests.connectors.formats.reading import DATA, in_one_place, sample

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(
    path
    for path in DATA.glob("*/*")
    if path.suffix in {".json", ".jsonl", ".txt"}
    and path.name not in {"truth.json", "celery_events.jsonl"}
)
by_sample = pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, id=f"{p.parent.name}/{p.name}", marks=in_one_place(p.parent.name))
        for p in SAMPLES
    ],
)
NAMED_IGNORES = ("acquisition_id", "raw", "source_path", "event_id", "execution_id")
"""Left out of the comparison: where and when it was read, and ids made from that."""


def _shown(path: Path) -> str:
    reading = sample(path)
    events = [
        {
            name: value
            for name, value in event.items()
            if name not in NAMED_IGNORES
            or (name == "execution_id" and value != event["event_id"])
            or (name == "event_id" and path.parent.name == "canonical")
        }
        for event in reading.events
    ]
    for event in events:
        # The part's identity changes with every byte of the file; the offset says which record.
        event["source_position"] = event["source_position"].partition(":")[2]
    summary = {
        "format": reading.formats[path.name],
        "read": reading.read,
        "mapped": reading.mapped,
        "already_stored": reading.already_stored,
        "ignored": dict(sorted(reading.ignored.items())),
        "quarantined": reading.quarantined,
        "events": events,
    }
    return json.dumps(summary, indent=1, default=str, ensure_ascii=False) + "\n"


@by_sample
def test_a_sample_gives_the_events_that_were_looked_at(path: Path) -> None:
    golden = GOLDEN / path.parent.name / f"{path.name}.golden.json"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(_shown(path), encoding="utf-8")

    assert golden.read_text(encoding="utf-8") == _shown(path)


def test_no_golden_is_left_without_its_sample() -> None:
    kept = {f"{path.parent.name}/{path.name}" for path in GOLDEN.glob("*/*")}

    assert kept == {f"{path.parent.name}/{path.name}.golden.json" for path in SAMPLES}


@by_sample
def test_every_record_of_a_sample_is_accounted_for(path: Path) -> None:
    reading = sample(path)

    assert reading.read > 0
    assert reading.read == (
        reading.mapped
        + sum(reading.ignored.values())
        + reading.already_stored
        + len(reading.quarantined)
    )
