"""All queries share one place for macros: a second one of a name would replace the first."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

_MACRO = re.compile(r"CREATE OR REPLACE TEMP MACRO (\w+)")


def test_no_two_macros_bear_one_name() -> None:
    queries = Path(str(files("forensics"))).rglob("*.sql")
    named = Counter(
        name for path in queries for name in _MACRO.findall(path.read_text(encoding="utf-8"))
    )

    assert named
    assert [name for name, count in named.items() if count > 1] == []
