"""One changed byte anywhere in a case is named, and no more is claimed than was shown."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model.errors import CaseError, UsageError
from forensics.store import custody
from forensics.store.case_store import CaseStore
from forensics.store.verification import verify
from tests.store.rows import acquired, events, opened


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with two commits, a checkpoint, a report and its settings."""
    folder = tmp_path_factory.mktemp("verified") / "case"
    with CaseStore.open(folder) as store:
        store.commit([events(store, ["1"]), acquired(store, end=1)], what="ingest")
        report = store.new_document(Path("report/report.html"))
        report.write_text("<!doctype html><title>report</title>")
        settings_file = store.new_document(Path("forensics.toml"))
        settings_file.write_text("[case]\n")
        store.commit([events(store, ["2"])], what="detect", files=[report, settings_file])
        for _ in range(100):
            store.commit([], what="ingest")
    return folder


def names(case: Path) -> list[str]:
    return sorted(
        str(path.relative_to(case))
        for path in case.rglob("*")
        if path.is_file() and path.name != ".lock"
    )


def test_a_case_left_alone_is_consistent_with_itself(case: Path) -> None:
    verdict = verify(case)

    assert verdict.differences == ()
    assert "Consistent with itself: 103 steps" in verdict.sentence
    assert "nchanged since" not in verdict.sentence
    kinds = {"case.json", "forensics.toml", "report/report.html", "custody.jsonl"}
    assert kinds <= set(names(case))
    assert any(name.endswith(".checkpoint.parquet") for name in names(case))


@settings(max_examples=150)
@given(data=st.data())
def test_one_flipped_byte_is_named(case: Path, data: st.DataObject) -> None:
    path = case / data.draw(st.sampled_from(names(case)), label="file")
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1), label="byte")
    mask = data.draw(st.integers(1, 255), label="flipped bits")
    changed = bytearray(content)
    changed[place] ^= mask
    path.write_bytes(changed)
    try:
        found = [difference.file for difference in verify(case).differences]
    finally:
        path.write_bytes(content)

    assert found == [str(path.relative_to(case))]


def test_each_byte_of_the_last_custody_line_matters(case: Path) -> None:
    path = case / custody.FILE
    content = path.read_bytes()
    start = content.rfind(b"\n", 0, -1)
    for place in range(start, len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            found = [difference.file for difference in verify(case).differences]
        finally:
            path.write_bytes(content)

        assert found == [custody.FILE], place


def test_a_missing_file_is_named(case: Path) -> None:
    for name in names(case)[::40]:
        content = (case / name).read_bytes()
        (case / name).unlink()
        try:
            found = {d.file: d.sentence for d in verify(case).differences}
        finally:
            (case / name).write_bytes(content)

        assert "is missing" in found[name]


@pytest.mark.parametrize(
    "name", ["notes.txt", "events/extra.parquet", "events/.lock", "report/journal.json"]
)
def test_an_added_file_is_named(case: Path, name: str) -> None:
    (case / name).write_text("x")
    try:
        found = [difference.file for difference in verify(case).differences]
    finally:
        (case / name).unlink()

    assert found == [name]


def test_a_last_step_that_was_cut_off_is_noticed(case: Path) -> None:
    path = case / custody.FILE
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"\n", 0, -1) + 1])
    try:
        found = verify(case).differences
        with pytest.raises(CaseError):
            opened(case)
    finally:
        path.write_bytes(content)

    assert "_delta_log" in found[0].file


def test_only_a_digest_kept_elsewhere_says_unchanged(case: Path) -> None:
    digest = custody.head(case)

    assert verify(case, expect=digest.upper()).sentence.startswith("Unchanged since that digest")


def test_a_case_that_grew_since_the_digest_says_so(case: Path) -> None:
    earlier = custody.Chain.read(case).digests[2]
    verdict = verify(case, expect=earlier)

    assert verdict.differences == ()
    assert verdict.sentence.startswith("Unchanged up to that digest, step 3 of 103.")
    assert "grown since, by 100" in verdict.sentence


def test_a_digest_of_another_case_is_a_difference(case: Path, tmp_path: Path) -> None:
    opened(tmp_path / "other")
    verdict = verify(case, expect=custody.head(tmp_path / "other"))

    assert [difference.file for difference in verdict.differences] == [custody.FILE]
    assert "nchanged" not in verdict.sentence


def test_a_case_rebuilt_with_other_content_is_consistent_but_not_expected(
    case: Path, tmp_path: Path
) -> None:
    """What the chain alone cannot show, and why a digest has to be kept elsewhere."""
    forged = tmp_path / "forged"
    with CaseStore.open(forged) as store:
        store.commit([events(store, ["harmless"])], what="ingest")

    assert verify(forged).differences == ()
    assert verify(forged, expect=custody.head(case)).differences != ()


def test_what_is_no_digest_is_a_usage_error(case: Path) -> None:
    with pytest.raises(UsageError, match="64 hex digits"):
        verify(case, expect="latest")


def test_verifying_where_there_is_no_case_is_said(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="There is no case"):
        verify(tmp_path)
