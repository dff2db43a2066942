"""What commands answer of a case that was audited, and none of them changes."""

from pathlib import Path

import orjson
import pytest

from tests.cli.command import run

# One worker audits once for all of them.
pytestmark = pytest.mark.xdist_group("audited case")


def test_who_names_no_source_of_a_case_is_told_how_to_audit_what_it_holds(audited: Path) -> None:
    done, elsewhere = (run(audited, "audit", *o) for o in ((), ("--case", "none")))

    assert (done.returncode, elsewhere.returncode) == (2, 2)
    assert b"`forensics detect --case case`" in done.stderr
    assert b"forensics detect" not in elsewhere.stderr


def test_show_explain_sql_and_verify_answer(audited: Path) -> None:
    finding = orjson.loads(run(audited, "show", "--json").stdout)["findings"][0]["finding_id"]

    assert b"log.jsonl:2" in run(audited, "show", finding[:6]).stdout
    assert b"## When it is wrong" in run(audited, "explain", finding).stdout
    assert b"## When it is wrong" in run(audited, "explain", "same_key").stdout
    assert run(audited, "sql", "SELECT count(*) AS n FROM events").stdout == b"n\n20\n"
    assert run(audited, "verify").returncode == 0


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (("--since", "2026-11-02T07:00"), 1),
        (("--since", "2026-11-02T09:00"), 0),
        (("--until", "2026-11-02T09:00"), 1),
        (("--until", "2026-11-02T08:00"), 0),
        (("--since", "2026-11-02T07:00", "--until", "2026-11-02T09:00"), 1),
    ],
)
def test_show_lists_the_findings_of_a_time(
    audited: Path, window: tuple[str, ...], found: int
) -> None:
    assert len(orjson.loads(run(audited, "show", "--json", *window).stdout)) == found


def test_show_says_how_many_findings_a_time_leaves_out_and_takes_no_id_beside(
    audited: Path,
) -> None:
    window = ("--since", "2026-11-02T09:00")

    assert b"0 of 1 finding." in run(audited, "show", *window).stdout
    assert run(audited, "show", "abc", *window).returncode == 2


def test_sql_cannot_write_or_leave_the_case(audited: Path) -> None:
    for query in ("COPY events TO 'out.csv'", "FROM read_csv('log.jsonl')", "ATTACH 'x.db'"):
        assert run(audited, "sql", query).returncode == 2
    assert not (audited / "out.csv").exists()
