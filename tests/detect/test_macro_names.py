"""All queries share one place for macros: a second one of a name would replace the first."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

_MACRO = re.compile(r"CREATE OR REPLACE (?:TEMP )?MACRO (\w+)")
_PACKAGES = ("detect", "link", "scope")  # `normalise` has an engine of its own


def test_no_two_macros_bear_one_name() -> None:
    package = Path(str(files("forensics")))
    queries = [path for name in _PACKAGES for path in package.joinpath(name).rglob("*.sql")]
    named = Counter(
        name for path in queries for name in _MACRO.findall(path.read_text(encoding="utf-8"))
    )

    assert named
    assert [name for name, count in named.items() if count > 1] == []
