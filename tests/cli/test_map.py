"""`forensics map` as somebody with an unknown log uses it."""

import gzip
import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

import forensics
from forensics.cli.main import app
from forensics.detect.registry import PATTERNS
from forensics.model.errors import SourceError, UsageError
from forensics.normalise.mapping import load
from tests.case.shop import charges
from tests.cli.mapped import columns, document, log, run
from tests.normalise.unknown_logs import (
    Record,
    camel_case_nested,
    comma_separated,
    csv_rows,
    dotted_names,
    json_lines,
    not_what_they_seem,
    snake_case,
    task_effects,
)

pytestmark = pytest.mark.usefixtures("folder")

PLANTED = (
    (snake_case, "same_key"),
    (camel_case_nested, "same_key"),
    (dotted_names, "same_key"),
    (comma_separated, "same_key"),
    (task_effects, "redelivery"),
)


@pytest.mark.parametrize(("records", "pattern"), PLANTED)
def test_an_audit_with_the_proposal_finds_what_was_done_twice(records: Any, pattern: str) -> None:
    rows = list(records())
    as_csv = records is comma_separated
    source = log("log.csv" if as_csv else "log.jsonl", (csv_rows if as_csv else json_lines)(rows))
    command = document(source)["command"]

    result = CliRunner().invoke(app, [*shlex.split(command)[1:], "--json"])

    audit = orjson.loads(result.stdout)
    found = [f for f in audit["findings"] if f["pattern"] == pattern]
    assert [f["excess"] for f in found] == [1]


def test_what_it_prints_says_what_to_do_next() -> None:
    source = log("our-own-log.jsonl", json_lines(list(snake_case())))

    printed = run(source)

    assert "operation_key\t{idempotency_key}\t0.95" in printed
    assert "Of 60 sampled records 60 give 60 events" in printed
    assert "forensics audit our-own-log=our-own-log.jsonl --format our-own-log.toml" in printed
    assert "[sources.our-own-log]" in printed
    assert "not-to-be-shown" not in printed
    assert "not-to-be-shown" not in Path("our-own-log.toml").read_text(encoding="utf-8")


def test_blind_patterns_are_named_with_what_they_lack() -> None:
    found = document(log("log.jsonl", json_lines(list(not_what_they_seem()))))
    blind = {entry["pattern"]: entry for entry in found["trial"]["blind"]}

    assert blind["same_key"]["missing"] == ["kind effect"]
    assert PATTERNS["same_key"].cure in blind["same_key"]["cure"]


def test_a_pattern_that_has_what_it_needs_is_not_called_blind() -> None:
    found = document(log("log.jsonl", json_lines(list(snake_case()))))

    assert "same_key" in found["trial"]["seeing"]
    assert "same_key" not in {entry["pattern"] for entry in found["trial"]["blind"]}


def _in_words_nobody_knows() -> list[Record]:
    return [
        {
            "ts": f"2026-11-02T08:00:{n:02d}Z",
            "was": "verbucht" if n % 3 else "o'gelegt",
            "schluessel": f"k-{n // 2}",
            "ergebnis": "ok",
        }
        for n in range(60)
    ]


def test_where_only_a_kind_is_lacking_one_line_says_what_would_be_seen() -> None:
    source = log("log.jsonl", json_lines(_in_words_nobody_knows()))
    known = (
        "--set",
        "action=was",
        "--set",
        "operation_key=schluessel",
        "--set",
        "outcome=ergebnis",
    )

    printed = run(source, *known)

    (seen,) = [line for line in printed.splitlines() if line.startswith("Can be seen")]
    assert "nothing yet; once the records have a kind: " in seen
    assert "hot_loop" in seen
    assert "lease_overlap" not in seen
    assert "blind pattern" not in printed
    example = printed.partition("such as:\n")[2]
    assert "when = \"{was} = 'verbucht'\"" in example


def test_the_example_of_a_kind_can_be_put_into_the_mapping_as_it_is() -> None:
    source = log("log.jsonl", json_lines(_in_words_nobody_knows()))
    found = document(source, "--set", "operation_key=schluessel", "--set", "outcome=ergebnis")
    example = found["trial"]["example"]
    mapping = Path("more.toml")
    mapping.write_text(f"{found['mapping']}\n{example}\n", encoding="utf-8")

    command = found["command"].replace("log.toml", "more.toml")
    CliRunner().invoke(app, ["ingest", *shlex.split(command)[2:]])

    rows = forensics.open_case("case").sql("SELECT kind, count(*) AS n FROM events GROUP BY kind")
    kind = re.search(r"kind = \"'(\w+)'\"", example)
    assert kind is not None
    assert {row["kind"]: row["n"] for row in rows.to_dicts()} == {kind[1]: 40, "other": 20}
    assert kind[1] in found["trial"]["promised"]


def test_columns_that_are_too_few_promise_nothing() -> None:
    rows = [{"was": ("verbucht", "gelegt")[n % 2]} for n in range(60)]

    printed = run(log("log.jsonl", json_lines(rows)))

    assert "Can be seen: nothing yet, whatever kind the records are: most patterns want" in printed
    assert "occurred_at" in printed.partition("most patterns want")[2].partition(".")[0]


def test_a_word_of_ours_outranks_what_was_proposed() -> None:
    source = log("log.jsonl", json_lines(list(snake_case())))

    found = document(source, "--set", "operation_key=order_id", "--set", "effect_class=crm",
                     "--set", "actor=lower({customer_id})")  # fmt: skip

    assert columns(found)["operation_key"] == "{order_id}"
    assert columns(found)["effect_class"] == "'crm'"
    assert columns(found)["actor"] == "lower({customer_id})"
    assert "effect_class" not in found["classify"][0]["columns"]
    assert load(Path(found["file"])).events[0].columns["operation_key"] == "{order_id}"


def test_what_is_no_path_of_a_column_that_is_no_text_is_no_word() -> None:
    source = log("log.jsonl", json_lines(list(snake_case())))

    with pytest.raises(UsageError) as slip:
        run(source, "--set", "occurred_at=yesterday")

    assert "'yesterday'" not in slip.value.hint


def test_what_patterns_lack_that_is_no_column_is_said_to_be_told_by_one() -> None:
    printed = run(log("log.jsonl", json_lines(list(snake_case()))), "--set", "kind=write")

    assert "`content_read` is told by `before_hash` of a write" in printed
    assert "`version_seen` is told by `version_read` of a read" in printed


@pytest.mark.parametrize(
    ("event", "is_said"),
    [("invoice.charged", False), ("order.updated", True), ("order.viewed", True)],
)
def test_how_reads_and_writes_are_told_is_said_only_of_a_log_that_has_some(
    event: str, *, is_said: bool
) -> None:
    rows = [
        {"ts": f"2026-11-02T08:00:{n:02d}Z", "event": name, "order_id": f"o-{n}"}
        for n in range(60)
        for name in ("payment.captured", event)
    ]

    printed = run(log("log.jsonl", json_lines(rows)))

    assert "content_read" in printed
    assert ("is told by `before_hash` of a write" in printed) == is_said


def test_words_of_an_outcome_that_nobody_knows_are_listed_with_what_to_write() -> None:
    words = ("gut", "fehler", "timeout")
    rows = [{"ts": f"2026-11-02T08:00:{n:02d}Z", "ergebnis": words[n % 3]} for n in range(60)]
    mixed = log("mixed.jsonl", json_lines(rows))
    strange = log(
        "strange.jsonl", json_lines([row for row in rows if row["ergebnis"] != "timeout"])
    )

    found = document(mixed, "--set", "outcome=ergebnis")

    assert columns(found)["outcome"] == (
        "CASE lower({ergebnis}) WHEN 'timeout' THEN 'timeout' ELSE 'unknown' END"
    )
    assert found["trial"]["tally"]["mapped"] == 60
    printed = run(strange, "--set", "outcome=ergebnis")
    assert "not known what `fehler`, `gut` in `ergebnis` mean; they are read as" in printed
    given = re.search(r'--set "(outcome=CASE.*? END)"', printed)
    assert given is not None
    meant = given[1].replace("…", "error", 1).replace("…", "ok", 1)
    again = document(strange, "--set", meant, "--force")
    assert again["trial"]["tally"]["mapped"] == 40
    assert not [line["doubt"] for line in again["columns"] if line["doubt"]]


@pytest.mark.parametrize(
    ("given", "sentence", "hint"),
    [
        ("operation_keys=order_id", "canonical column `operation_keys`", "`operation_key`"),
        ("operation_key=order_di", "no sampled record has a field `order_di`", "`order_id`"),
        ("operation_key=upper({order_di})", "has a field `order_di`", "`order_id`"),
        ("operation_key", "is not COLUMN=PATH", "operation_key="),
        ("operation_key=uper({order_id})", "operation_key` is not an expression", ""),
        ("raw=order_id", "no canonical column `raw`", ""),
        ("action=payment", "has a field `payment`", "--set \"action='payment'\""),
        ("content_read=order_id", "no column: `before_hash` tells it", "--set before_hash=PATH"),
        ("read_order=order_id", "no column: `source_seq` tells it", "--set source_seq=PATH"),
    ],
)
def test_a_slip_is_answered_with_a_sentence(given: str, sentence: str, hint: str) -> None:
    source = log("log.jsonl", json_lines(list(snake_case())))

    with pytest.raises(UsageError) as slip:
        run(source, "--set", given)

    assert sentence in str(slip.value)
    assert hint in slip.value.hint
    assert not Path("log.toml").exists()


def test_a_known_format_needs_no_mapping_unless_forced() -> None:
    source = log("known.jsonl", json_lines(list(charges(30))))

    assert "no mapping is needed" in run(source)
    assert not Path("known.toml").exists()
    assert document(source)["known"]["format"] == "canonical"
    assert "operation_key" in columns(document(source, "--force"))


def test_a_mapping_that_somebody_corrected_is_not_written_over() -> None:
    source = log("log.jsonl", json_lines(list(snake_case())))
    Path("log.toml").write_text("# mine", encoding="utf-8")

    with pytest.raises(UsageError) as refusal:
        run(source)

    assert "--force" in refusal.value.hint
    assert Path("log.toml").read_text(encoding="utf-8") == "# mine"


def test_an_audit_in_which_every_pattern_is_blind_is_no_all_clear() -> None:
    rows = [{"ts": f"2026-11-02T08:00:{n:02d}Z", "what": f"went {n % 3}"} for n in range(60)]
    command = document(log("log.jsonl", json_lines(rows)))["command"]

    result = CliRunner().invoke(app, [*shlex.split(command)[1:], "--json"])

    assert result.exit_code == 3
    assert (
        "none of which is of a kind that they look at" in orjson.loads(result.stdout)["missing"][0]
    )


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("", 3),
        # A log of deploys is none, and what a mapping says is of a kind is not unknown.
        ("kind = \"'change'\"", 0),
    ],
)
def test_a_log_of_which_nobody_said_what_it_holds_is_missing_beside_one_that_is_judged(
    what: str, code: int
) -> None:
    rows = [{"ts": f"2026-11-02T08:00:{n:02d}Z", "what": f"went {n % 3}"} for n in range(60)]
    run(log("till.jsonl", json_lines(rows)))
    mapping = Path("till.toml")
    said = mapping.read_text(encoding="utf-8").replace(
        "[event.columns]", f"[event.columns]\n{what}"
    )
    mapping.write_text(said, encoding="utf-8")
    words = ["audit", "till.jsonl", log("shop.jsonl", json_lines(list(charges(30))))]
    words += ["--format", "till.toml", "--format", "canonical", "--fail-on", "critical"]

    result = CliRunner().invoke(app, [*words, "--json", "--final"])

    missing = orjson.loads(result.stdout)["missing"]
    assert (result.exit_code, len(missing)) == (code, bool(code))
    assert all("Nothing can be judged in `till`" in sentence for sentence in missing)
    assert all("`forensics map SOURCE`" in sentence for sentence in missing)


def test_a_log_of_a_known_format_that_holds_no_kind_is_not_missing_beside_one_that_is_judged() -> (
    None
):
    rows = [
        {
            "event_id": f"x{n}",
            "occurred_at": f"2026-11-02T08:00:{n:02d}Z",
            "kind": "other",
            "action": "seen",
        }
        for n in range(60)
    ]
    words = ["audit", "--fail-on", "critical", log("seen.jsonl", json_lines(rows))]
    words += [log("shop.jsonl", json_lines(list(charges(30))))]

    result = CliRunner().invoke(app, [*words, "--json", "--final"])

    assert (result.exit_code, orjson.loads(result.stdout)["missing"]) == (0, [])


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_a_table_that_is_not_utf_8_is_said_to_be_none_and_how_to_make_it_one(encoding: str) -> None:
    rows = "".join(f"0{n}.09.2026;Miete Büro;-1.450,0{n}\n" for n in range(1, 10))
    source = log("bank.csv", f"Buchungstag;Empfänger;Betrag\n{rows}".encode(encoding))

    if encoding == "utf-8":
        assert columns(document(source))["amount"] == "comma_units({Betrag})"
        return
    with pytest.raises(SourceError) as refusal:
        run(source)
    assert "`bank.csv` is not UTF-8: line 1 is the first of" in str(refusal.value)
    assert "`iconv -f cp1252 -t utf-8 bank.csv > bank.utf-8.csv`" in refusal.value.hint


@pytest.mark.parametrize("name", ["Büro", "Buero"])
def test_records_that_are_not_utf_8_are_said_to_be_left_out(name: str) -> None:
    rows = "".join(
        f"0{n}.09.2026;{name if n % 4 == 0 else 'Miete'};-1.450,0{n}\n" for n in range(1, 10)
    )
    source = log("bank.csv", f"Buchungstag;Zweck;Betrag\n{rows}".encode("cp1252"))
    warning = document(source)["warning"]

    assert ("`bank.csv` is not UTF-8: line 5 is the first of 2" in warning) == (name == "Büro")
    assert (not warning) == (name == "Buero")
    assert ("iconv -f cp1252" in run(source, "--force")) == (name == "Büro")


def test_of_several_files_that_are_not_utf_8_the_command_names_one(folder: Path) -> None:
    (folder / "in").mkdir()
    for name, who in (("a", "Miete"), ("b", "Büro"), ("c", "Bäcker")):
        rows = "".join(f"0{n}.09.2026;{who if n % 4 == 0 else 'x'};-1,0{n}\n" for n in range(1, 10))
        log(f"in/{name}.csv", f"Buchungstag;Zweck;Betrag\n{rows}".encode("cp1252"))

    for source in ("in/*.csv", "in"):
        warning = document(source, "--force", "--out", "x.toml")["warning"]

        assert "`in/b.csv` is not UTF-8: line 5 is the first of 2 " in warning
        assert "1 other file likewise." in warning
        assert "`iconv -f cp1252 -t utf-8 in/b.csv > in/b.utf-8.csv`" in warning


def test_what_is_packed_is_not_given_to_iconv() -> None:
    rows = "".join(f"0{n}.09.2026;{'Büro' if n > 7 else 'x'};-1,0{n}\n" for n in range(1, 10))
    source = log("bank.csv.gz", gzip.compress(f"Tag;Zweck;Betrag\n{rows}".encode("cp1252")))

    warning = document(source)["warning"]

    assert "is not UTF-8" in warning
    assert "iconv" not in warning


def test_each_table_of_a_database_gets_a_mapping_of_its_own(folder: Path) -> None:
    with closing(sqlite3.connect("shop.db")) as database, database:
        for table in ("jobs", "mails", "none_yet"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, at TEXT, status TEXT)")
        for table in ("jobs", "mails"):
            rows = [(f"2026-01-01T00:00:{second:02}Z", "done") for second in range(30)]
            database.executemany(f"INSERT INTO {table} (at, status) VALUES (?, ?)", rows)

    with pytest.raises(UsageError, match=r"2 tables with rows, .*: `jobs`, `mails`") as raised:
        run("shop.db")

    assert not (folder / "shop.toml").exists()
    for command in re.findall(r"`forensics map ([^`]+)`", raised.value.hint):
        address = shlex.split(command)[0]
        assert f"forensics audit '{address}' --format {address.partition('=')[0]}.toml" in run(
            address
        )


def till() -> bytes:
    rows = ["Datum;Uhrzeit;Auftrag;Status;Thread"]
    rows += [
        f"{n % 28 + 1:02}.11.2026;{n % 24:02}:{n:02}:07;A-{1000 + n // 2}"
        f";{('ok', 'weg')[n % 2]};w{n % 4}"
        for n in range(60)
    ]
    return "\n".join(rows).encode()


def test_a_day_that_is_said_to_be_the_time_is_read_with_the_time_of_the_day_beside_it() -> None:
    found = columns(document(log("till.csv", till()), "--set", "occurred_at=Datum"))

    assert found["occurred_at"] == "iso_time(day_first({Datum} || ' ' || {Uhrzeit}))"
    assert found["clock_resolution_us"] == "1000000"


@pytest.mark.parametrize(
    ("said", "constant"),
    [
        ("clock_resolution_us=1000000", "1000000"),
        ("amount=1.50", "1.50"),
        ("reversible=true", "true"),
    ],
)
def test_a_number_may_be_said_as_it_stands(said: str, constant: str) -> None:
    found = columns(document(log("till.csv", till()), "--set", said))

    assert found[said.partition("=")[0]] == constant


def test_a_number_is_no_value_of_a_column_of_words() -> None:
    with pytest.raises(UsageError, match="no sampled record has a field `17`"):
        run(log("till.csv", till()), "--set", "customer_id=17")


def test_what_else_to_say_of_a_log_of_workers_is_printed() -> None:
    printed = run(log("till.csv", till()), "--timezone", "Europe/Berlin", "--set", "outcome=Status")

    assert "It is not known what `weg` in `Status` means; it is read as `unknown`." in printed
    assert """--set "execution_id={Thread} || '/' || {Auftrag}".""" in printed
    assert 'timezone = "Europe/Berlin"' in printed.partition("[audit]")[2]


def test_nothing_is_said_of_runs_where_a_field_names_them() -> None:
    named = till().replace(b";Thread", b";Thread;job_id").replace(b";w", b";j1;w")
    printed = run(log("till.csv", named), "--set", "execution_id=job_id")

    assert "runs are not told apart" not in printed
    assert "[audit]" not in printed


def test_a_log_whose_records_have_a_kind_is_not_asked_for_one() -> None:
    printed = run(log("till.csv", till()), "--set", "kind=approval", "--set", "outcome=Status")

    assert "Can be seen: nothing yet; were the records of another kind: " in printed
    assert "Say in the mapping of what kind they are" not in printed


def test_where_records_of_a_kind_lack_one_column_it_is_named_and_no_other_kind() -> None:
    printed = run(log("till.csv", till()), "--set", "kind=lock", "--set", "outcome=Status")

    assert "Can be seen: nothing yet; with execution_id: lease_overlap." in printed
    assert "another kind" not in printed
    assert "[[event.classify]]" not in printed


def test_what_one_column_more_would_show_is_named_as_columns_that_can_be_said() -> None:
    rows = [
        {"at": f"2026-11-02T08:{n:02}:00Z", "action": "points.granted", "order": f"ORD-{n}"}
        for n in range(40)
    ]
    printed = run(log("points.jsonl", json_lines(rows)))
    (seen,) = [line for line in printed.splitlines() if line.startswith("Can be seen")]

    # A hash of the payload would not do: of what has neither id nor amount two lines may be one.
    assert "with amount: same_content;" in seen
    assert "with version_read: lost_update;" in seen
    assert seen.endswith("more lack one. --set COLUMN=PATH says where such a column stands.")
