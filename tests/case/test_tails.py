"""Half a record at the end of a log is no damage while the log is written, and never unsaid."""

from pathlib import Path

import pytest

from forensics.case.case import Case
from forensics.report.headline import headline
from tests.case.shop import charges, lines, looked_at, opened, spec

TORN = lines(list(charges(6)))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case with a log that breaks off in its last line."""
    case = opened(tmp_path)
    write(case, TORN[:-30])
    return case


def write(case: Case, content: bytes, name: str = "log.jsonl", **options: bool) -> None:
    log = case.folder.parent / name
    log.write_bytes(content)
    case.ingest([spec(log, **options)])


def waiting(case: Case) -> str:
    (covered,) = looked_at(case).coverage
    return covered.waiting


def test_it_is_said_with_its_length_and_nothing_is_missing_for_it(case: Case) -> None:
    audit = case.audit()

    (covered,) = audit.coverage
    assert covered.waiting.endswith(
        f"its last {len(TORN.splitlines()[-1]) - 29:,} bytes wait. If nothing will follow, say"
        " `--final`."
    )
    assert (covered.events, covered.state, audit.missing) == (5, "complete", [])
    assert covered.waiting in headline(audit).unseen
    assert covered.waiting.partition("` ")[2] in _page(case)


def _page(case: Case) -> str:
    text = (case.folder / "report" / "report.html").read_text()
    return text.replace("<code>", "`").replace("</code>", "`")


def test_it_is_said_until_the_rest_is_read(case: Case) -> None:
    assert waiting(case)
    write(case, TORN[:-20])
    assert waiting(case)
    write(case, TORN)

    assert (waiting(case), case.sql("SELECT count(*) FROM events").item()) == ("", 6)


def test_what_waits_as_before_is_not_written_down_again(case: Case) -> None:
    query = "SELECT count(*) FROM coverage WHERE starts_with(part, 'tail of ')"
    before = case.sql(query).item()
    write(case, TORN[:-30])

    assert (before, case.sql(query).item()) == (1, 1)


def test_a_rotated_file_no_longer_waits_under_its_old_name(case: Case) -> None:
    folder = case.folder.parent
    (folder / "log.jsonl").rename(folder / "log.jsonl.1")
    case.ingest([spec(folder / "log.jsonl.1", final=True)])

    (covered,) = looked_at(case).coverage
    assert covered.waiting == ""
    assert case.sql("SELECT count(*) FROM quarantine").item() == 1


def test_a_whole_log_has_no_tail(tmp_path: Path) -> None:
    case = opened(tmp_path)
    write(case, TORN)
    (tmp_path / "empty.jsonl").write_bytes(b"")
    case.ingest([spec(tmp_path / "empty.jsonl")])

    assert waiting(case) == ""


def test_what_is_damage_waits_for_nothing(tmp_path: Path) -> None:
    case = opened(tmp_path)
    write(case, TORN[:-30], final=True)

    assert waiting(case) == ""
    assert case.sql("SELECT count(*) FROM quarantine").item() == 1
