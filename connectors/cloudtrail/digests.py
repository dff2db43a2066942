"""Whether CloudTrail's log files are what its digest files say they were.

Every hour CloudTrail writes a digest with the SHA-256 of the log files it delivered and of the
digest before it. Where both lie together, a file that was changed, removed or put in shows. That
CloudTrail itself wrote the newest digest only its signature proves, which S3 keeps beside the file,
not in it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any


class Verdict(StrEnum):
    """What a digest says of a file.

    `UNLISTED` is a log file that no digest names: delivered after the newest digest, or put there.
    """

    INTACT = "intact"
    CHANGED = "changed"
    MISSING = "missing"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file and what became of it.

    Attributes:
        name: The file's name; of a missing one, as the digest has it.
        verdict: What the digest that names it says.
        digest: Name of that digest; empty when none does.
    """

    name: str
    verdict: Verdict
    digest: str


def checked(folder: Path) -> list[Checked]:
    """Check all log and digest files of a folder and those below it, by name.

    Hashes are of the contents before compression, so an unpacked copy is as good. The newest
    digest is named by none and is not in the answer.

    Raises:
        OSError: A file cannot be read.
    """
    contents = {path.name.removesuffix(".gz"): _content(path) for path in _files(folder)}
    digests = {name: parsed for name, text in contents.items() if (parsed := _digest(text))}
    found: dict[str, Checked] = {}
    for digest, document in sorted(digests.items()):
        for name, expected in _named(document):
            content = contents.get(name)
            if content is None:
                verdict = Verdict.MISSING
            elif hashlib.sha256(content).hexdigest() == expected:
                verdict = Verdict.INTACT
            else:
                verdict = Verdict.CHANGED
            found[name] = Checked(name=name, verdict=verdict, digest=digest)
    for name in contents.keys() - digests.keys() - found.keys():
        found[name] = Checked(name=name, verdict=Verdict.UNLISTED, digest="")
    return [found[name] for name in sorted(found)]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name.endswith((".json", ".json.gz")):
            yield path


def _content(path: Path) -> bytes:
    """A file's contents; of a damaged archive, its bytes, whose hash will not be the right one."""
    raw = path.read_bytes()
    if path.suffix != ".gz":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return raw


def _digest(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    is_digest = isinstance(document, dict) and isinstance(document.get("logFiles"), list)
    return document if is_digest and "digestEndTime" in document else None


def _named(digest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and expected hash of each log file, and of the digest before."""
    named = [
        (entry.get("s3Object"), entry.get("hashValue"))
        for entry in digest["logFiles"]
        if isinstance(entry, dict)
    ]
    named.append((digest.get("previousDigestS3Object"), digest.get("previousDigestHashValue")))
    for place, expected in named:
        if isinstance(place, str) and isinstance(expected, str):
            yield PurePosixPath(place).name.removesuffix(".gz"), expected.lower()
