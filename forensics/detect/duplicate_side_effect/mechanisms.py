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
        words: How it came about, as the end of a sentence.
        remedy: What to do about it.
    """

    name: str
    shows: str
    source: str
    words: str
    remedy: str


@cache
def mechanisms() -> Mapping[str, Mechanism]:
    """The rows of the page's two tables by their names.

    Raises:
        KeyError: A mechanism stands in the first table only.
    """
    page = files(__package__).joinpath("mechanisms.md").read_text(encoding="utf-8")
    signs, _, told = page.partition("\n## ")
    advice = {name: (words, remedy) for name, words, remedy in _ROW.findall(told)}
    return {
        name: Mechanism(
            name=name, shows=shows, source=source, words=advice[name][0], remedy=advice[name][1]
        )
        for name, shows, source in _ROW.findall(signs)
    }
