"""What can happen is told apart from what did: it is in no count, file of evidence or exit code."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from jsonschema import Draft202012Validator

import forensics.report
from forensics.case.case import Case
from tests.case.shop import BEGIN, lines, opened, spec
from tests.cli.command import run

SCHEMA = orjson.loads(
    (Path(forensics.report.__file__).parent / "findings.schema.json").read_bytes()
)


def edits(count: int) -> Iterator[dict[str, Any]]:
    """Runs that read an order and save it ten seconds later, two hours apart."""
    for number in range(count):
        for kind, later_s in (("read", 0), ("write", 10)):
            yield {
                "event_id": f"{kind}-{number}",
                "occurred_at": (BEGIN + timedelta(hours=2 * number, seconds=later_s)).isoformat(),
                "kind": kind,
                "action": "order.save",
                "outcome": "ok",
                "system": "shop",
                "workflow": "<b>edit</b>",
                "execution_id": f"run-{number}",
                "entity_type": "order",
                "entity_id": "o-1",
            }


@pytest.fixture
def case(tmp_path: Path) -> Case:
    (tmp_path / "log.jsonl").write_bytes(lines(list(edits(6))))
    made = opened(tmp_path)
    made.ingest([spec(tmp_path / "log.jsonl")])
    return made


def test_an_exposure_is_listed_apart_and_follows_the_schema(case: Case) -> None:
    audit = case.audit()

    document = orjson.loads((case.folder / "report" / "findings.json").read_bytes())
    Draft202012Validator(SCHEMA).validate(document)
    (exposure,) = document["exposures"]
    assert (exposure["pattern"], exposure["facts"]["meetings"]) == ("latent_race", 15)
    assert exposure["subject"] == ["order", "<b>edit</b>@shop", "<b>edit</b>@shop"]
    assert (list(audit.findings), list(audit.incidents), list(audit.suppressed)) == ([], [], [])
    assert document["summary"]["by_severity"] == {}
    assert "latent_race" not in {verdict.pattern for verdict in audit.verdicts}
    assert document["run"]["thresholds"]["latent_race"]["runs"] == 5


def test_no_line_is_evidence_of_it(case: Case) -> None:
    case.audit()

    for name in ("evidence.parquet", "suppressed.parquet"):
        assert pl.read_parquet(case.folder / "report" / name).is_empty()
    assert case.sql("SELECT count(*) FROM evidence").item() == 0


def test_the_page_says_that_nothing_of_it_has_happened(case: Case) -> None:
    case.audit()

    page = (case.folder / "report" / "report.html").read_text(encoding="utf-8")
    assert "Nothing of this has happened." in page
    assert "Two runs of <code>&lt;b&gt;edit&lt;/b&gt;@shop</code> can overwrite each other" in page


def test_the_exposures_of_the_last_run_are_a_view(case: Case) -> None:
    query = "SELECT exposure_id, pattern, title FROM exposures"
    assert case.sql(query).is_empty()
    audit = case.audit()

    (exposure,) = audit.exposures
    assert case.sql(query).rows() == [
        (exposure.exposure_id, "latent_race", exposure.explanation.title)
    ]
    case.audit(detectors=["retry_storm"])
    assert case.sql(query).is_empty()


def test_an_exposure_leaves_the_exit_code_at_zero(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(edits(6))))

    done = run(tmp_path, "audit", "log.jsonl", "--fail-on", "info")

    assert done.returncode == 0
    assert b"Worst      no findings" in done.stdout
    assert b"not happened, but can: Two runs of `<b>edit</b>@shop` can overwrite" in done.stdout
