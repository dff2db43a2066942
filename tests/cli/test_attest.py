"""`forensics attest`: what vouches for a log, as a user asks for it."""

import base64
import gzip
import hashlib
import hmac
import json
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.cli.command import run

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


class Trail:
    """A folder of logs with two digests, signed as CloudTrail signs them.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "trail"
        self.folder.mkdir()
        self.key = generate_private_key(65537, 2048)
        log = b'{"Records":[]}'
        (self.folder / "log.json.gz").write_bytes(gzip.compress(log))
        listed = {"s3Object": "a/log.json.gz", "hashValue": hashlib.sha256(log).hexdigest()}
        content, signature = self.add("d1", [listed])
        _, newest = self.add(
            "d2",
            [],
            previousDigestS3Object="digests/d1.json.gz",
            previousDigestHashValue=hashlib.sha256(content).hexdigest(),
            previousDigestSignature=signature,
        )
        self.sign_newest(newest)

    def add(self, name: str, files: list[dict[str, str]], **before: str) -> tuple[bytes, str]:
        end = f"2026-03-01T0{name[1]}:00:00Z"
        place = f"digests/{name}.json.gz"
        digest = {
            "digestEndTime": end,
            "digestS3Bucket": "logs",
            "digestS3Object": place,
            "digestPublicKeyFingerprint": "31e8b5",
            "previousDigestSignature": None,
            "logFiles": files,
            **before,
        }
        content = json.dumps(digest).encode()
        (self.folder / f"{name}.json.gz").write_bytes(gzip.compress(content))
        text = f"{end}\nlogs/{place}\n{hashlib.sha256(content).hexdigest()}\n"
        text += before.get("previousDigestSignature", "null")
        return content, self.key.sign(text.encode(), PKCS1v15(), SHA256()).hex()

    def sign_newest(self, signature: str) -> None:
        (self.folder / "d2.json.gz.signature").write_text(f"{signature}\n")

    def keys(self, key: RSAPrivateKey | None = None, fingerprint: str = "31e8b5") -> str:
        public = (key or self.key).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        listed = {"Fingerprint": fingerprint, "Value": base64.b64encode(public).decode()}
        (self.folder.parent / "keys.json").write_text(json.dumps({"PublicKeyList": [listed]}))
        return "keys.json"

    def attested(self, keys: str) -> tuple[int, dict[str, str]]:
        done = run(self.folder.parent, "attest", "trail", "--public-keys", keys, "--json")
        return done.returncode, {e["what"]: e["verdict"] for e in json.loads(done.stdout)}


GENUINE = {"d1.json": "intact", "d2.json": "intact", "log.json": "intact"}


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return Trail(tmp_path)


def test_digests_that_cloudtrail_signed_are_genuine(trail: Trail, tmp_path: Path) -> None:
    pem = trail.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)

    assert trail.attested(trail.keys()) == (0, GENUINE)
    assert trail.attested("key.pem") == (0, GENUINE)


def test_a_digest_that_somebody_else_wrote_is_forged(trail: Trail) -> None:
    keys = trail.keys(generate_private_key(65537, 2048))

    assert trail.attested(keys) == (1, {**GENUINE, "d1.json": "forged", "d2.json": "forged"})


def test_a_log_and_its_digests_that_were_written_anew_are_forged(trail: Trail) -> None:
    log = b'{"Records":[{}]}'
    (trail.folder / "log.json.gz").write_bytes(gzip.compress(log))
    listed = {"s3Object": "a/log.json.gz", "hashValue": hashlib.sha256(log).hexdigest()}
    keys, trail.key = trail.keys(), generate_private_key(65537, 2048)
    content, signature = trail.add("d1", [listed])
    before = {"previousDigestS3Object": "digests/d1.json.gz"}
    before["previousDigestHashValue"] = hashlib.sha256(content).hexdigest()
    trail.add("d2", [], previousDigestSignature=signature, **before)

    assert run(trail.folder.parent, "attest", "trail").returncode == 0
    assert trail.attested(keys) == (1, {**GENUINE, "d1.json": "forged", "d2.json": "forged"})


def test_a_digest_whose_signature_or_key_is_not_there_is_not_vouched_for(trail: Trail) -> None:
    assert trail.attested(trail.keys(fingerprint="other")) == (
        1,
        {**GENUINE, "d1.json": "keyless", "d2.json": "keyless"},
    )
    (trail.folder / "d2.json.gz.signature").unlink()
    assert trail.attested(trail.keys()) == (1, {**GENUINE, "d2.json": "unsigned"})


def test_a_file_without_a_key_is_refused(trail: Trail, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    done = run(tmp_path, "attest", "trail", "--public-keys", "keys.json")

    assert done.returncode == 2
    assert b"list-public-keys" in done.stderr
