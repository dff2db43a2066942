"""Names: what a source is called when the user gave it none, and which names mean `rotated`."""

import re
from pathlib import Path, PurePath

_ROTATION = re.compile(r"(?:\.\d{1,4}|[.-]\d{4}-?\d{2}-?\d{2}(?:[T_-]\d{2,6})?)$")
_COMPRESSION = (".gz", ".zst", ".zstd", ".zip", ".bz2", ".xz")
_FORMATS = (".log", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet", ".out")
_COPIES = (".bak", ".old", ".orig")
_GLOB = re.compile(r"[*?]+|\[[^\]]*\]")


def default_name(address: str) -> str:
    """The name of a source that was given without one.

    `access.log.2.gz` is `access`, `logs/celery-events.jsonl` is `celery-events`, `cloudtrail/` is
    `cloudtrail`, `app-*.log` and `app.log*` are `app`, `logs/*.jsonl` is `logs`, `-` is `stdin`.

    Args:
        address: Path, folder, glob or `-`, as typed.
    """
    if address == "-":
        return "stdin"
    is_folder = address.endswith("/") or Path(address).expanduser().is_dir()
    path = PurePath(address)
    name = path.name if is_folder else without_suffixes(path.name.rstrip("*?"))
    name = _GLOB.sub("", name).strip("-_. ")
    if name:
        return name
    # What stands before the first wildcard ends with the name of a folder, or with half a name.
    folder = PurePath(_GLOB.split(address)[0] + "_").parent if _GLOB.search(address) else path
    return folder.name if folder.name not in {"", ".."} else Path(folder).resolve().name or "files"


def without_suffixes(name: str) -> str:
    """`name` without the endings of formats, compression and rotation."""
    stem = without_rotation(name)
    while (shorter := _without_format(stem)) != stem:
        stem = without_rotation(shorter)
    return stem


def without_rotation(name: str) -> str:
    """`name` without the endings of compression and rotation: `a.log.2.gz` is `a.log`."""
    stem = name
    for suffix in _COMPRESSION:
        stem = stem.removesuffix(suffix)
    rotated = _ROTATION.search(stem)
    return stem[: rotated.start()] if rotated and rotated.start() else stem


def _without_format(name: str) -> str:
    for suffix in _FORMATS + _COPIES:
        if name.endswith(suffix) and name != suffix:
            return name.removesuffix(suffix)
    return name
