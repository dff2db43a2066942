"""Sources that could not be read: in doubt until they are, or until nobody means them any more."""

from pathlib import Path

import pytest

from forensics.case.case import Case
from forensics.model.errors import UsageError
from tests.case.shop import charges, lines, looked_at, opened, spec


def written(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(lines(list(charges(3))))
    return path


def in_doubt(case: Case) -> list[str]:
    return [c.source for c in looked_at(case).coverage if c.state != "complete"]


def test_what_was_not_there_is_missing_until_it_is_read(tmp_path: Path) -> None:
    case = opened(tmp_path)
    other, late = written(tmp_path, "other.jsonl"), tmp_path / "late.jsonl"
    case.ingest([spec(other, "other"), spec(late, "log")])
    before = in_doubt(case)
    written(tmp_path, "late.jsonl")
    case.ingest([spec(late, "log")])

    assert (before, in_doubt(case)) == (["log"], [])


def test_a_good_address_takes_the_place_of_a_mistyped_one(tmp_path: Path) -> None:
    case = opened(tmp_path)
    good, other = written(tmp_path, "good.jsonl"), written(tmp_path, "other.jsonl")
    case.ingest([spec(other, "other"), spec(tmp_path / "goood.jsonl", "log")])
    case.ingest([spec(good, "log")])

    assert in_doubt(case) == []


def test_of_two_logs_under_one_name_none_stands_in_for_the_other(tmp_path: Path) -> None:
    case = opened(tmp_path)
    here, gone = written(tmp_path, "here.jsonl"), tmp_path / "gone.jsonl"
    case.ingest([spec(gone, "log"), spec(here, "log")])
    case.ingest([spec(here, "log")])

    assert in_doubt(case) == ["log"]


def test_a_log_that_was_added_stands_in_for_none_that_is_missing(tmp_path: Path) -> None:
    case = opened(tmp_path)
    here, further = written(tmp_path, "here.jsonl"), written(tmp_path, "further.jsonl")
    case.ingest([spec(here, "log")])
    case.ingest([spec(tmp_path / "gone.jsonl", "log"), spec(here, "log")])
    case.ingest([spec(further, "log")])

    assert in_doubt(case) == ["log"]


def test_what_is_missing_names_the_command_that_forgets_it(tmp_path: Path) -> None:
    case = opened(tmp_path)
    typo = tmp_path / "typo's.jsonl"
    case.ingest([spec(written(tmp_path, "other.jsonl"), "other"), spec(typo, "log")])
    (sentence,) = looked_at(case).missing
    case.forget(str(typo))

    assert "forensics forget '/" in sentence
    assert in_doubt(case) == []
    assert [c.source for c in looked_at(case).coverage] == ["other"]


def test_what_was_read_once_is_not_forgotten(tmp_path: Path) -> None:
    case = opened(tmp_path)
    log, other = written(tmp_path, "log.jsonl"), written(tmp_path, "other.jsonl")
    case.ingest([spec(log, "log")])
    log.unlink()
    case.ingest([spec(log, "log"), spec(other, "other")])
    (sentence,) = looked_at(case).missing

    assert "forget" not in sentence
    with pytest.raises(UsageError, match="never read"):
        case.forget(str(log))
    assert in_doubt(case) == ["log"]
