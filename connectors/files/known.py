"""Which known parts a content may be, told from its first bytes."""

from collections import defaultdict
from collections.abc import Iterable

from connectors.files.fingerprint import (
    HEAD_MILESTONES,
    MILESTONE_DIGITS,
    fingerprint_of,
    same_beginning,
)
from forensics.model.record import KnownPart

_Rung = tuple[int, str]


class KnownParts:
    """Known parts, found by how their content begins.

    A folder can hold ten thousand files: comparing each with each would take minutes, so parts
    are looked up by the digest at the last milestone that both sides have.
    """

    def __init__(self, known: Iterable[KnownPart]) -> None:
        self.identities: set[str] = set()
        self._by_any: defaultdict[_Rung, list[KnownPart]] = defaultdict(list)
        self._by_last: defaultdict[_Rung, list[KnownPart]] = defaultdict(list)
        self._without: list[KnownPart] = []
        for part in known:
            self.add(part)

    def add(self, part: KnownPart) -> None:
        """Know one more part, or one known part at a later end."""
        self.identities.add(part.part.identity)
        rungs = _head_rungs(part.milestones)
        for rung in rungs:
            self._by_any[rung].append(part)
        if rungs:
            self._by_last[rungs[-1]].append(part)
        else:
            self._without.append(part)

    def beginning_like(self, head: bytes) -> list[KnownPart]:
        """Parts that may begin as `head` does; those that are ruled out are left away.

        Args:
            head: The first bytes of a content, `HEAD_LENGTH` of them unless it is shorter.
        """
        rungs = _head_rungs(fingerprint_of(head).milestones)
        shorter = [part for rung in rungs for part in self._by_last[rung]]
        longer = self._by_any[rungs[-1]] if rungs else []
        unique = {(p.part.identity, p.end): p for p in [*shorter, *longer, *self._without]}
        return [part for part in unique.values() if may_begin(part, head)]


def may_begin(part: KnownPart, head: bytes) -> bool:
    """Whether the content that begins with `head` may be `part`, longer, shorter or the same."""
    if part.head_length <= len(head):
        return fingerprint_of(head[: part.head_length]).sha256 == part.head_sha256
    return same_beginning(part.milestones, fingerprint_of(head).milestones)


def _head_rungs(milestones: str) -> list[_Rung]:
    rungs = [
        (start, milestones[start : start + MILESTONE_DIGITS])
        for start in range(0, len(milestones), MILESTONE_DIGITS)
    ]
    return rungs[:HEAD_MILESTONES]
