"""Labelled tables of events: a scenario says what a pattern must find, and what it must not.

A scenario file belongs to one pattern:

    pattern = "same_key"
    defaults = { kind = "effect", action = "charge", outcome = "ok", system = "shop" }
    complete = true                                 # optional: `suppressed` lists all that is held
    latent = true                                   # optional: it only says what can happen

    [[scenario]]
    name = "the_key_was_used_again"
    why = "The callee forgot to look the key up."
    with = { key_lifetime_s = 3600 }                # optional
    declared = { isolation = { db = "snapshot" } }  # optional: `Declarations`
    events = '''
    id  at     operation_key  effect_id
    e1  00:00  k1             ch_1
    e2  00:04  k1             ch_2
    '''
    finds = [["e1", "e2"]]                          # evidence of each finding, roles but `context`;
                                                    # left out by patterns that find nothing
    suppressed = { idempotent_replay = [["e3", "e4"]] }   # optional
    also = { redelivery = [["e5", "e6"]] }          # optional: what sister patterns find
    exposes = [["order", "pay@shop", "ship@shop"]]  # optional: subjects of what can happen yet
    grade = "proven"                                # optional: of each finding of the pattern
    grades = ["proven", "strong"]                   # optional: of the findings, by their names
    excess = [1]                                    # optional: of each finding, in rising order
    originals = ["e1"]                              # optional: what the findings hold to be first
    context = ["e5"]                                # optional: what is only shown beside it
    subjects = [["payments", "charge", "order o1"]]  # optional: what the findings are about
    mechanism = "expired_key"                       # optional: of each finding; empty for none
    facts = { "curve.0.attempts" = 8 }              # optional: of each finding, by path
    says = ["twice", "k1"]                          # optional: words of the findings' explanation
    unsaid = ["was taken back"]                     # optional: words that must not be in it
    alone = true                                    # optional: it is about the whole of the log

A row whose id ends in `*0..47` is a series of 48 rows, `*0..47/4` of every fourth of them: `#` in
its cells is the number, `#-1` the one before it, and a time `00:12:00~15` moves on by 15 seconds
each. Where ids are listed, `a*` names all that begin with `a`.

A cell `-` is null; times are `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff` on 2 November 2026, with
`+Nd` for N days later; lists are written `a,b`, related records `type:id`, changes `field:3>6`; any
canonical column may be a header (`id` and `at` stand for `event_id` and `occurred_at`).
"""

import fnmatch
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from forensics.model.columns import BY_NAME, COLUMNS, EVENTS
from forensics.model.declarations import Declarations

FOLDER = Path(__file__).parent / "scenarios"
_SHORT = {"id": "event_id", "at": "occurred_at"}
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:\+(\d+)d)?(?:~([\d.]+))?")
_SERIES = re.compile(r"(.*#.*)\*(\d+)\.\.(\d+)(?:/(\d+))?")
_DAY = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One labelled log."""

    pattern: str
    name: str
    why: str
    events: Sequence[dict[str, Any]]
    finds: frozenset[frozenset[str]]
    suppressed: Mapping[str, frozenset[frozenset[str]]]
    also: Mapping[str, frozenset[frozenset[str]]]
    settings: Mapping[str, float] = field(default_factory=dict)
    declarations: Declarations = field(default_factory=Declarations)
    grade: str | None = None
    grades: Sequence[str] | None = None
    excess: Sequence[int] | None = None
    originals: frozenset[str] | None = None
    context: frozenset[str] | None = None
    subjects: frozenset[tuple[str, ...]] | None = None
    mechanism: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    says: Sequence[str] = ()
    unsaid: Sequence[str] = ()
    exposes: frozenset[tuple[str, ...]] = frozenset()
    complete: bool = False
    alone: bool = False


def scenarios() -> Iterator[Scenario]:
    """All scenarios of all patterns."""
    for path in sorted(FOLDER.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in document["scenario"]:
            yield _scenario(document, entry)


def arrow(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as the events table; what a row lacks is null or the column's default."""
    filled = []
    for row in rows:
        complete = {c.name: row.get(c.name, c.default) for c in COLUMNS}
        complete["source"] = row.get("source", "log")
        complete["source_position"] = row.get("source_position", row["event_id"])
        complete["acquisition_id"] = "a"
        complete["execution_id"] = row.get("execution_id") or row["event_id"]
        filled.append(complete | {"source_path": "log.jsonl", "source_line": None})
    return pa.Table.from_pylist(filled, schema=EVENTS)


def _scenario(document: dict[str, Any], entry: dict[str, Any]) -> Scenario:
    latent = document.get("latent", False)
    known = {"name", "why", "with", "declared", "events", "finds", "suppressed", "also", "exposes",
             "grade", "grades", "excess", "originals", "context", "subjects", "mechanism", "facts",
             "says", "unsaid", "alone"}  # fmt: skip
    assert entry.keys() <= known, f"unknown keys in {entry['name']}: {entry.keys() - known}"
    events = _table(entry["events"], document.get("defaults", {}))
    ids = [event["event_id"] for event in events]
    return Scenario(
        pattern=document["pattern"],
        name=entry["name"],
        why=entry["why"],
        events=events,
        finds=_sets(entry.get("finds", ()) if latent else entry["finds"], ids),
        suppressed={k: _sets(v, ids) for k, v in entry.get("suppressed", {}).items()},
        also={k: _sets(v, ids) for k, v in entry.get("also", {}).items()},
        settings=entry.get("with", {}),
        declarations=Declarations(**entry.get("declared", {})),
        grade=entry.get("grade"),
        grades=entry.get("grades"),
        excess=entry.get("excess"),
        originals=_named(entry["originals"], ids) if "originals" in entry else None,
        context=_named(entry["context"], ids) if "context" in entry else None,
        subjects=frozenset(map(tuple, entry["subjects"])) if "subjects" in entry else None,
        mechanism=entry.get("mechanism"),
        facts=entry.get("facts", {}),
        says=entry.get("says", ()),
        unsaid=entry.get("unsaid", ()),
        exposes=frozenset(map(tuple, entry.get("exposes", ()))),
        complete=document.get("complete", False),
        alone=entry.get("alone", False),
    )


def _sets(groups: Sequence[Sequence[str]], ids: Sequence[str]) -> frozenset[frozenset[str]]:
    return frozenset(_named(group, ids) for group in groups)


def _named(names: Sequence[str], ids: Sequence[str]) -> frozenset[str]:
    """The ids that a list names; one that names none stands for itself, and will be missed."""
    return frozenset(
        id_ for name in names for id_ in (fnmatch.filter(ids, name) if "*" in name else [name])
    )


def _table(text: str, defaults: dict[str, Any]) -> list[dict[str, Any]]:
    header, *lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    names = [_SHORT.get(name, name) for name in header]
    for name in (*names, *defaults):
        assert name in BY_NAME, f"no canonical column {name}"
    rows = []
    for line in chain.from_iterable(map(_rows, lines)):
        assert len(line) == len(names), f"{len(names)} cells expected: {line}"
        cells = {n: _value(n, cell) for n, cell in zip(names, line, strict=True)}
        rows.append({n: _value(n, str(v)) for n, v in defaults.items()} | cells)
    return rows


def _rows(line: Sequence[str]) -> Iterator[Sequence[str]]:
    """A line of a table: one row, or those of a series."""
    match = _SERIES.fullmatch(line[0])
    if not match:
        yield line
        return
    name, first, last, step = match.groups()
    for place, number in enumerate(range(int(first), int(last) + 1, int(step or 1))):
        cells = (_numbered(cell, number) for cell in (name, *line[1:]))
        yield [_moved_on(cell, place) for cell in cells]


def _numbered(cell: str, number: int) -> str:
    return cell.replace("#-1", str(number - 1)).replace("#", str(number))


def _moved_on(cell: str, places: int) -> str:
    time, pace, seconds = cell.partition("~")
    return f"{time}~{places * float(seconds)}" if pace else cell


def _value(name: str, cell: str) -> Any:
    if cell == "-":
        return None
    kind = BY_NAME[name].type
    if pa.types.is_timestamp(kind):
        return _time(cell)
    if pa.types.is_integer(kind):
        return int(cell)
    if pa.types.is_decimal(kind):
        return Decimal(cell)
    if pa.types.is_boolean(kind):
        return cell.lower() == "true"
    if name == "lock":
        mode, expires, token = (*cell.split("|"), "", "")[:3]
        return {"mode": mode, "expires_at": _time(expires) if expires else None,
                "fencing_token": token or None}  # fmt: skip
    if name == "related":
        named = (record.split(":") for record in cell.split(","))
        return [{"type": kind, "id": identity, "role": None} for kind, identity in named]
    if name == "changes":
        told = (re.split("[:>]", change) for change in cell.split(","))
        return [{"name": field, "before": int(old), "after": int(new)} for field, old, new in told]
    if pa.types.is_list(kind):
        return cell.split(",")
    return cell


def _time(cell: str) -> datetime:
    match = _TIME.fullmatch(cell)
    assert match, f"not a time: {cell}"
    hours, minutes, seconds, days, later = match.groups()
    return _DAY + timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=float(seconds or 0) + float(later or 0),
    )
