"""The labelled benchmark is reproducible, its truth holds, and its scorer counts right."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.labelled import findings
from benchmarks.labelled.catalogue import (
    FAILURES,
    LABELLED,
    LOOKALIKES,
    QUIET,
    QUIET_WEEKS,
    catalogue_row,
)
from benchmarks.labelled.fact import Fact
from benchmarks.labelled.findings import Claim
from benchmarks.labelled.measure import TEST_SEEDS, TRAINING_SEEDS
from benchmarks.labelled.qualities import CAUSES, KEYS, VERSIONS, Quality, degraded
from benchmarks.labelled.scorer import DETECTORS, calibration_error, score
from benchmarks.labelled.stage import Stage
from benchmarks.labelled.story import DETECTOR_OF, Story
from benchmarks.labelled.told import mechanism_told, pattern_told
from benchmarks.labelled.world import START, World, labelled_world

SEED = TRAINING_SEEDS[-1]


@pytest.fixture(scope="module", params=list(Quality), ids=str)
def world(request: pytest.FixtureRequest) -> World:
    return labelled_world(SEED, request.param)


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return labelled_world(SEED, Quality.FULL).truth


def claims_of(cases: list[dict[str, Any]], **changed: Any) -> list[Claim]:
    return [
        Claim(
            **{
                "detector": case["detector"],
                "pattern": case["answers"][0],
                "records": [(log, line) for log, line in case["records"]],
                "mechanism": case["mechanism"],
                "grade": "proven",
                **changed,
            }
        )
        for case in cases
    ]


def played(name: str, log: str) -> tuple[Story, list[Fact]]:
    """A class, and an instance of it that is told in that log."""
    story = next(story for story in FAILURES if story.name == name)
    stage = Stage(SEED, name, START, (log,))
    story.play(stage)
    return story, stage.facts


def test_training_and_test_seeds_are_apart() -> None:
    assert set(TRAINING_SEEDS).isdisjoint(TEST_SEEDS)


def test_there_are_enough_classes_of_each_detector() -> None:
    for stories in (FAILURES, LOOKALIKES):
        assert len({story.name for story in stories}) == len(stories) >= 25
        spread = [sum(story.detector == detector for story in stories) for detector in DETECTORS]
        assert min(spread) >= 6


CITED = re.compile(
    r"'[^']{4,}'|`[\w.]+`|RFC \d+|draft-|\w#\d+|\.(?:com|org|io|dev)\b|\(.*\d{4}\)|^Own obs"
)
"""What can be looked up: a title, an RFC, a thread, a site, a paper; else our word."""


@pytest.mark.parametrize("story", [*LABELLED, *QUIET], ids=lambda story: story.name)
def test_every_story_is_told_and_has_a_source(story: Any) -> None:
    assert len(story.told) > 40
    assert story.told.endswith(".")
    assert CITED.search(story.source)
    assert story.detector in DETECTORS
    assert {*story.answers, *story.also} <= DETECTOR_OF.keys()


def test_the_page_lists_every_class() -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmark.md").read_text(encoding="utf-8")
    rows = [catalogue_row(story) for story in (*LABELLED, *QUIET_WEEKS)]

    assert [row for row in rows if row not in page] == []


def test_every_mechanism_is_in_it() -> None:
    assert {story.mechanism for story in FAILURES} - {None} == {
        "expired_key", "key_per_attempt", "visibility_timeout", "rebalance", "double_trigger",
        "webhook_retry", "guard_race", "crash_before_acknowledgement", "manual_replay",
        "double_submit", "batch_rerun",
    }  # fmt: skip


def test_the_same_seed_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    for name in ("once", "again"):
        labelled_world(SEED, world.quality).save(tmp_path / name)

    def content(name: str) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (tmp_path / name).rglob("*.json*")}

    assert content("once") == content("again")


@pytest.mark.parametrize("quality", [Quality.FULL, Quality.HALF])
def test_an_instance_is_the_same_whatever_is_played_beside_it(quality: Quality) -> None:
    alone = labelled_world(SEED, quality, [FAILURES[0]])
    among = labelled_world(SEED, quality)

    (case,) = alone.truth["cases"]
    twin = next(c for c in among.truth["cases"] if c["class"] == case["class"])
    assert (case["first_at"], case["values"]) == (twin["first_at"], twin["values"])


def test_the_truth_refers_to_records_that_exist(world: World) -> None:
    for label in (*world.truth["cases"], *world.truth["lookalikes"]):
        assert label["records"]
        assert label["first_at"] <= label["last_at"]
        for log, line in label["records"]:
            assert 1 <= line <= len(world.records[log])


def test_no_record_belongs_to_two_labels(world: World) -> None:
    labels = (*world.truth["cases"], *world.truth["lookalikes"])
    owned = [tuple(record) for label in labels for record in label["records"]]

    assert len(owned) == len(set(owned))


def test_a_label_s_records_hold_its_values(world: World) -> None:
    for case in world.truth["cases"]:
        text = json.dumps([world.records[log][line - 1] for log, line in case["records"]])
        assert any(value in text for value in case["values"]), case["id"]


def test_a_blind_log_holds_no_keys_causes_or_versions() -> None:
    world = labelled_world(SEED, Quality.BLIND)
    named = {*KEYS, *CAUSES, *VERSIONS}
    told = {f"forensics.{name}" for name in named} | {
        f"forensics{name.replace('_', '')}" for name in named
    }

    for row in world.records["canonical"]:
        assert named.isdisjoint(row)
        assert "fencing_token" not in row.get("lock", {})
    for event in world.records["cloudevents"]:
        assert ({"causationid", "correlationid"} | told).isdisjoint(event)
    assert all(e["request"]["idempotency_key"] is None for e in world.records["stripe"])
    assert all(e.get("parent_id") is None for e in world.records["celery"])
    for change in world.records["debezium"]:
        assert all("version" not in (change[image] or {}) for image in ("before", "after"))
    for export in world.records["otlp"]:
        (span,) = export["resourceSpans"][0]["scopeSpans"][0]["spans"]
        keys = {attribute["key"] for attribute in span["attributes"]}
        assert {"parentSpanId", "links"}.isdisjoint(span)
        assert ({"idempotency.key", "messaging.message.id"} | told).isdisjoint(keys)
    assert all(
        "clientToken" not in (record["requestParameters"] or {})
        for record in world.records["cloudtrail"]
    )


def test_half_a_log_loses_about_half() -> None:
    whole, half = (labelled_world(SEED, quality) for quality in (Quality.FULL, Quality.HALF))

    before, after = (
        sum(name in row for row in world.records["canonical"] for name in (*KEYS, *CAUSES))
        for world in (whole, half)
    )
    assert 0.45 < after / before < 0.55


def test_the_truth_itself_scores_one(world: World) -> None:
    scores, misses = score(world.truth, claims_of(world.truth["cases"]))

    assert misses == []
    for part in scores.values():
        figures = part.figures()
        assert (figures["recall"], figures["precision"], figures["fragmentation"]) == (1, 1, 0)
        assert figures["mechanism_right"] in (1, None)


@pytest.mark.parametrize(
    ("name", "quality", "log", "pattern", "mechanism"),
    [
        ("expired-key", Quality.FULL, "stripe", True, True),
        ("expired-key", Quality.BLIND, "stripe", False, False),
        ("provider-forgot", Quality.FULL, "otlp", True, False),
        ("provider-forgot", Quality.BLIND, "otlp", False, False),
        ("double-submit", Quality.BLIND, "canonical", True, True),
        ("double-submit", Quality.FULL, "stripe", True, False),
        ("visibility-timeout", Quality.FULL, "celery", True, True),
        ("visibility-timeout", Quality.BLIND, "celery", True, False),
        ("visibility-timeout", Quality.BLIND, "canonical", True, True),
        ("rebalance", Quality.BLIND, "otlp", True, True),
        ("fleet", Quality.BLIND, "otlp", True, False),
    ],
)
def test_what_a_log_can_name_is_told_by_its_columns(
    name: str, quality: Quality, log: str, pattern: bool, mechanism: bool
) -> None:
    story, facts = played(name, log)
    left = degraded(facts, quality, SEED)

    assert pattern_told(story, facts, left) is pattern
    assert mechanism_told(story, facts, left) is mechanism


def test_a_key_on_one_of_two_effects_names_nothing() -> None:
    story, (first, second) = played("expired-key", "canonical")
    without = {name: v for name, v in second.columns.items() if name != "operation_key"}
    left = [first, replace(second, columns=without)]

    assert not pattern_told(story, [first, second], left)
    assert not mechanism_told(story, [first, second], left)


def test_what_a_log_cannot_name_counts_once(truth: dict[str, Any]) -> None:
    cases = [c for c in truth["cases"] if c["class"] in ("expired-key", "guard-race")]
    unnamed = [c | {"pattern_told": False, "mechanism_told": False} for c in cases[:1]]
    asked = {"cases": [*unnamed, *cases[1:]], "lookalikes": []}
    wrong = claims_of(unnamed, pattern="same_content", mechanism="double_submit")
    figures = score(asked, [*wrong, *claims_of(cases[1:])])[0]["duplicate_side_effect"].figures()

    assert (figures["pattern_right"], figures["told_pattern_right"]) == (0.5, 1)
    assert (figures["mechanism_right"], figures["told_mechanism_right"]) == (0.5, 1)
    assert figures["mechanism_wrong"] == 1


def test_silence_scores_nothing(truth: dict[str, Any]) -> None:
    scores, misses = score(truth, [])

    assert {part.figures()["recall"] for part in scores.values()} == {0}
    assert {part.figures()["precision"] for part in scores.values()} == {None}
    assert len(misses) == len(truth["cases"])


def test_a_lookalike_named_is_a_false_accusation(truth: dict[str, Any]) -> None:
    wrong = [
        Claim(detector=label["detector"], records=[(g, n) for g, n in label["records"]])
        for label in truth["lookalikes"]
    ]
    scores, misses = score(truth, wrong)

    assert sum(part.false for part in scores.values()) == len(truth["lookalikes"])
    assert {miss.what for miss in misses} == {"missed", "false"}


def test_another_detector_s_claim_is_a_false_accusation(truth: dict[str, Any]) -> None:
    case = next(c for c in truth["cases"] if c["class"] == "expired-key")
    scores, _ = score(truth, claims_of([case], detector="retry_storm", pattern="fleet"))

    assert scores["retry_storm"].false == 1


def test_what_is_true_besides_counts_neither_way(truth: dict[str, Any]) -> None:
    case = next(c for c in truth["cases"] if c["also"])
    pattern = case["also"][0]
    scores, _ = score(truth, claims_of([case], detector=DETECTOR_OF[pattern], pattern=pattern))

    assert {(part.hits, part.false) for part in scores.values()} == {(0, 0)}


def test_a_case_in_two_pieces_is_one_fragment(truth: dict[str, Any]) -> None:
    case = next(c for c in truth["cases"] if c["class"] == "fleet")
    middle = len(case["records"]) // 2
    pieces = (case["records"][:middle], case["records"][middle:])
    halves = [case | {"records": piece} for piece in pieces]
    scores, misses = score(truth, claims_of(halves))

    assert (scores["retry_storm"].found, scores["retry_storm"].fragments) == (1, 1)
    assert [miss.label for miss in misses if miss.what == "fragment"] == [case]


def test_a_suspicion_hints_and_does_not_find(truth: dict[str, Any]) -> None:
    scores, misses = score(truth, claims_of(truth["cases"], grade="suspicion"))

    assert sum(part.found for part in scores.values()) == 0
    assert {part.figures()["recall_with_suspicions"] for part in scores.values()} == {1}
    assert {miss.what for miss in misses} == {"hinted"}


def test_mostly_foreign_records_hit_nothing(truth: dict[str, Any]) -> None:
    one, other = truth["cases"][0], max(truth["cases"], key=lambda c: len(c["records"]))
    mixed = one | {"records": [*one["records"][:1], *other["records"]]}
    scores, _ = score(truth, claims_of([mixed]))

    assert scores[one["detector"]].found == 0


def test_calibration_is_the_distance_from_what_came_true() -> None:
    assert calibration_error([]) is None
    assert calibration_error([(0.95, True)] * 19 + [(0.95, False)]) == pytest.approx(0)
    assert calibration_error([(0.9, False)] * 4) == pytest.approx(0.9)


def test_findings_are_read_as_they_are_written(truth: dict[str, Any], tmp_path: Path) -> None:
    claims = claims_of(truth["cases"])
    findings.save(claims, tmp_path / "findings.jsonl")

    assert findings.read(tmp_path / "findings.jsonl") == claims


def test_the_analyzer_finds_an_expired_key_and_nothing_in_its_neighbourhood(tmp_path: Path) -> None:
    story = next(story for story in FAILURES if story.name == "expired-key")
    world = labelled_world(SEED, Quality.FULL, [story])
    world.save(tmp_path)
    claims = findings.of_the_analyzer(tmp_path).claims
    scores, misses = score(world.truth, claims)

    assert misses == []
    assert scores["duplicate_side_effect"].found == 1


def test_every_class_of_a_world_is_found_and_drawn(tmp_path: Path) -> None:
    world = labelled_world(SEED, Quality.FULL)
    world.save(tmp_path)
    _, misses = score(world.truth, findings.of_the_analyzer(tmp_path).claims)

    assert misses == []
