"""A server's own `log_format`, as its configuration says it."""

from pathlib import Path

import orjson
import pytest

from tests.cli.command import run

_LINE = b'192.0.2.7 [24/Nov/2026:05:41:55 +0000] "GET / HTTP/1.1" 200 r-1\n'
_LOG_FORMAT = '$remote_addr [$time_local] "$request" $status $request_id'


def test_a_log_format_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(_LINE)

    done = run(tmp_path, "ingest", "access.log", "--log-format", _LOG_FORMAT, "--json")

    (account,) = orjson.loads(done.stdout)
    assert (done.returncode, account["mapped"]) == (0, 1)


def test_a_log_format_of_the_settings_holds(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(_LINE)
    (tmp_path / "forensics.toml").write_text(
        f"[sources.edge]\naddress = 'access.log'\nlog_format = '{_LOG_FORMAT}'\n"
    )

    done = run(tmp_path, "ingest", "--json")

    assert [account["mapped"] for account in orjson.loads(done.stdout)] == [1]


def test_a_log_format_without_a_variable_is_two(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(_LINE)

    done = run(tmp_path, "ingest", "access.log", "--log-format", "combined")

    assert done.returncode == 2
    assert b"`combined` names no variable" in done.stderr


@pytest.mark.parametrize(
    ("mistake", "meant"),
    [
        ("$tiem_local", b"hint: Did you mean `$time_local` by `$tiem_local`?"),
        ("- $time_local", b"hint: Compare the log format with the server's configuration"),
    ],
)
def test_a_log_format_that_no_line_fits_is_told_what_to_compare(
    mistake: str, meant: bytes, tmp_path: Path
) -> None:
    (tmp_path / "access.log").write_bytes(_LINE)
    log_format = _LOG_FORMAT.replace("$time_local", mistake)

    done = run(tmp_path, "ingest", "access.log", "--log-format", log_format)

    assert done.returncode == 2
    assert meant in done.stderr
