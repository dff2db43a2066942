"""What a format cannot show is said with the log that would, and how to get that one.

`UPDATE_GOLDEN=1 uv run pytest tests/connectors/formats` writes the tables of the pages anew.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import connectors
from connectors import registry
from connectors.registry import FORMATS
from forensics.case import other_logs
from forensics.case.other_logs import Answer
from forensics.cli.main import app
from forensics.detect.contract import Pattern
from forensics.detect.registry import DETECTORS, PATTERNS
from forensics.model.columns import ENUMS
from forensics.normalise.mapping import Mapping, parse

ROOT = Path(connectors.__file__).parent
TEXT = registry.other_logs()
TABLE = other_logs.parse(TEXT)
MAPPINGS = {
    mapping.format: mapping
    for mapping in (parse(text, where=where) for where, text in registry.mapping_texts())
}
LOOKING = [pattern for detector in DETECTORS for pattern in detector.patterns]
_BLOCK = re.compile(r"(<!-- other logs -->\n).*?(<!-- /other logs -->)", re.DOTALL)
_COMMAND = re.compile(r"^forensics (\w+) ")
_ALWAYS = {"system", "execution_id", "outcome"}
"""Columns that ingest fills where a mapping does not."""


def _population(pattern: Pattern) -> str:
    return f"kind {' or '.join(pattern.kinds)}"


def _kinds(mapping: Mapping) -> set[str]:
    """Kinds that its expressions name."""
    told = [c["kind"] for c in _columns(mapping) if "kind" in c]
    return {kind for kind in ENUMS["kind"] for words in told if f"'{kind}'" in words}


def _columns(mapping: Mapping) -> Iterator[dict[str, str]]:
    for event in mapping.events:
        yield dict(event.columns)
        yield from (dict(row.columns) for row in event.classify)


@cache
def _said(name: str) -> frozenset[str]:
    """Needs of patterns that a format's mapping could fill, as far as its text tells."""
    mapping = MAPPINGS[name]
    kinds = _kinds(mapping)
    mapped = {column for columns in _columns(mapping) for column in columns} | _ALWAYS
    if "before_hash" in mapped and mapping.format == "canonical":
        mapped.add("content_read")
    if {"source_seq"} <= mapped and "read" in kinds:
        mapped.add("read_order")
    if {"trace_id", "cause_id"} & mapped and {"entity_id", "payload_hash"} & mapped:
        mapped.add("traced_call")
    if {"attempt", "entity_id"} <= mapped:
        mapped.add("numbered_record")
    vantages = {c["vantage"] for c in _columns(mapping) if "vantage" in c}
    if not vantages or vantages - {"'database'", "'provider'"}:
        mapped.add("writing_system")
    said = {_population(p) for p in LOOKING if kinds & set(p.kinds)}
    needs = {need for p in LOOKING for need in p.needs}
    return frozenset(said | {need for need in needs if mapped & set(need.split("|"))})


def _lacking(name: str) -> set[str]:
    """Needs that keep a pattern from seeing anything in such a log."""
    said = _said(name)
    lacking = set()
    for pattern in LOOKING:
        if _population(pattern) in said:
            lacking |= set(pattern.needs) - said
        else:
            lacking.add(_population(pattern))
    return lacking


def _own(name: str) -> list[Answer]:
    """What a format's page has to say: what no log of it can show."""
    lacking = _lacking(name)
    return [a for a in TABLE.get(name, ()) if a.needs & lacking or a.hides]


def test_every_need_of_a_pattern_has_one_topic() -> None:
    needs = {need for p in LOOKING for need in (_population(p), *p.needs)}
    topics = [need for row in tomllib.loads(TEXT)["topic"].values() for need in row["needs"]]

    assert sorted(topics) == sorted(needs)


@pytest.mark.parametrize("name", TABLE)
def test_what_a_format_cannot_fill_stands_in_another_log(name: str) -> None:
    for need in _lacking(name):
        (answer,) = [a for a in TABLE[name] if need in a.needs]

        assert answer.log.commands
        assert any(command.startswith("forensics ") for command in answer.log.commands)
        elsewhere = {*answer.log.formats} - {name} or not answer.log.formats
        assert elsewhere or answer.needs & _said(name), need


def test_the_log_that_is_named_shows_what_the_other_does_not() -> None:
    for name, answers in TABLE.items():
        for answer in answers:
            shown = [
                MAPPINGS[one].by_name or answer.needs & _said(one) for one in answer.log.formats
            ]
            assert not shown or any(shown), (name, answer.topic, answer.log.name)


_PROVIDERS = ("stripe", "stripe-requests", "paypal", "shopify", "slack", "sendgrid", "hubspot")


def test_what_a_command_needs_before_it_works_and_leaves_behind_is_said() -> None:
    for row in tomllib.loads(TEXT)["log"].values():
        told = " ; ".join(row["commands"])
        if "ALTER SYSTEM" in told:
            assert told.rindex("ALTER SYSTEM") < told.index("pg_reload_conf()")
        assert ("pgaudit.log" in told) == ("shared_preload_libraries" in told)
        assert ("csvlog" in told) == ("logging_collector" in told)
        for kept in ("pg_create_logical_replication_slot", "pg_drop_replication_slot"):
            assert ("slot=" in told) == (kept in told)


@pytest.mark.parametrize("name", [*_PROVIDERS, "twilio-callbacks", "twilio-messages"])
def test_nobody_is_sent_to_the_database_of_a_provider(name: str) -> None:
    for answer in TABLE[name]:
        told = " ".join(answer.log.commands)
        assert "ALTER" not in told, answer.topic


def test_an_access_log_does_not_show_what_an_access_log_cannot() -> None:
    for answer in TABLE["access_log"]:
        if not answer.needs & _said("access_log"):
            assert "access_log" not in answer.log.formats or answer.topic == "keys", answer.topic


def test_the_table_names_what_there_is() -> None:
    logs = tomllib.loads(TEXT)["log"]
    told = tomllib.loads(TEXT)["format"]
    named = [name for row in told for name in row["names"]]
    used = {a.log.name for answers in TABLE.values() for a in answers}
    commands = {info.name or info.callback.__name__ for info in app.registered_commands}

    assert len(named) == len(set(named))
    assert MAPPINGS.keys() - named == {"canonical", "canonical-enclosed"}
    assert {name for row in logs.values() for name in row.get("formats", ())} <= MAPPINGS.keys()
    assert {row["name"] for row in logs.values()} == used
    assert all((ROOT / row["page"] / "README.md").exists() for row in logs.values())
    assert {h for answers in TABLE.values() for a in answers for h in a.hides} <= PATTERNS.keys()
    asked = [_COMMAND.match(c) for row in logs.values() for c in row["commands"]]
    assert {found[1] for found in asked if found} <= commands


def _row(answer: Answer, *, pages: str, folder: str = "") -> str:
    log = answer.log
    shown = log.name if log.page == folder else f"[{log.name}]({pages}/{log.page}/README.md)"
    commands = "<br>".join(f"`{command}`" for command in log.commands)
    return f"| {answer.what} | {shown} | {commands} |"


def _written(page: Path, told: str) -> str:
    """The page as it should be."""
    text = page.read_text(encoding="utf-8")
    expected = _BLOCK.sub(lambda found: f"{found[1]}\n{told}\n{found[2]}", text)
    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(expected, encoding="utf-8")
    return expected


_HEAD = "| not in it | it stands in | how to get that |\n|---|---|---|\n"


@pytest.mark.parametrize("folder", sorted({folder for folder, _ in FORMATS} - {"canonical"}))
def test_a_page_says_which_log_has_what_its_own_has_not(folder: str) -> None:
    page = ROOT / folder / "README.md"
    names = [
        tomllib.loads((ROOT / folder / file).read_text(encoding="utf-8"))["format"]
        for where, file in FORMATS
        if where == folder
    ]
    answers = [answer for name in names for answer in _own(name)]
    rows = list(dict.fromkeys(_row(a, pages="..", folder=folder) for a in answers if not a.usual))
    usual = list(dict.fromkeys(a.topic.replace("_", " ") for a in answers if a.usual))
    told = f"{_HEAD}{chr(10).join(rows)}\n" if rows else ""
    if usual:
        more = "Nor are these in it, which have [their usual place](../../docs/other_logs.md): "
        told += f"{chr(10) if rows else ''}{more}{', '.join(usual)}.\n"
    expected = _written(page, told)

    assert told
    assert page.read_text(encoding="utf-8") == expected
    assert told in expected


def test_the_page_of_other_logs_says_where_each_thing_usually_stands() -> None:
    page = ROOT.parent / "docs" / "other_logs.md"
    usual = {a.topic: a for answers in TABLE.values() for a in answers if a.usual}
    topics = tomllib.loads(TEXT)["topic"]
    rows = [_row(usual[topic], pages="../connectors") for topic in topics]
    words = [topic.replace("_", " ") for topic in topics]
    told = "| | what it is | it stands in | how to get that |\n|---|---|---|---|\n" + "\n".join(
        f"| {word} {row}" for word, row in zip(words, rows, strict=True)
    )
    expected = _written(page, f"{told}\n")

    assert page.read_text(encoding="utf-8") == expected
    assert told in expected


def test_what_the_log_of_celerys_workers_has_not_stands_in_celerys_events() -> None:
    told = {a.topic: a for a in TABLE["celery-log"] if a.topic in {"attempts", "causes", "runs"}}
    written = " > celery_events.jsonl"

    assert {(a.log.page, *a.log.formats) for a in told.values()} == {("celery", "celery")}
    assert [a.usual for a in told.values()] == [False] * 3
    assert any(command.endswith(written) for command in told["runs"].log.commands)
