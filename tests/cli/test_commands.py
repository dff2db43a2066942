"""The command as a user types it: exit codes, sentences, and no traceback whatever comes in."""

import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from forensics.cli.main import app
from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.detect.registry import PATTERNS, innocent_readings
from tests.case.shop import charges, lines
from tests.cli.command import FORENSICS, run, started


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_bytes(lines(list(charges(20))))
    return path


def test_a_finding_at_the_threshold_is_one_and_an_old_one_is_zero(
    tmp_path: Path, log: Path
) -> None:
    done = [run(tmp_path, "audit", log, *more) for more in ((), (), ("--all",))]
    said = [
        [line for line in one.stdout.decode().splitlines() if "known (--all" in line]
        for one in done
    ]

    assert [one.returncode for one in done] == [1, 0, 1]
    assert [len(lines) for lines in said] == [0, 1, 0]
    assert re.fullmatch(
        r"nothing new that counts since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ:"
        r" 1 known \(--all counts them\)",
        said[1][0],
    )


def test_what_is_accepted_or_below_the_threshold_is_zero(tmp_path: Path, log: Path) -> None:
    below = run(tmp_path, "audit", log, "--fail-on", "critical")
    (finding, *_) = orjson.loads(run(tmp_path, "show", "--json").stdout)["findings"]
    run(tmp_path, "accept", finding["finding_id"], "--reason", "ours")
    accepted = run(tmp_path, "detect", "--all")

    assert (below.returncode, accepted.returncode) == (0, 0)
    assert "no finding counts: 1 below --fail-on critical" in below.stdout.decode()
    assert "no finding counts: 1 accepted" in accepted.stdout.decode()


def test_the_page_says_where_what_it_proposes_is_to_be_typed(tmp_path: Path, log: Path) -> None:
    (tmp_path / "cases").mkdir()
    run(tmp_path, "audit", log, "--case", "cases/may")
    page = (tmp_path / "cases" / "may" / "report" / "report.html").read_text(encoding="utf-8")
    way = page.partition("How to go on")[2].partition("</section>")[0]
    command = re.search(r"<pre>forensics (show \w+ --case may)</pre>", way)

    assert "In the folder in which <code>may</code> lies:" in way
    assert command is not None
    assert run(tmp_path / "cases", *command[1].split()).returncode == 0


def test_missing_evidence_is_three_and_a_finding_outranks_it(tmp_path: Path, log: Path) -> None:
    assert started(tmp_path, "audit", log, "nowhere", "--fail-on", "critical").returncode == 3
    assert started(tmp_path, "audit", log, "nowhere", "--all").returncode == 1


_EVENT = (
    b'{"id":"evt_1","object":"event","type":"charge.failed","created":1793600000,'
    b'"data":{"object":{"id":"ch_1","object":"charge","amount":4200,"currency":"eur"}}}'
)


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        pytest.param(
            b'{"object":"list","has_more":false,"data":[%s]}' % _EVENT, 0, b"", id="whole"
        ),
        pytest.param(
            b'{"object":"list","has_more":true,"data":[%s]}' % _EVENT,
            3,
            b"says that there was more than it holds",
            id="cut off",
        ),
        pytest.param(
            _EVENT + b'\n{"weight":12}\n',
            3,
            b"no format that was tried recognises 1 record",
            id="unrecognised",
        ),
        pytest.param(_EVENT + b"\n{broken}\n" + _EVENT, 3, b"", id="unreadable"),
    ],
)
def test_reading_what_is_not_whole_is_three_once_it_is_read(
    tmp_path: Path, content: bytes, code: int, told: bytes
) -> None:
    (tmp_path / "events.json").write_bytes(content)
    done, again = (run(tmp_path, "ingest", "events.json", "--final") for _ in range(2))
    audited = run(tmp_path, "audit", "events.json", "--final")

    assert (done.returncode, again.returncode) == (code, 0)
    assert audited.returncode == code
    assert told in done.stderr


def test_a_pipe_is_told_when_each_source_is_begun_and_over(tmp_path: Path, log: Path) -> None:
    (tmp_path / "more.jsonl").write_bytes(lines(list(charges(3))))
    said = run(tmp_path, "ingest", log, "more.jsonl").stderr.decode()

    times = r"[\d.]+ m?s"
    assert re.fullmatch(
        rf"log: reading\nlog: 20 records read in {times}\n"
        rf"more: reading\nmore: 3 records read in {times}\n",
        said,
    )


def test_nothing_readable_is_two_with_a_sentence(tmp_path: Path) -> None:
    done = started(tmp_path, "audit", "nowhere")

    assert done.returncode == 2
    assert b"There is no file or folder `nowhere`" in done.stderr
    assert not (tmp_path / "case").exists()


def test_a_report_that_has_nowhere_to_go_is_refused_before_anything_is_read(
    tmp_path: Path, log: Path
) -> None:
    (tmp_path / "taken").write_text("")

    done = run(tmp_path, "audit", log, "--out", "taken")

    assert done.returncode == 2
    assert b"'taken' is a file" in done.stderr
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize(
    ("charged_twice", "said"),
    [
        (False, "20.00 EUR possible, still out, given to customers"),
        (True, "55.50 EUR possible, still out, 20.00 of it given to customers"),
    ],
)
def test_what_customers_were_given_too_much_is_no_loss_of_theirs(
    tmp_path: Path, *, charged_twice: bool, said: str
) -> None:
    def moved(second: int, name: str, stage: str, amount: str, of: str) -> dict[str, str | None]:
        return {
            "occurred_at": f"2026-11-02T10:00:{second:02}Z", "kind": "effect", "outcome": "ok",
            "action": stage, "money_stage": stage, "effect_class": "billing", "effect_id": name,
            "compensates_effect_id": of or None, "amount": amount, "currency": "EUR",
            "customer_id": "c1", "entity_type": "order", "entity_id": f"o-{amount}",
        }  # fmt: skip

    records = [
        moved(1, "ch_1", "captured", "20", ""),
        moved(2, "re_1", "refunded", "20", "ch_1"),
        moved(9, "re_2", "refunded", "20", "ch_1"),
        moved(11, "ch_2", "captured", "35.50", ""),
        *([moved(14, "ch_3", "captured", "35.50", "")] if charged_twice else ()),
    ]
    (tmp_path / "log.jsonl").write_bytes(lines(records))

    printed = run(tmp_path, "audit", "log.jsonl").stdout.decode()

    assert said in [line.strip() for line in printed.splitlines()]


def test_a_detector_that_is_blind_everywhere_is_three(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(
        b'{"event_id":"a","kind":"state","action":"seen","outcome":"ok"}\n'
    )

    assert run(tmp_path, "audit", "log.jsonl", "--detector", "race_window").returncode == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit", "log.jsonl", "--detector", "same_ky"), b"no detector `same_ky`"),
        (("audit", "log.jsonl", "--detector", "same_key"), b"--detector duplicate_side_effect"),
        (("audit", "log.jsonl", "--since", "yesterday"), b"`yesterday` is not a time"),
        (("audit", "log.jsonl", "--timezone", "Mars/Base"), b"no time zone `Mars/Base`"),
        (("audit", "log.jsonl", "--format", "strip"), b"Did you mean `stripe`?"),
        (("audit", "log.jsonl", "--format", "none.toml"), b"`none.toml` cannot be read"),
        (("audit", "log.jsonl", "--config", "none.toml"), b"`none.toml` cannot be read"),
        (("audit",), b"No source was named"),
        (("show",), b"no case in `case`"),
        (("explain", "lost_updat"), b"Did you mean `lost_update`?"),
        (("explain",), b"`forensics detectors` lists detectors"),
        (("sql", "DROP TABLE events"), b"no case in `case`"),
        (("fly",), b"No such command"),
    ],
)
def test_what_cannot_be_done_is_two_with_a_sentence(
    tmp_path: Path, log: Path, arguments: tuple[str, ...], words: bytes
) -> None:
    done = run(tmp_path, *arguments)

    assert done.returncode == 2, done.stderr
    assert words in done.stderr


def test_a_wrong_setting_is_two_with_its_place(tmp_path: Path, log: Path) -> None:
    (tmp_path / "forensics.toml").write_text("[audit]\nfail = 1")

    done = run(tmp_path, "audit", log)

    assert done.returncode == 2
    assert b"forensics.toml" in done.stderr
    assert b"Did you mean `fail_on`?" in done.stderr


def test_the_sources_of_the_settings_are_read_when_none_is_named(tmp_path: Path, log: Path) -> None:
    (tmp_path / "forensics.toml").write_text('[sources]\nmoney = "log.jsonl"\n')

    done = run(tmp_path, "audit", "--json")

    assert [source["source"] for source in orjson.loads(done.stdout)["sources"]] == ["money"]


def test_a_threshold_of_the_settings_holds(tmp_path: Path, log: Path) -> None:
    (tmp_path / "forensics.toml").write_text("[thresholds.same_key]\nkey_lifetime_s = 5\n")

    done = run(tmp_path, "audit", log, "--json")

    assert [f["pattern"] for f in orjson.loads(done.stdout)["findings"]] == ["key_expired"]


def test_what_is_declared_of_the_systems_holds(tmp_path: Path) -> None:
    event = {"kind": "write", "action": "cart.save", "outcome": "ok", "system": "shop"}
    cart = {"entity_type": "cart", "entity_id": "c-1", "fields": ["note"], "version_read": "7"}
    (tmp_path / "carts.jsonl").write_bytes(
        b"\n".join(
            orjson.dumps(
                event | cart | {"event_id": one, "occurred_at": f"2026-11-02T10:0{one}:00Z"}
            )
            for one in ("1", "2")
        )
    )
    undeclared = run(tmp_path, "audit", "carts.jsonl", "--json")
    (tmp_path / "forensics.toml").write_text('[last_write_wins]\nfields = ["note"]\n')
    declared = run(tmp_path, "audit", "carts.jsonl", "--json")

    assert [f["pattern"] for f in orjson.loads(undeclared.stdout)["findings"]] == ["lost_update"]
    assert orjson.loads(declared.stdout)["findings"] == []


def test_standard_input_is_a_source(tmp_path: Path, log: Path) -> None:
    done = started(tmp_path, "audit", "shop=-", "--json", stdin=log.read_bytes())

    assert done.returncode == 1
    assert orjson.loads(done.stdout)["sources"][0]["mapped"] == 20


@pytest.mark.parametrize("name", sorted(mechanisms().keys() - PATTERNS.keys()))
def test_every_mechanism_can_be_explained(name: str) -> None:
    said = CliRunner().invoke(app, ["explain", name])

    assert said.exit_code == 0
    assert mechanisms()[name].shows in said.stdout


@pytest.mark.parametrize(
    ("name", "other", "words"),
    [
        ("fan_out", {"innocent_reading": innocent_readings()["fan_out"]}, "an innocent reading"),
        (
            "batch_rerun",
            {"mechanism": asdict(mechanisms()["batch_rerun"])},
            "how a duplicate came about",
        ),
    ],
)
def test_a_name_of_a_pattern_and_of_something_else_is_explained_as_both(
    name: str, other: dict[str, object], words: str
) -> None:
    said = CliRunner().invoke(app, ["explain", name]).stdout
    told = orjson.loads(CliRunner().invoke(app, ["explain", name, "--json"]).stdout)

    assert "## Claim" in said
    assert f"{name}: {words}" in said
    assert told["pattern"] == name
    assert told.items() >= other.items()


def test_a_name_that_means_a_pattern_alone_has_no_other_meaning() -> None:
    told = orjson.loads(CliRunner().invoke(app, ["explain", "lost_update", "--json"]).stdout)

    assert not told.keys() & {"mechanism", "innocent_reading"}


def test_no_mechanism_has_the_name_of_a_reading() -> None:
    assert not mechanisms().keys() & innocent_readings().keys()


@pytest.mark.parametrize(
    "name", sorted(innocent_readings().keys() - PATTERNS.keys() - mechanisms().keys())
)
def test_every_innocent_reading_can_be_explained(name: str) -> None:
    said = CliRunner().invoke(app, ["explain", name])
    texts = innocent_readings()[name]

    assert said.exit_code == 0
    assert texts == {
        p.name: p.suppressors[name].text for p in PATTERNS.values() if name in p.suppressors
    }
    told = " ".join(said.stdout.split())
    assert all(text in told and pattern in told for pattern, text in texts.items())
    assert orjson.loads(CliRunner().invoke(app, ["explain", name, "--json"]).stdout) == texts


def test_an_empty_device_is_an_empty_source(tmp_path: Path) -> None:
    done = run(tmp_path, "audit", os.devnull)

    assert done.returncode == 3
    assert b"`/dev/null` is empty" in done.stderr
    assert b"0 events of 1 log" in done.stdout


def test_show_says_how_many_log_lines_it_leaves_out_and_all_prints_them(tmp_path: Path) -> None:
    first = next(charges(1))
    records = [
        first
        | {
            "event_id": f"e{number}",
            "effect_id": f"ch_{number}",
            "occurred_at": f"2026-11-02T08:00:00.{number:03}Z",
        }
        for number in range(60)
    ]
    (tmp_path / "log.jsonl").write_bytes(lines(records))
    run(tmp_path, "audit", "log.jsonl")
    finding = orjson.loads(run(tmp_path, "show", "--json").stdout)["findings"][0]["finding_id"]

    shown = run(tmp_path, "show", finding).stdout.decode()
    whole = run(tmp_path, "show", finding, "--all").stdout.decode()

    assert "2026-11-02 08:00:00.000Z to 2026-11-02 08:00:00.059Z" in shown
    assert "08:00:00.049Z" in shown
    assert f"and 10 more lines: `forensics show {finding} --case case --all`" in shown
    assert "more lines" not in whole
    assert whole.count("log.jsonl:") == 60


def test_a_flipped_byte_is_one_and_names_the_file(tmp_path: Path, log: Path) -> None:
    run(tmp_path, "audit", log)
    victim = next((tmp_path / "case" / "events").glob("*.parquet"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)

    done = run(tmp_path, "verify")

    assert done.returncode == 1
    assert victim.name.encode() in done.stdout


def test_a_file_without_permission_is_told(tmp_path: Path, log: Path) -> None:
    if os.geteuid() == 0:
        log.chmod(0o000)
        assert run(tmp_path, "audit", log).returncode in (0, 1, 3)
        return
    log.chmod(0o000)
    assert run(tmp_path, "audit", log).returncode == 2


def test_two_processes_on_one_case_lose_nothing(tmp_path: Path) -> None:
    commands = []
    for number in range(2):
        path = tmp_path / f"log-{number}.jsonl"
        records = [r | {"event_id": f"{number}-{r['event_id']}"} for r in charges(2000)]
        path.write_bytes(lines(records))
        commands.append([FORENSICS, "ingest", path, "--case", "case"])
    running = [
        subprocess.Popen(c, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for c in commands
    ]

    assert [process.wait(timeout=120) for process in running] == [0, 0]
    counted = run(tmp_path, "sql", "SELECT count(DISTINCT event_id) AS n FROM events")
    assert counted.stdout == b"n\n4000\n"


def test_starting_up_loads_nothing_that_most_commands_can_do_without() -> None:
    program = "import sys, forensics.cli.main; print({'plotly', 'polars'} & sys.modules.keys())"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.strip() == b"set()"
