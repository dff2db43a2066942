"""`forensics attest`: what vouches for a log, as a user asks for it."""

import gzip
import hashlib
import hmac
import json
from pathlib import Path

import orjson

from tests.cli.test_commands import run

SECRET = "whsec_not_a_real_one"  # noqa: S105 - it is none
BODY = '{"id":"evt_1","object":"event"}'


def request(body: object, *, key: str = SECRET, signed: bool = True) -> bytes:
    digest = hmac.new(key.encode(), f"1.{BODY}".encode(), hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t=1,v1={digest}"} if signed else {}
    line = {
        "received_at": "2026-03-01T10:00:00Z",
        "method": "POST",
        "path": "/hooks",
        "headers": headers,
        "body": body,
        "status": 200,
    }
    return orjson.dumps(line) + b"\n"


def attested(folder: Path, content: bytes) -> dict[str, int]:
    (folder / "requests.jsonl").write_bytes(content)
    (folder / "secret").write_text(f"{SECRET}\n")
    done = run(
        folder, "attest", "requests.jsonl", "--provider", "stripe", "--secret-file", "secret",
        "--json",
    )  # fmt: skip
    verdicts = [row["verdict"] for row in orjson.loads(done.stdout)]
    assert done.returncode == {("valid",): 0, ("no request",): 3}.get(tuple(verdicts), 1)
    return {verdict: verdicts.count(verdict) for verdict in verdicts}


def test_requests_are_told_apart_by_their_signatures(tmp_path: Path) -> None:
    content = request(BODY) + request(BODY, key="whsec_another") + request(BODY, signed=False)
    content += request(json.loads(BODY))

    assert attested(tmp_path, content) == {
        "valid": 1,
        "invalid": 1,
        "unsigned": 1,
        "no request": 1,
    }


def test_requests_that_are_all_signed_are_no_difference(tmp_path: Path) -> None:
    assert attested(tmp_path, request(BODY)) == {"valid": 1}


def test_where_nothing_can_be_checked_evidence_is_missing(tmp_path: Path) -> None:
    assert attested(tmp_path, request(json.loads(BODY))) == {"no request": 1}


def test_a_request_without_a_signature_is_a_difference(tmp_path: Path) -> None:
    assert attested(tmp_path, request(BODY, signed=False)) == {"unsigned": 1}


def test_a_log_file_that_was_changed_is_a_difference(tmp_path: Path) -> None:
    log = b'{"Records":[]}'
    digest = {
        "digestEndTime": "2026-03-01T01:00:00Z",
        "logFiles": [{"s3Object": "a/log.json.gz", "hashValue": hashlib.sha256(log).hexdigest()}],
    }
    (tmp_path / "digest.json.gz").write_bytes(gzip.compress(json.dumps(digest).encode()))
    (tmp_path / "log.json.gz").write_bytes(gzip.compress(log))
    intact = run(tmp_path, "attest", ".")
    (tmp_path / "log.json.gz").write_bytes(gzip.compress(log + b" "))
    changed = run(tmp_path, "attest", ".")

    assert intact.returncode == 0
    assert b"intact\t1" in intact.stdout
    assert changed.returncode == 1
    assert b"log.json\tchanged" in changed.stdout


def test_what_nothing_vouches_for_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(b'{"Records":[]}')

    done = run(tmp_path, "attest", ".")

    assert done.returncode == 2
    assert b"There is no digest in `.`" in done.stderr
