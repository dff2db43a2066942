"""Files beside their digests: what is intact, changed, missing or put in."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from connectors.cloudtrail.digests import Verdict, checked

LOGS = {f"1111_CloudTrail_2026030{day}.json": b'{"Records":[]}%d' % day for day in (1, 2)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two hours: a log and a digest each, the second digest naming the first."""
    before: dict[str, str] = {}
    for number, (name, content) in enumerate(LOGS.items(), start=1):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        place = f"AWSLogs/1111/CloudTrail/{name}.gz"
        digest = json.dumps(
            {
                "digestEndTime": f"2026-03-01T0{number}:00:00Z",
                "logFiles": [{"s3Object": place, "hashValue": _hash(content)}],
                **before,
            }
        ).encode()
        (tmp_path / f"digest_{number}.json.gz").write_bytes(gzip.compress(digest))
        before = {
            "previousDigestS3Object": f"AWSLogs/1111/CloudTrail-Digest/digest_{number}.json.gz",
            "previousDigestHashValue": _hash(digest),
        }
    return tmp_path


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _verdicts(folder: Path) -> dict[str, Verdict]:
    return {file.name: file.verdict for file in checked(folder)}


def test_what_nobody_touched_is_intact(folder: Path) -> None:
    assert set(_verdicts(folder).values()) == {Verdict.INTACT}
    assert set(_verdicts(folder)) == {*LOGS, "digest_1.json"}


def test_an_unpacked_copy_is_as_good(folder: Path) -> None:
    for path in folder.glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()

    assert set(_verdicts(folder).values()) == {Verdict.INTACT}


def test_a_record_that_was_taken_out_shows(folder: Path) -> None:
    name = next(iter(LOGS))
    (folder / f"{name}.gz").write_bytes(gzip.compress(b"{}"))

    assert _verdicts(folder)[name] == Verdict.CHANGED


def test_a_digest_that_was_made_to_fit_breaks_the_chain(folder: Path) -> None:
    name = next(iter(LOGS))
    digest = json.loads(gzip.decompress((folder / "digest_1.json.gz").read_bytes()))
    digest["logFiles"][0]["hashValue"] = _hash(b"{}")
    (folder / f"{name}.gz").write_bytes(gzip.compress(b"{}"))
    (folder / "digest_1.json.gz").write_bytes(gzip.compress(json.dumps(digest).encode()))

    assert _verdicts(folder) == {
        name: Verdict.INTACT,
        list(LOGS)[1]: Verdict.INTACT,
        "digest_1.json": Verdict.CHANGED,
    }


def test_a_file_that_is_gone_and_one_that_came_are_told(folder: Path) -> None:
    first, second = LOGS
    (folder / f"{first}.gz").unlink()
    (folder / "1111_CloudTrail_20260309.json").write_bytes(b"{}")
    (folder / f"{second}.gz").write_bytes(b"\x1f\x8b damaged")

    assert _verdicts(folder) == {
        first: Verdict.MISSING,
        second: Verdict.CHANGED,
        "1111_CloudTrail_20260309.json": Verdict.UNLISTED,
        "digest_1.json": Verdict.INTACT,
    }
