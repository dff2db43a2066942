"""Half a record whose file is gone waits for nothing; that it was never read is said once."""

from pathlib import Path

import pytest

from forensics.case.case import Case
from tests.case.shop import charges, lines, looked_at, opened, spec

WHOLE = lines(list(charges(6)))
TORN = WHOLE[:-30]
HALF = b'{"occurred_at":"2026-11-02T08:00'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a whole log and one that breaks off."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(WHOLE)
    (folder / "b.jsonl").write_bytes(TORN.replace(b"key-", b"other-"))
    return folder


@pytest.fixture
def case(folder: Path) -> Case:
    """A case in which one log of the folder waits."""
    case = opened(folder.parent)
    assert told(case, folder) == []
    assert waiting(case)
    return case


def told(case: Case, path: Path) -> list[str]:
    """What an ingest of a path says is gone."""
    account = case.ingest([spec(path)])[0]
    return [notice.sentence for notice in account.notices if notice.state == "gone"]


def waiting(case: Case) -> str:
    (covered,) = looked_at(case).coverage
    return covered.waiting


def test_a_file_that_was_deleted_is_said_to_be_gone_once(case: Case, folder: Path) -> None:
    (folder / "b.jsonl").unlink()
    (sentence,) = told(case, folder)

    assert f"`{folder}/b.jsonl` is no longer there: its last" in sentence
    assert (waiting(case), told(case, folder)) == ("", [])


def test_a_glob_finds_that_a_file_is_gone(case: Case, folder: Path) -> None:
    (folder / "b.jsonl").unlink()

    assert len(told(case, folder / "*.jsonl")) == 1
    assert waiting(case) == ""


def test_what_was_not_looked_for_still_waits(case: Case, folder: Path) -> None:
    (folder / "b.jsonl").unlink()

    assert told(case, folder / "a.jsonl") == []
    assert waiting(case)


def test_a_file_that_is_there_still_waits(case: Case, folder: Path) -> None:
    assert told(case, folder) == []
    assert waiting(case)


def test_a_file_that_must_not_be_looked_at_still_waits(
    case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> None:
        raise PermissionError

    (folder / "b.jsonl").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", denied)

        assert told(case, folder) == []
    assert waiting(case)


def test_a_file_named_alone_that_comes_back_waits_again(case: Case, folder: Path) -> None:
    alone = folder / "b.jsonl"
    content = alone.read_bytes()
    alone.unlink()

    assert len(told(case, alone)) == 1
    assert waiting(case) == ""

    alone.write_bytes(content)

    assert told(case, alone) == []
    assert waiting(case)


def test_a_file_that_was_renamed_waits_under_its_new_name_alone(case: Case, folder: Path) -> None:
    (folder / "b.jsonl").rename(folder / "c.jsonl")

    assert told(case, folder) == []
    assert "c.jsonl" in waiting(case)
    assert "b.jsonl" not in waiting(case)


def test_half_a_first_record_that_was_renamed_waits_under_its_new_name_alone(
    case: Case, folder: Path
) -> None:
    (folder / "b.jsonl").write_bytes(WHOLE)
    (folder / "d.jsonl").write_bytes(HALF)
    told(case, folder)
    (folder / "d.jsonl").rename(folder / "e.jsonl")

    assert len(told(case, folder)) == 1
    assert "e.jsonl" in waiting(case)
    assert "d.jsonl" not in waiting(case)


def test_what_could_not_be_read_and_is_gone_stays_in_doubt(case: Case, folder: Path) -> None:
    (folder / "b.jsonl").unlink()
    (folder / "b.jsonl").symlink_to(folder / "nowhere")
    assert told(case, folder) == []
    assert waiting(case)
    (folder / "b.jsonl").unlink()

    assert len(told(case, folder)) == 1
    assert [covered.state for covered in looked_at(case).coverage] == ["unknown"]
