"""Recognises parts by content: new, grown, unchanged, renamed, copied, replaced, truncated."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from connectors.files.content import BLOCK, Content
from connectors.files.find import Place, location
from connectors.files.fingerprint import Fingerprint, same_beginning
from connectors.files.known import KnownParts, may_begin
from connectors.files.naming import without_rotation
from forensics.model.errors import SourceError
from forensics.model.record import KnownPart, Page, Part

_ENOUGH_TO_SHARE = 256
"""Bytes two files must have in common before the longer one counts as a copy that went on: less
is a banner or a first event that two logs may well have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a place turned out to hold.

    Attributes:
        state: See `Notice`.
        sentence: What is to be said about it.
        part: The part its new content belongs to; None when there is nothing to read.
        known: The known part whose content it begins with, if any.
        fingerprint: Of the content that was read before.
        is_rotated: Whether it is not written to any more, because another took its name.
    """

    state: str
    sentence: str
    part: Part | None
    known: KnownPart | None
    fingerprint: Fingerprint
    is_rotated: bool

    @property
    def already_stored(self) -> int:
        """Records stored before; the number of lines where that of records is not known."""
        return (self.known.records or self.known.lines) if self.known else 0


class Register:
    """What is known of the parts of one source, and who holds their content now."""

    def __init__(self, known: Sequence[KnownPart], heads: Mapping[Place, bytes]) -> None:
        """Begin a reading.

        Args:
            known: What earlier acquisitions read.
            heads: First bytes of every place there is now.
        """
        self._known = KnownParts(known)
        self._by_path: defaultdict[str, list[KnownPart]] = defaultdict(list)
        for part in known:
            self._by_path[location(part.part.display)].append(part)
        self._places = {place.location: place for place in heads}
        self._heads = {place.location: head for place, head in heads.items()}
        self._claimed: dict[str, Place] = {}

    def holds_known(self, place: Place) -> bool:
        """Whether the place seems to hold what it held before: such places are read first."""
        head = self._heads[place.location]
        return any(may_begin(part, head) for part in self._by_path[place.location])

    def recognise(self, place: Place, content: Content) -> Recognition:
        """Tell what `place` holds, reading as much of its content as that takes.

        Args:
            place: Where the content is.
            content: Just opened; left wherever the comparison ended.
        """
        candidates = self._known.beginning_like(self._heads[place.location])
        found, before, seen = _longest_match(content, candidates)
        is_own = found is not None and location(found.part.display) == place.location
        if found is not None and before.length == seen.length and content.at_end():
            return self._same(place, found, before)
        container = None if is_own else self._container(seen, candidates)
        if container is not None:
            return self._contained(place, container, seen)
        if found is not None and (is_own or self._may_share(place, found)):
            return self._longer(place, found, before)
        return self._unknown(place)

    def _same(self, place: Place, found: KnownPart, before: Fingerprint) -> Recognition:
        other = self._holder(place, found)
        name = found.part.display
        if other is not None:
            state, sentence = "copied", f"`{place.display}` is a copy of `{other.display}`."
        elif location(name) == place.location:
            state, sentence = "unchanged", f"`{place.display}` is unchanged."
        else:
            state, sentence = "renamed", f"`{place.display}` is what was called `{name}`."
        self._claimed.setdefault(found.part.identity, place)
        return self._recognition(place, state, sentence, known=found, before=before)

    def _longer(self, place: Place, found: KnownPart, before: Fingerprint) -> Recognition:
        """A content that begins with all of a known one and goes on."""
        other = self._holder(place, found)
        name = found.part.display
        identity = found.part.identity
        if other is not None:
            state = "copied"
            sentence = (
                f"`{place.display}` begins as a copy of `{other.display}`"
                f" and goes on after {found.end:,} bytes."
            )
            identity = self._new_identity(place)
        elif location(name) == place.location:
            state, sentence = (
                "grown",
                f"`{place.display}` goes on after the {found.end:,} bytes read before.",
            )
        else:
            state = "renamed"
            sentence = f"`{place.display}` is what was called `{name}`, and grew."
        return self._recognition(
            place, state, sentence, known=found, before=before, identity=identity
        )

    def _contained(self, place: Place, known: KnownPart, seen: Fingerprint) -> Recognition:
        """A content that is the beginning of a known one."""
        name = known.part.display
        if location(name) == place.location:
            state = "truncated"
            sentence = (
                f"`{place.display}` became shorter: {seen.length:,} of {known.end:,} bytes are"
                " left. They begin like what was read before and are not read again."
            )
        else:
            state, sentence = "copied", f"`{place.display}` is an earlier copy of `{name}`."
        return self._recognition(place, state, sentence, known=known, before=seen)

    def _unknown(self, place: Place) -> Recognition:
        under_that_name = self._by_path[place.location]
        state, sentence = "new", f"`{place.display}` is new."
        if any(self._is_elsewhere(part, place) for part in under_that_name):
            sentence = f"`{place.display}` is a new file under the name of one that was renamed."
        elif under_that_name:
            state = "replaced"
            sentence = (
                f"`{place.display}` has other content than before: all of it is read,"
                " and what was read before is kept."
            )
        return self._recognition(
            place, state, sentence, before=Fingerprint(), identity=self._new_identity(place)
        )

    def _recognition(
        self,
        place: Place,
        state: str,
        sentence: str,
        *,
        before: Fingerprint,
        known: KnownPart | None = None,
        identity: str = "",
    ) -> Recognition:
        return Recognition(
            state=state,
            sentence=sentence,
            part=Part(identity=identity, display=place.display) if identity else None,
            known=known,
            fingerprint=before,
            is_rotated=self._is_rotated(place, known),
        )

    def _is_rotated(self, place: Place, known: KnownPart | None) -> bool:
        """Whether another file has the name this one had, or would have without rotation."""
        names = {location(without_rotation(place.display))}
        if known is not None:
            names.add(location(known.part.display))
        return any(name in self._places for name in names - {place.location})

    def _holder(self, place: Place, known: KnownPart) -> Place | None:
        """The other place that holds the content of a known part now."""
        claimed = self._claimed.get(known.part.identity)
        path = location(known.part.display)
        if claimed is not None or path == place.location or path not in self._places:
            return claimed
        return self._places[path] if may_begin(known, self._heads[path]) else None

    def _may_share(self, place: Place, found: KnownPart) -> bool:
        return found.end >= _ENOUGH_TO_SHARE or self._holder(place, found) is None

    def _container(self, seen: Fingerprint, candidates: list[KnownPart]) -> KnownPart | None:
        """The known part of which everything seen is the beginning."""
        longer = (part for part in candidates if part.end > seen.length > 0)
        return next((part for part in longer if self._contains(part, seen)), None)

    def _contains(self, known: KnownPart, seen: Fingerprint) -> bool:
        holder = self._claimed.get(known.part.identity)
        if holder is None:
            return same_beginning(known.milestones, seen.milestones)
        try:
            with Content(holder) as content:
                return _longest_match(content, [], upto=seen.length)[2].sha256 == seen.sha256
        except SourceError:
            return False

    def _is_elsewhere(self, known: KnownPart, place: Place) -> bool:
        others = (head for at, head in self._heads.items() if at != place.location)
        return any(may_begin(known, head) for head in others)

    def _new_identity(self, place: Place) -> str:
        """16 hex digits made from the first bytes, that no other part of the source has."""
        head = self._heads[place.location]
        for number in count():
            suffix = f"#{number}".encode() if number else b""
            identity = sha256(head + suffix).hexdigest()[:16]
            if identity not in self._known.identities:
                break
        self._known.identities.add(identity)
        return identity

    def claim(self, place: Place, page: Page, records: int) -> None:
        """Know that `place` holds the content up to the end of `page`."""
        self._claimed[page.part.identity] = place
        self._known.add(
            KnownPart(
                part=page.part,
                end=page.end,
                lines=page.lines,
                sha256=page.sha256,
                head_length=page.head_length,
                head_sha256=page.head_sha256,
                framing=page.framing,
                format="",
                records=records,
                milestones=page.milestones,
            )
        )


def _longest_match(
    content: Content, candidates: Sequence[KnownPart], *, upto: int = 0
) -> tuple[KnownPart | None, Fingerprint, Fingerprint]:
    """Compare `content` with the digests of known parts, in one pass.

    Args:
        content: Just opened.
        candidates: Parts it may begin with.
        upto: Read at least as much, if there is as much.

    Returns:
        The longest known part with whose content it begins, the fingerprint of that, and the
        fingerprint of all that was read.
    """
    found: KnownPart | None = None
    before, seen = Fingerprint(), Fingerprint()
    for end, part in sorted([*((each.end, each) for each in candidates), (upto, None)], key=_end):
        while seen.length < end and (block := content.read(min(BLOCK, end - seen.length))):
            seen.update(block)
        if part is not None and seen.length == end and seen.sha256 == part.sha256:
            found, before = part, seen.copy()
    return found, before, seen


def _end(candidate: tuple[int, KnownPart | None]) -> int:
    return candidate[0]
