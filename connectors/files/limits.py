"""How much is read and handed over at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that keep memory small whatever the files are like.

    Attributes:
        page_bytes: Content of a page; more only when a single chunk or record is larger.
        page_records: Records of a page, at most.
        record_bytes: A longer record is unreadable.
        chunk: Bytes that are split at a time: few enough for memory, many enough to be fast.
    """

    page_bytes: int = 16 << 20
    page_records: int = 250_000
    record_bytes: int = 256 << 20
    chunk: int = 4 << 20
