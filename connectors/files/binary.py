"""Tells what a content is that is not text, to say what to do with it."""

from pathlib import Path

_SQLITE = b"SQLite format 3\x00"
_DUCKDB_AT, _DUCKDB = 8, b"DUCK"
_SIGNATURES = (
    (0, b"BZh", "a bzip2 archive: unpack it first"),
    (0, b"\xfd7zXZ\x00", "an xz archive: unpack it first"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (0, b"\x04\x22\x4d\x18", "an lz4 archive: unpack it first"),
    (0, b"\x1f\x8b", "packed twice: unpack it once first"),
    (0, b"PK\x03\x04", "a zip archive inside another: unpack it first"),
    (257, b"ustar", "a tar archive: unpack it first"),
    (0, _SQLITE, "an SQLite database: name the file itself, not the folder or archive it is in"),
    (_DUCKDB_AT, _DUCKDB, "a DuckDB database: name the file itself, not what it is in"),
    (0, b"Obj\x01", "an Avro file: convert it to JSON lines or Parquet"),
    (0, b"ORC", "an ORC file: convert it to Parquet"),
    (0, b"ARROW1", "an Arrow file: convert it to Parquet"),
    (0, b"%PDF", "a PDF document: export the log as text"),
    (0, b"\x7fELF", "a program, not a log"),
    (0, b"\x89PNG", "an image, not a log"),
    (0, b"\xff\xd8\xff", "an image, not a log"),
    (0, b"\xd0\xcf\x11\xe0", "an office document: export it as CSV first"),
)


def database_of(address: str) -> str:
    """The kind of database that a file is, as the scheme of an address; empty for all else."""
    path = Path(address).expanduser()
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            first = file.read(16)
    except OSError:
        return ""
    if first.startswith(_DUCKDB, _DUCKDB_AT):
        return "duckdb"
    return "sqlite" if first == _SQLITE else ""


def binary_kind(sample: bytes) -> str:
    """What a content is that is not text, and what to do; empty when it is text.

    Args:
        sample: The first bytes of the content.
    """
    for at, signature, kind in _SIGNATURES:
        if sample.startswith(signature, at) and b"\0" in sample + signature:
            return kind
    if b"\0" not in sample:
        return ""
    if sample[1::2].count(0) > len(sample) // 4 or sample[::2].count(0) > len(sample) // 4:
        return "UTF-16 without a byte order mark, or binary: convert it to UTF-8"
    return "binary, not text: export it as JSON lines, CSV or Parquet"
