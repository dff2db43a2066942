"""A format that is not even tried could not have recognised anything."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.files.connector import Files
from forensics.model.record import Page
from forensics.normalise import apply, documents
from forensics.normalise.compile import IGNORED_WEIGHT, recognition
from forensics.normalise.mapping import Mapping
from forensics.normalise.possible import Possible, may_hold, possible
from forensics.normalise.recognise import best
from tests.connectors.formats.reading import DATA, MAPPINGS, prepared

SAMPLES = sorted(
    p for p in DATA.glob("*/*.*") if p.suffix in {".json", ".jsonl", ".log", ".csv", ".txt"}
)


@pytest.mark.parametrize(
    ("condition", "text", "expected"),
    [
        ("{a} IS NOT NULL", '{"a": 1}', True),
        ("{a} IS NOT NULL", '{"b": 1}', False),
        ("{a} IS NOT NULL AND {b} = 'x'", '{"a": 1}', False),
        ("{a} IS NOT NULL OR {b} = 'x'", '{"a": 1}', True),
        ("{a} = 'x' AND ({b} = 'y' OR {c} = 'z')", '{"a": "x", "c": "z"}', True),
        ("{a} = 'x' AND ({b} = 'y' OR {c} = 'z')", '{"a": "x", "d": 1}', False),
        ("({a} = 'x') AND ({b} = 'y')", '{"b": 1}', False),
        ("coalesce({a}, {b.c}) IS NOT NULL", '{"b": {"c": 1}}', True),
        ("coalesce({a}, {b.c}) IS NOT NULL", '{"c": 1}', False),
        ("{a} IN ('x', 'y')", '{"a": "y"}', True),
        ("{a} IN ('x', 'y')", '{"a": "z"}', False),
        ("{a} = 'x'", '{"a": "z"}', False),
        ("{a} IN ('it''s', 'y')", '{"a": "it is"}', True),
        ("{a} = 'x/y'", r'{"a": "x\/y"}', True),
        ("{a} LIKE 'x%y'", '{"a": "x-y"}', True),
        ("{a} LIKE 'xy%'", '{"a": "x"}', False),
        ("{a} LIKE 'x%y'", '{"a": "x"}', False),
        ("{a} LIKE 'x_y'", '{"a": "x-y"}', True),
        ("{a} LIKE 'x_y'", '{"a": "x"}', False),
        (r"{a} LIKE 'x\_%' ESCAPE '\'", '{"a": "x_1"}', True),
        (r"{a} LIKE 'x\_%' ESCAPE '\'", '{"a": "x"}', False),
        (r"{a} LIKE 'x\_%'", r'{"a": "x\\ 1"}', True),
        ("{a} LIKE 'x/%'", r'{"a": "x\/y"}', True),
        ("{a} LIKE '%'", '{"a": ""}', True),
        ("{a} NOT LIKE 'x%'", '{"a": "y"}', True),
        ("{a} LIKE 'für%'", r'{"a": "f\u00fcr"}', True),
        ("{a} = 'für'", r'{"a": "f\u00fcr"}', True),
        ("{#} LIKE 'events%'", '{"a": 1}', True),
        ("{a} IS NULL", "{}", True),
        ("NOT {a} = 'x'", "{}", True),
        ("{a} IS DISTINCT FROM 'x'", "{}", True),
        ("CASE WHEN {a} = 'x' THEN true ELSE true END", "{}", True),
        ("{a} = 'this OR that' AND {b} = 'x'", '{"a": 1}', False),
        ("{a} NOT IN ('x')", "{}", False),
        ("{a} NOT IN ('x')", '{"a": "y"}', True),
        ("coalesce({a}, '') NOT IN ('x')", "{}", True),
        ("{$} = 'null'", "null", True),
        ("{$} = 'null'", '{"a": 1}', False),
        ("true", "{}", True),
        ("{^headers} IS NOT NULL", '{"headers": {}}', True),
        ("{^headers} IS NOT NULL", "{}", False),
        ("""{"a.b"} = 'x'""", '{"a.b": "x"}', True),
        ("{a} IS NOT NULL", r'{"body": "{\"a\": 1}"}', True),
    ],
)
def test_a_condition_may_hold_only_where_its_names_are(
    condition: str, text: str, expected: bool
) -> None:
    assert may_hold(condition, text) is expected


@cache
def first_records() -> Sequence[tuple[pa.Table, Possible]]:
    """The first records of every sample, and the formats that are tried on them."""
    found = []
    with prepared() as connection:
        for path in SAMPLES:
            pages = Files(name="log", address=str(path), final=True).pages([])
            page = next(page for page in pages if isinstance(page, Page))
            table = documents.text(page).documents.slice(0, 5)
            connection.register("documents", table)
            records = table["document"].to_pylist()
            found.append((table, possible(connection, list(MAPPINGS.values()), records)))
    return found


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())
def test_a_format_that_is_not_tried_recognises_nothing(mapping: Mapping) -> None:
    for_nothing = [t for t, p in first_records() if mapping not in (*p.typical, *p.ignoring)]

    assert known(mapping, for_nothing) == 0


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())
def test_a_format_that_is_tried_last_at_most_ignores_what_is_there(mapping: Mapping) -> None:
    tables = [table for table, formats in first_records() if mapping in formats.ignoring]
    records = sum(table.num_rows for table in tables)

    assert known(mapping, tables) <= IGNORED_WEIGHT * records


def known(mapping: Mapping, tables: Sequence[pa.Table]) -> float:
    """How many records are of a format; one that it ignores counts for little."""
    with prepared() as connection:
        connection.register("documents", pa.concat_tables([apply.DOCUMENTS.empty_table(), *tables]))
        return float(connection.execute(recognition(mapping)).fetchall()[0][1])


def test_most_formats_are_not_tried_on_a_log_of_another() -> None:
    tried = [len(formats.typical) for _, formats in first_records()]

    assert sum(tried) / len(tried) < len(MAPPINGS) / 10


@pytest.mark.parametrize(
    "text",
    [
        "hello world\nsecond line\n",
        "2026-11-02 10:00:00 INFO charge order=17\n2026-11-02 10:00:01 INFO process order=18\n",
        "Nov  2 10:00:00 host shop[411]: level=info process=worker id=7 took 3 ms\n",
        "[INFO] Task queue: 3 jobs received\n[WARNING] retry in 5 s: process 12\n",
        'def charge(order):\n    """Level and process."""\n    return pay(order["id"])\n',
        "worker: Warm shutdown (MainProcess)\n",
    ],
)
def test_text_of_nobody_is_of_no_format(text: str, tmp_path: Path) -> None:
    """Nor is it ignored: what a format passes over among its own lines is no sign of it."""
    (log := tmp_path / "log.txt").write_text(text, encoding="utf-8")
    pages = Files(name="log", address=str(log), final=True).pages([])
    page = next(page for page in pages if isinstance(page, Page))

    with prepared() as connection:
        known_as = best(connection, list(MAPPINGS.values()), documents.text(page).documents)

    assert known_as is None
