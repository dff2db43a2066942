"""Which files under a folder or glob are siblings: one log in several files, by their names."""

import re
from collections import defaultdict
from pathlib import Path, PurePath

from connectors.files.find import Place, is_read_once, places
from connectors.files.naming import wildcards_begin, without_suffixes
from forensics.model.record import Notice, Siblings

_BETWEEN_WORDS = re.compile(r"[._\-\s]+")
_NUMBERED = re.compile(r"([A-Za-z]+)\d+")
_HEX = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
_DRAWN = re.compile(r"(?=.*[A-Z])(?=.*[a-z])[A-Za-z]{12,}")


def siblings(address: str) -> list[Siblings]:
    """What is under a folder or glob, siblings together; nothing for a single file.

    Rotated, numbered and dated files are siblings, as are shards whose names differ in what was
    drawn by lot: `access.log` and `access.log.2.gz`, `orders-0.jsonl` and `orders-1.jsonl`.

    Args:
        address: As typed.

    Raises:
        SourceError: There is nothing at all at the address.
    """
    base = _base(address)
    if base is None:
        return []
    found: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    with places(address) as standing:
        for place in standing:
            if isinstance(place, Notice) and place.state == "passed":
                continue
            display = place.display if isinstance(place, Place) else place.part
            *folders, name = PurePath(display.replace("!", "/")).parts[len(base.parts) :] or ("",)
            above = tuple(filter(None, map(_words, folders)))
            found[above, _words(name)].append(display)
    return [
        Siblings(folders=folders, stem=stem, files=tuple(files))
        for (folders, stem), files in sorted(found.items())
    ]


def _base(address: str) -> PurePath | None:
    """The folder that an address stands for, or that a glob looks into; None for a single file."""
    if is_read_once(address):
        return None
    if Path(address).expanduser().is_dir():
        return PurePath(address)
    if (begin := wildcards_begin(address)) is not None:
        return Path(f"{address[:begin]}_").expanduser().parent
    return None


def _words(name: str) -> str:
    """What of a file's or folder's name is neither numbered, dated nor drawn by lot."""
    return "-".join(filter(None, map(_word, _BETWEEN_WORDS.split(without_suffixes(name)))))


def _word(token: str) -> str:
    if _HEX.fullmatch(token):
        return ""
    numbered = _NUMBERED.fullmatch(token)
    word = numbered.group(1) if numbered else token
    return "" if any(map(str.isdigit, word)) or _DRAWN.fullmatch(word) else word
