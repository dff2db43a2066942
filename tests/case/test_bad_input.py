"""Whatever stands in a log, every record is accounted for, and what is beside it is read."""

import gzip
from pathlib import Path

import orjson
import pytest

from connectors import registry
from forensics.case.case import Case
from forensics.case.configuration import Configuration
from forensics.model.record import SourceSpec
from tests.case.shop import charges, lines
from tests.cli.command import run


def _event(**more: object) -> bytes:
    return orjson.dumps({"event_id": "odd", "kind": "effect", "action": "a"} | more) + b"\n"


_GOOD = lines(list(charges(2)))
_BAD = {
    "empty.jsonl": b"",
    "binary.jsonl": bytes(range(256)) * 40,
    "truncated.jsonl.gz": gzip.compress(lines(list(charges(500))))[:-200],
    "half.jsonl": lines(list(charges(3)))[:-40],
    "latin.jsonl": b'{"event_id": "l", "kind": "effect", "action": "caf\xe9"}\n' + _GOOD,
    "bom.jsonl": b"\xef\xbb\xbf" + _GOOD,
    "nan.jsonl": _event(amount=0).replace(b"0", b"NaN"),
    "huge.jsonl": _event(amount=0).replace(b"0", b"1e400"),
    "deep.jsonl": _event(x=0).replace(b"0", b"[" * 10_000 + b"]" * 10_000),
    "keys.jsonl": _event(kind="effect").replace(b"{", b'{"event_id":"twice",'),
    "first.jsonl": _event(occurred_at="0001-01-01T00:00:00Z"),
    "last.jsonl": _event(occurred_at="9999-12-31T23:59:59Z"),
    "skipped-hour.jsonl": _event(occurred_at="2026-03-29T02:30:00"),
}


@pytest.mark.parametrize("name", _BAD)
def test_bad_input_is_accounted_for_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / name).write_bytes(_BAD[name])
    (folder / "good.jsonl").write_bytes(lines(list(charges(30))))
    case = Case(tmp_path / "case", registry, Configuration(timezone="Europe/Berlin"))

    (account,) = case.ingest([SourceSpec(name="logs", address=str(folder), final=True)])

    accounted = account.mapped + account.already_stored + account.quarantined
    assert account.read == accounted + sum(account.ignored.values())
    assert account.events >= 30


def test_bad_input_gets_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, content in _BAD.items():
        (folder / name).write_bytes(content)

    done = run(tmp_path, "ingest", "logs", "--final", "--timezone", "Europe/Berlin")

    assert done.returncode == 3
    assert b"`logs/binary.jsonl` is binary, not text" in done.stderr
    assert b"Perhaps an hour off: 1 in an hour that Europe/Berlin skips" in done.stderr
