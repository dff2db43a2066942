"""Whether CloudTrail's log files are what its digest files say they were.

Every hour CloudTrail writes a digest with the SHA-256 of the log files it delivered and of the
digest before it. Where both lie together, a file that was changed, removed or put in shows. That
CloudTrail itself wrote a digest only its signature proves: the next digest repeats it, and that of
the newest S3 keeps in the object's metadata.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, Protocol


class Verdict(StrEnum):
    """What a digest says of a file.

    `UNLISTED` is a log file that no digest names: delivered after the newest digest, or put there.
    Of digests whose signatures were asked for, `FORGED` is one that CloudTrail's key did not sign,
    `UNSIGNED` one without a signature at hand, and `KEYLESS` one whose key is not there.
    """

    INTACT = "intact"
    CHANGED = "changed"
    MISSING = "missing"
    UNLISTED = "unlisted"
    FORGED = "forged"
    UNSIGNED = "unsigned"
    KEYLESS = "keyless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file and what became of it.

    Attributes:
        name: The file's name; of a missing one, as the digest has it.
        verdict: What the digest that names it says.
        digest: Name of that digest; empty when none does, as of the newest digest itself.
    """

    name: str
    verdict: Verdict
    digest: str


class Keys(Protocol):
    """What tells whether CloudTrail signed a digest; see `digest_keys`."""

    def knows(self, digest: Mapping[str, Any]) -> bool:
        """Whether there is a key that may have signed it."""
        ...

    def signed(self, digest: Mapping[str, Any], content: bytes, signature: str) -> bool:
        """Whether a signature is that of the digest with this content."""
        ...


def checked(folder: Path, keys: Keys | None = None) -> list[Checked]:
    """Check all log and digest files of a folder and those below it, by name.

    Hashes are of the contents before compression, so an unpacked copy is as good. The newest
    digest is named by none; without keys it is not in the answer.

    Args:
        folder: Where the files are.
        keys: By which the digests' signatures are checked as well.

    Raises:
        OSError: A file cannot be read.
    """
    paths = {path.name.removesuffix(".gz"): path for path in _files(folder)}
    contents = {name: _content(path) for name, path in paths.items()}
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
    if keys:
        following = {_before(document): document for document in digests.values()}
        for name, document in digests.items():
            by_hash = found.get(name, Checked(name=name, verdict=Verdict.INTACT, digest=""))
            if by_hash.verdict == Verdict.INTACT:
                signature = _signature(paths[name], following.get(name))
                verdict = _signed(keys, document, contents[name], signature)
                found[name] = replace(by_hash, verdict=verdict)
    return [found[name] for name in sorted(found)]


def _signed(keys: Keys, digest: dict[str, Any], content: bytes, signature: str) -> Verdict:
    if not keys.knows(digest):
        return Verdict.KEYLESS
    if not signature:
        return Verdict.UNSIGNED
    return Verdict.INTACT if keys.signed(digest, content, signature) else Verdict.FORGED


def _signature(path: Path, following: dict[str, Any] | None) -> str:
    """A digest's signature, as the next one repeats it or a file beside it holds it."""
    if following:
        return str(following.get("previousDigestSignature") or "")
    beside = path.with_name(f"{path.name}.signature")
    return beside.read_text(encoding="utf-8").strip() if beside.is_file() else ""


def _before(digest: dict[str, Any]) -> str:
    """Name of the digest before; empty at the beginning of a chain."""
    place = digest.get("previousDigestS3Object")
    return PurePosixPath(place).name.removesuffix(".gz") if isinstance(place, str) else ""


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
