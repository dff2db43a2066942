"""Digests of a content's beginning, kept up to date while it is read."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Self

HEAD_LENGTH = 4096
"""Bytes that rule a content out without reading all of it."""

MILESTONE_DIGITS = 16
_MILESTONES = (16, 19, 22, 27)

HEAD_MILESTONES = 4 * 8 + 1
"""How many milestones lie within the head."""


@dataclass(slots=True)
class Fingerprint:
    """SHA-256 of everything read so far, of its head, and at four milestones a doubling.

    The milestones answer a question the whole digest cannot: whether a content that has become
    *shorter* is still the beginning of the one known before. At most a fifth of it lies past the
    last milestone and is not compared.

    Attributes:
        length: Bytes read so far.
    """

    length: int = 0
    _running: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _head: str = ""
    _milestones: tuple[str, ...] = ()

    def update(self, content: bytes | memoryview) -> None:
        """Take the next bytes of the content."""
        rest = memoryview(content)
        while rest:
            room = _milestone(len(self._milestones)) - self.length
            piece, rest = rest[:room], rest[room:]
            self._running.update(piece)
            self.length += len(piece)
            if len(piece) == room:
                self._reach_milestone()

    def _reach_milestone(self) -> None:
        digest = self._running.hexdigest()
        self._milestones += (digest[:MILESTONE_DIGITS],)
        if self.length == HEAD_LENGTH:
            self._head = digest

    def copy(self) -> Self:
        """The same state, from which both can go on separately."""
        return replace(self, _running=self._running.copy())

    @property
    def sha256(self) -> str:
        """Hex digest of everything read so far."""
        return self._running.hexdigest()

    @property
    def head_length(self) -> int:
        """How many first bytes `head_sha256` covers."""
        return min(self.length, HEAD_LENGTH)

    @property
    def head_sha256(self) -> str:
        """Hex digest of the first `head_length` bytes."""
        return self._head or self.sha256

    @property
    def milestones(self) -> str:
        """First 16 hex digits at 16, 19, 22, 27, 32, 38, 44, 54, 64, … bytes, joined."""
        return "".join(self._milestones)


def _milestone(number: int) -> int:
    """Length at which the milestone lies."""
    doublings, step = divmod(number, len(_MILESTONES))
    return _MILESTONES[step] << doublings


def fingerprint_of(content: bytes) -> Fingerprint:
    """The fingerprint of bytes that are all at hand."""
    fingerprint = Fingerprint()
    fingerprint.update(content)
    return fingerprint


def same_beginning(one: str, other: str) -> bool:
    """Whether two contents agree at every milestone both have, and have at least one.

    Args:
        one: Milestones of the one.
        other: Milestones of the other.
    """
    common = min(len(one), len(other))
    return common > 0 and one[:common] == other[:common]
