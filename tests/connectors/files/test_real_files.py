"""Files that others wrote: every byte of them is in a record, or told to be in none."""

import gzip
import json
from pathlib import Path

import pytest

from tests.connectors.files.readings import pages_tell_the_truth, read

DATA = Path(__file__).parent / "data"

# The framing, how many records, and how many pieces that are none.
FILES = {
    "debezium-json.txt": ("lines", 20, 1),
    "express-async.json.gz": ("documents", 1, 0),
    "marketplace-purchase.json": ("documents", 1, 0),
    "otlp-logs.json": ("documents", 1, 0),
    "serde-update.json": ("documents", 1, 0),
}


@pytest.mark.parametrize("chunk", [13, 16 << 20])
@pytest.mark.parametrize("name", FILES)
def test_every_byte_is_accounted_for(name: str, chunk: int) -> None:
    framing, records, unreadable = FILES[name]
    content = (DATA / name).read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content

    reading = read(DATA / name, chunk=chunk)

    pieces = [each.content for each in reading.unreadable] + reading.documents
    assert reading.framings == {framing}
    assert (len(reading.documents), len(reading.unreadable)) == (records, unreadable)
    assert b"\n".join(pieces).split() == content.split()
    assert all(isinstance(json.loads(document), dict) for document in reading.documents)
    pages_tell_the_truth(reading, content)
