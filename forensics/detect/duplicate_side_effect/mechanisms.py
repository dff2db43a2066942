"""How duplicates come about, as `mechanisms.md` says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) ?\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A way in which one thing came to be done twice.

    Attributes:
        name: As in `facts.mechanism`.
        shows: What the log shows where it holds.
        source: Who describes it; empty where nobody need.
    """

    name: str
    shows: str
    source: str


@cache
def mechanisms() -> Mapping[str, Mechanism]:
    """The rows of the page's table by their names."""
    page = files(__package__).joinpath("mechanisms.md").read_text(encoding="utf-8")
    return {
        name: Mechanism(name=name, shows=shows, source=source)
        for name, shows, source in _ROW.findall(page)
    }
