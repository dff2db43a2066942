"""What content is packed in, what it is when it is not text, and what is said of damage."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from tests.connectors.files.readings import Readings, read

LINES = b"".join(b'{"id":%d,"name":"n\xc3\xa9"}\n' % number for number in range(2000))
DOCUMENTS = LINES.splitlines()
HALF = 1000 * len(LINES) // 2000


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(content).to_pybytes()
    return packed


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


PACKED = {
    "plain": LINES,
    "gzip": gzip.compress(LINES),
    "gzip_of_several_members": gzip.compress(LINES[:HALF]) + gzip.compress(LINES[HALF:]),
    "gzip_padded": gzip.compress(LINES) + b"\0" * 512,
    "zstd": zstd(LINES),
    "zstd_of_several_frames": zstd(LINES[:HALF]) + zstd(LINES[HALF:]),
    "zip": zipped(log=LINES),
    "gzip_in_zip": zipped(log=gzip.compress(LINES)),
    "utf16_little_endian": b"\xff\xfe" + LINES.decode().encode("utf-16-le"),
    "utf16_big_endian": b"\xfe\xff" + LINES.decode().encode("utf-16-be"),
    "utf32": LINES.decode().encode("utf-32"),
    "utf16_in_gzip": gzip.compress(LINES.decode().encode("utf-16")),
}


@pytest.mark.parametrize("chunk", [1000, 16 << 20])
@pytest.mark.parametrize("name", PACKED)
def test_content_is_unpacked_whatever_its_name(name: str, chunk: int, tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(PACKED[name])

    reading = read(log, chunk=chunk)

    assert reading.documents == DOCUMENTS
    for offset, _, document in reading.rows:
        assert LINES[offset:].startswith(document)
    (part,) = {page.part.identity for page in reading.pages}
    assert part == read_identity(tmp_path)


def read_identity(folder: Path) -> str:
    """The identity of the plain content."""
    plain = folder / "plain"
    plain.write_bytes(LINES)
    return read(plain).pages[0].part.identity


RANDOM = b"".join(b'{"id":"%s"}\n' % os.urandom(20).hex().encode() for _ in range(100_000))


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_what_breaks_off_is_read_as_far_as_it_goes(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    packed = pack(RANDOM)
    log = tmp_path / "log"
    log.write_bytes(packed[: len(packed) // 2])

    reading = read(log)

    assert 0 < len(reading.rows) < 100_000
    assert reading.documents == RANDOM.splitlines()[: len(reading.rows)]
    assert reading.pages[-1].coverage == "truncated"
    assert "the end of its compressed data is missing" in reading.sentence("failed")
    assert reading.pages[-1].coverage_reason == reading.sentence("failed")


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped(log=content)])
def test_a_byte_that_was_changed_is_told(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    packed = bytearray(pack(RANDOM))
    packed[len(packed) // 2] ^= 0x10
    log = tmp_path / "log"
    log.write_bytes(packed)

    reading = read(log)

    assert "is damaged after" in reading.sentence("failed")
    assert reading.pages[-1].coverage == "truncated"


def test_what_broke_off_goes_on_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    lines = b"".join(b'{"id":"%s"}\n' % os.urandom(20).hex().encode() for _ in range(10_000))
    whole = gzip.compress(lines)
    log.write_bytes(whole[: len(whole) // 2])
    readings = Readings(address=str(log))
    first = readings.read()
    log.write_bytes(whole)
    second = readings.read()

    assert [*first.documents, *second.documents] == lines.splitlines()
    assert first.unreadable == second.unreadable == []


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("log")
        member.size = len(LINES)
        archive.addfile(member, io.BytesIO(LINES))
    return file.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(log=LINES))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    return bytes(content)


NOT_LOGS = {
    "bzip2": (bz2.compress(LINES), "is a bzip2 archive: unpack it first"),
    "xz": (lzma.compress(LINES), "is an xz archive: unpack it first"),
    "tar": (tarred(), "is a tar archive: unpack it first"),
    "tar_gz": (gzip.compress(tarred()), "is a tar archive: unpack it first"),
    "packed_twice": (gzip.compress(gzip.compress(LINES)), "is packed twice: unpack it once"),
    "sqlite": (b"SQLite format 3\0" + b"\0" * 100, "is an SQLite database: name the file itself"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0", "is an image, not a log"),
    "utf16_without_mark": (LINES.decode().encode("utf-16-le"), "is UTF-16 without a byte order"),
    "zeros": (b"\0" * 5000, "UTF-16 without a byte order mark, or binary"),
    "binary": (b"\x01\x02\0\x03" * 100, "is binary, not text"),
    "broken_zip": (zipped(log=LINES)[:200], "is a damaged zip archive"),
    "encrypted_zip": (encrypted(), "is encrypted: unpack it with its password first"),
    "empty_zip": (zipped(), "holds no files"),
    "zip_in_zip": (zipped(log=zipped(log=LINES)), "is a zip archive inside another"),
    "office": (zipped(**{"[Content_Types].xml": b"", "xl": b""}), "is an office document"),
}


@pytest.mark.parametrize("name", NOT_LOGS)
def test_what_is_no_log_is_told_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    content, sentence = NOT_LOGS[name]
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(LINES)

    reading = read(tmp_path)

    assert reading.documents == DOCUMENTS
    assert sentence in reading.sentence("failed")
    assert str(tmp_path / "a") in reading.sentence("failed")


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b" \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)]
)
def test_nothing_to_read_is_told(content: bytes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(content)

    reading = read(log)

    assert reading.pages == []
    assert reading.states == {"log": ["waiting"]}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, who may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_no_permission_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    ours = [p for p in tmp_path.parents if p.name.startswith(("pytest-", "popen-"))]
    for folder in (tmp_path, *ours):
        folder.chmod(0o755)
    (tmp_path / "a").write_bytes(LINES)
    (tmp_path / "a").chmod(0)
    (tmp_path / "b").write_bytes(LINES)
    (tmp_path / "c").mkdir(mode=0)

    with as_nobody():
        reading = read(tmp_path)

    assert reading.documents == DOCUMENTS
    assert reading.states == {"a": ["failed"], "b": ["new"], "c": ["failed"]}
    failed = [each.sentence for each in reading.notices if each.state == "failed"]
    assert all("ermission denied" in sentence for sentence in failed)
