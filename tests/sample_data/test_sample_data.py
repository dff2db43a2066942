"""The sample week is what its README says: reproducible, readable, labelled, made up."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.model.columns import BY_NAME, ENUMS
from sample_data.make import SOURCES, make_week, write_week
from sample_data.moments import END, START, iso
from sample_data.truth import DETECTOR_OF

SAMPLE = Path(__file__).parents[2] / "sample_data"

SUPPRESSORS = {
    "absorbed_redelivery", "authorise_then_capture", "fan_out", "idempotent_replay", "instalment",
    "read_twice", "refused_attempt", "scheduled_run", "several_witnesses", "test_mode",
    "backfill", "few", "hedged", "obeyed_retry_after", "pagination", "polling",
    "clock_uncertain", "commutative", "disjoint_fields", "guarded", "held_lock",
    "last_write_wins", "same_chain", "same_value",
    "bounded_cursor", "continue_as_new", "damped_echo", "import_once", "retry_chain", "tree_walk",
}  # fmt: skip

# `compensated` and `stronger_pattern` have no lookalike: what they say is true of planted cases.

PARSERS = {
    "stripe": lambda record: record["object"] == "event" and record["id"].startswith("evt_"),
    "celery": lambda record: record["type"].split("-")[0] in {"task", "worker"},
    "otlp": lambda record: len(record["resourceSpans"]) == 1,
    "debezium": lambda record: record["op"] in {"c", "u", "d", "r"} and record["source"]["lsn"] > 0,
    "cloudtrail": lambda record: record["eventSource"].endswith(".amazonaws.com"),
    "audit": lambda record: BY_NAME.keys() >= record.keys(),
    "cloudevents": lambda record: record["specversion"] == "1.0",
}


def content(path: Path) -> bytes:
    """Compressed files are compared unpacked: zlib's output differs between its builds."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def files(source: str) -> Iterator[Path]:
    path = SAMPLE / SOURCES[source]
    return iter(sorted(path.iterdir()) if path.is_dir() else [path])


def records(source: str) -> Iterator[dict[str, Any]]:
    for path in files(source):
        text = content(path).decode()
        if path.suffix == ".jsonl":
            yield from map(json.loads, text.splitlines())
        else:
            document = json.loads(text)
            yield from document if isinstance(document, list) else document["Records"]


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_bytes())
    return document


def strings(value: object) -> Iterator[str]:
    """Every text and number of a record; texts that hold further ids give those too."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    else:
        yield str(value)
        yield from re.findall(r"[\w:.@-]+", str(value))


def test_the_generator_writes_what_is_committed(tmp_path: Path) -> None:
    write_week(make_week(), tmp_path)

    made = {path.relative_to(tmp_path): content(path) for path in tmp_path.rglob("*.*")}
    kept = [*(SAMPLE / "week").rglob("*.*"), SAMPLE / "truth.json"]
    assert made == {path.relative_to(SAMPLE): content(path) for path in kept}


def test_another_seed_makes_another_week(tmp_path: Path) -> None:
    write_week(make_week(seed=7), tmp_path)

    for source, path in SOURCES.items():
        if source != "cloudtrail":
            assert (tmp_path / path).read_bytes() != (SAMPLE / path).read_bytes()


@pytest.mark.parametrize("source", SOURCES)
def test_every_record_has_the_shape_of_its_format(source: str) -> None:
    found = list(records(source))

    assert len(found) > 100
    assert [record for record in found if not PARSERS[source](record)] == []


def test_audit_rows_use_the_words_of_the_canonical_event() -> None:
    wrong = [
        (row["event_id"], name, row[name])
        for row in records("audit")
        for name in ENUMS.keys() & row.keys()
        if row[name] not in ENUMS[name]
    ]

    assert wrong == []


def test_audit_ids_are_unique_and_serial_numbers_rise() -> None:
    rows = list(records("audit"))
    ids = [row["event_id"] for row in rows]
    serials = [row["source_seq"] for row in rows if "source_seq" in row]

    assert len(ids) == len(set(ids))
    assert serials == sorted(set(serials))


def test_debezium_images_follow_each_other() -> None:
    standing: dict[tuple[str, str], tuple[int, Any]] = {}
    for change in records("debezium"):
        row = change["after"] or change["before"]
        key = (change["source"]["table"], row["id"])
        position, before = standing.get(key, (0, None))
        if change["source"]["lsn"] != position:
            assert change["before"] == before, key
        standing[key] = (change["source"]["lsn"], change["after"])


def test_files_stay_small() -> None:
    sizes = [path.stat().st_size for source in SOURCES for path in files(source)]

    assert max(sizes) < 2_000_000
    assert sum(sizes) < 4_000_000


def test_every_pattern_is_planted_and_belongs_to_its_detector(truth: dict[str, Any]) -> None:
    planted = {case["pattern"]: case["detector"] for case in truth["cases"]}

    assert planted == DETECTOR_OF


def test_there_are_forty_cases_and_as_many_lookalikes(truth: dict[str, Any]) -> None:
    small = [case for case in truth["cases"] if not case["incident"]]

    assert len(small) >= 40
    assert len(truth["lookalikes"]) >= len(small)


def test_every_suppressor_has_a_lookalike(truth: dict[str, Any]) -> None:
    named = {lookalike["suppressor"] for lookalike in truth["lookalikes"]} - {None}

    assert named == SUPPRESSORS
    assert {lookalike["looks_like"] for lookalike in truth["lookalikes"]} <= DETECTOR_OF.keys()


def test_the_incident_goes_through_all_four_failures(truth: dict[str, Any]) -> None:
    incident = [case for case in truth["cases"] if case["incident"]]

    assert {case["detector"] for case in incident} == set(DETECTOR_OF.values())
    assert incident[0]["detector"] == "retry_storm"


def test_ids_of_cases_and_lookalikes_are_unique(truth: dict[str, Any]) -> None:
    ids = Counter(entry["id"] for entry in (*truth["cases"], *truth["lookalikes"]))

    assert [name for name, times in ids.items() if times > 1] == []


def test_no_key_belongs_to_two_entries(truth: dict[str, Any]) -> None:
    keys = Counter(
        key for entry in (*truth["cases"], *truth["lookalikes"]) for key in entry["keys"]
    )

    assert [key for key, times in keys.items() if times > 1] == []


def test_every_key_occurs_in_the_named_sources(truth: dict[str, Any]) -> None:
    seen = {source: set(strings(list(records(source)))) for source in SOURCES}
    missing = [
        (entry["id"], key)
        for entry in (*truth["cases"], *truth["lookalikes"])
        for key in entry["keys"]
        if not any(key in seen[source] for source in entry["source"].split("+"))
    ]

    assert missing == []


def test_cases_lie_within_the_week_and_end_after_they_begin(truth: dict[str, Any]) -> None:
    wrong = [
        case["id"]
        for case in truth["cases"]
        if not iso(START) <= case["first_at"] <= case["last_at"] < iso(END)
    ]

    assert wrong == []


def test_money_is_given_with_its_currency(truth: dict[str, Any]) -> None:
    assert all((case["amount"] is None) == (case["currency"] is None) for case in truth["cases"])


@pytest.mark.parametrize("source", SOURCES)
def test_people_and_addresses_are_made_up(source: str) -> None:
    text = "\n".join(content(path).decode() for path in files(source))

    assert set(re.findall(r"@([\w-]+(?:\.[\w-]+)+)", text)) <= {"example.com"}
    addresses = set(re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", text))
    assert all(address.startswith("192.0.2.") for address in addresses)
    assert not re.search(r"[spr]k_live_|AKIA[0-9A-Z]{16}", text)
