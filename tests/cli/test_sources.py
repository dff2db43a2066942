"""`sources`, `preserve` and `ingest --follow`, as a user types them."""

import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import duckdb
import orjson
import pytest

from connectors.live.source import LiveSource
from connectors.registry import LIVE
from tests.cli.command import FORENSICS, run, started

ADDED = "INSERT INTO outbox VALUES (?, ?, ?, ?)"
ROW = ("2026-03-01T10:00:00Z", "other", "add", "ok")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE TABLE outbox (occurred_at, kind, action, outcome)")
        writer.executemany(ADDED, [ROW, ROW])
        writer.commit()
    return path


def test_what_there_is_at_an_address_is_said_without_making_a_case(
    tmp_path: Path, database: Path
) -> None:
    done = run(tmp_path, "sources", database, "--json")

    assert done.returncode == 0
    assert orjson.loads(done.stdout)[0] | {"note": ""} == {
        "name": "outbox",
        "records": 2,
        "oldest_at": None,
        "newest_at": None,
        "newest": "2",
        "bytes": None,
        "expires_at": None,
        "kept": None,
        "order": "rowid",
        "note": "",
    }
    assert not (tmp_path / "case").exists()


def test_every_kind_of_source_is_listed_with_what_it_leaves_behind(tmp_path: Path) -> None:
    done = run(tmp_path, "sources")

    assert done.returncode == 0
    assert b"SQLite database file" in done.stdout
    assert b"only the copy is opened" in done.stdout


def test_the_list_says_where_a_secret_is_looked_for_and_what_to_do_next(tmp_path: Path) -> None:
    lines = run(tmp_path, "sources").stdout.decode().splitlines()
    stripe = next(line for line in lines if line.startswith("Stripe"))

    assert "STRIPE_API_KEY" in stripe
    assert any("forensics ingest EXAMPLE" in line for line in lines)


@pytest.mark.parametrize("source", LIVE, ids=lambda source: source.folder)
def test_an_example_can_be_pasted_into_any_shell(source: LiveSource) -> None:
    assert source.example.startswith("'") == any(sign in source.example for sign in "?&*")


def test_what_can_be_read_is_preserved_where_another_source_lacks_its_library(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    (lacking / "redis.py").write_text("raise ModuleNotFoundError('none', name='redis')")
    monkeypatch.setenv("PYTHONPATH", str(lacking))

    done = started(tmp_path, "preserve", "redis://127.0.0.1/0?stream=x", str(database))

    assert done.returncode == 3
    assert b"needs the library `redis`" in done.stdout + done.stderr
    assert b"uv sync --extra redis" in done.stdout + done.stderr
    counted = run(tmp_path, "sql", "SELECT count(*) FROM events", "--json").stdout
    assert b"2" in counted


def test_what_is_like_no_kind_of_source_gets_the_whole_list(tmp_path: Path) -> None:
    hint = run(tmp_path, "sources", "nonsense://x").stderr

    assert b"Did you mean" not in hint
    assert b"Known: " in hint
    assert b"Did you mean `kafka://`?" in run(tmp_path, "sources", "kafak://x").stderr


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("kafak://broker/orders", b"There is no kind of source `kafak://`."),
        ("sqlite://app.db?tabel=x", b"There is no option `tabel`."),
        ("sqlite://reader:hunter2@app.db", b"holds a password"),
        ("sqlite://app.db?as=diary", b"There is no way to read a table `diary`."),
        ("sqlite://app.db?table=nowhere", b"shows no table `nowhere`."),
        ("sqlite://missing.db", b"There is no file `missing.db`."),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, database: Path, address: str, sentence: bytes
) -> None:
    done = run(tmp_path, "ingest", address)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert b"hunter2" not in done.stderr


def test_preserving_reads_and_says_that_nothing_expires(tmp_path: Path, database: Path) -> None:
    done = run(tmp_path, "preserve", f"outbox={database}", "--case", "kept")

    assert done.returncode == 0
    assert b"outbox: no known deadline" in done.stdout
    assert (tmp_path / "kept" / "case.json").exists()


def test_following_reads_what_is_added_until_it_is_interrupted(
    tmp_path: Path, database: Path
) -> None:
    command = [FORENSICS, "ingest", f"outbox={database}", "--follow", "--pause", "0.1"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as following:
        assert following.stdout
        assert following.stderr
        assert following.stdout.readline().startswith(b"source")
        following.stdout.readline()
        with closing(sqlite3.connect(database)) as writer:
            writer.execute(ADDED, ROW)
            writer.commit()
        assert following.stdout.readline().startswith(b"source")
        following.send_signal(signal.SIGINT)
        said = following.stderr.read()

    assert following.returncode == 0
    assert b"Stopped. What was read is stored" in said
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT sum(records_read) FROM '{tmp_path}/case/acquisitions/*.parquet'"
        ).fetchall()
    assert found[0][0] == 3


def test_what_was_read_live_is_not_compared_and_no_difference(
    tmp_path: Path, database: Path
) -> None:
    run(tmp_path, "ingest", f"outbox={database}")
    done = run(tmp_path, "verify", "--against", f"outbox={database}")

    assert done.returncode == 2
    assert b"`outbox` was read live" in done.stderr


def test_how_a_platforms_database_was_read_is_said(tmp_path: Path) -> None:
    recorded = Path(__file__).parents[1] / "data" / "platforms" / "prefect.sql"
    with closing(sqlite3.connect(tmp_path / "flows.db")) as writer:
        writer.executescript(recorded.read_text())
    done = run(tmp_path, "ingest", "flows.db")

    assert b"flows: This is a database of Prefect" in done.stderr


def test_an_audit_says_that_no_format_recognises_a_table_until_one_does(
    tmp_path: Path, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("CREATE TABLE parcels (weight, sent_at)")
        writer.execute("INSERT INTO parcels VALUES (12, '2026-03-01T10:00:00Z')")
        writer.commit()
    (tmp_path / "parcels.toml").write_text(
        'format = "parcels"\nrecognise = "{weight} IS NOT NULL"\n[[event]]\n[event.columns]\n'
        """kind = "'other'"\naction = "'send'"\noutcome = "'ok'"\n"""
        'occurred_at = "iso_time({sent_at})"\n'
    )
    sentence = b"No format recognises 1 of 3 records of `app`"
    first, again = (run(tmp_path, "audit", f"app={database}") for _ in range(2))
    mapped = run(
        tmp_path, "audit", f"app={database}", "--format", "parcels.toml", "--format", "canonical"
    )

    assert [sentence in done.stdout for done in (first, again, mapped)] == [True, True, False]
    assert (first.returncode, again.returncode) == (3, 3)


def test_rows_before_those_that_a_format_recognises_are_told_by_every_audit(
    tmp_path: Path, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("DELETE FROM outbox")
        writer.executemany(ADDED, [(None,) * 4] * 10_000)
        writer.execute(ADDED, ROW)
        writer.commit()
    for _ in range(2):
        done = run(tmp_path, "audit", f"app={database}")

        assert b"No format recognises 10,000 of 10,001 records" in done.stdout


@pytest.mark.parametrize(
    ("change", "options", "is_told"),
    [
        ("SELECT 1", "", True),
        ("DROP TABLE parcels", "", False),
        ("DELETE FROM parcels", "", False),
        ("SELECT 1", "?table=outbox", False),
        ("DELETE FROM parcels", "?max_records=1", True),
    ],
)
def test_a_table_that_is_gone_or_not_asked_for_is_not_unrecognised(
    tmp_path: Path, database: Path, change: str, options: str, *, is_told: bool
) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("CREATE TABLE parcels (weight)")
        writer.execute("INSERT INTO parcels VALUES (12)")
        writer.commit()
        run(tmp_path, "ingest", f"app={database}")
        writer.execute(change)
        writer.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", ROW)
        writer.commit()
    done = run(tmp_path, "audit", f"app=sqlite://{database}{options}")

    assert (b"No format recognises 1 of " in done.stdout) is is_told


def test_following_ends_when_the_reader_has_gone_and_says_once_what_no_format_recognises(
    tmp_path: Path,
) -> None:
    with closing(sqlite3.connect(tmp_path / "own.db")) as writer:
        writer.execute("CREATE TABLE parcels (weight, colour)")
        writer.execute("INSERT INTO parcels VALUES (12, 'red')")
        writer.commit()
    command = [FORENSICS, "ingest", "own.db", "--follow", "--pause", "0.1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as following:
        assert following.stdout
        assert following.stderr
        heard = following.stderr.readline()
        time.sleep(1)  # some looks that find nothing new
        following.stdout.close()
        heard += following.stderr.read()

    assert following.returncode == 3
    assert heard.count(b"no format that was tried recognises") == 1
    assert b"Stopped. What was read is stored" in heard


@pytest.mark.parametrize(
    ("begun", "added", "code"),
    [
        pytest.param(b"", b"", 0, id="whole"),
        pytest.param(b"{broken}\n", b"", 3, id="unreadable"),
        pytest.param(b'{"weight":12}\n', b"", 3, id="unrecognised"),
        pytest.param(b"", b"{broken}\n", 3, id="unreadable later"),
    ],
)
def test_following_ends_with_what_every_look_found(
    tmp_path: Path, begun: bytes, added: bytes, code: int
) -> None:
    event = b'{"id":"evt_%d","object":"event","type":"charge.failed","created":1793600000}\n'
    log = tmp_path / "events.jsonl"
    log.write_bytes(event % 1 + begun)
    command = [FORENSICS, "ingest", log, "--follow", "--pause", "0.1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as following:
        assert following.stdout
        for number, more in ((2, added), (3, b"")):
            following.stdout.readline()
            following.stdout.readline()
            with log.open("ab") as writer:
                writer.write(more + event % number)
        following.stdout.readline()
        following.stdout.readline()
        time.sleep(0.5)  # some looks that find nothing new
        following.send_signal(signal.SIGINT)
        following.communicate()

    assert following.returncode == code
