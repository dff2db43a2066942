"""Reads lists that begin with the newest record, as most providers' APIs give them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from connectors.live.pages import Budget, PartPages
from forensics.model.errors import SourceError
from forensics.model.record import Page

_TORN = (
    "`{0}`, up to which it had been read, is no longer listed: what came right after it may be gone"
    " too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a list.

    Attributes:
        id: Unique in the list.
        made_at: When it was made, UTC; None where it does not say.
        is_final: Whether it will stay as it is.
        document: The record, as JSON.
    """

    id: str
    made_at: datetime | None
    is_final: bool
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One page of a list, newest record first.

    Attributes:
        entries: Its records.
        following: What to ask for the page after it (older records); empty at the end.
    """

    entries: Sequence[Entry]
    following: str


Ask = Callable[[str, datetime | None], Answer]
"""Gives the page after a token, the newest for an empty one; it may end the list at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A way down the list; times as ISO 8601 texts, empty where there is none.

    Attributes:
        newest: Id of the record it began with; empty before its first page.
        newest_at: When that was made.
        until: Id of the record with which the walk before began; it must be met.
        met: Whether it was.
        goal: Time at which it ends; empty to go to the end of the list.
        floor: Time back to which all walks together have read; empty for the end of the list.
        following: Where it goes on; empty when it is done.
    """

    newest: str = ""
    newest_at: str = ""
    until: str = ""
    met: bool = False
    goal: str = ""
    floor: str = ""
    following: str = ""


def newest_first(
    pages: PartPages, ask: Ask, *, budget: Budget, since: datetime | None, settles: timedelta
) -> Iterator[Page]:
    """Yield what is new in the list: first the rest of a walk that broke off, then a new walk.

    A walk goes a little further back than the one before began: records become visible late, and
    one that was not final then may be so now. What was handed over has the position it had, and is
    not stored again. What is added while we walk comes with the next run.

    Args:
        pages: The part's pages; their cursor holds the walk.
        ask: Asks the provider.
        budget: Of the source.
        since: Read back to this time only; an earlier one than before reads what lies between.
        settles: How long a record may take to become visible and final.

    Raises:
        SourceError: A page leads back to itself; the budget is used up; or `ask` raises it.
    """
    walk = _Walk(**orjson.loads(pages.cursor)) if pages.cursor else None
    if walk and walk.following:
        yield from _down(pages, ask, walk, budget, settles)
        walk = _Walk(**orjson.loads(pages.cursor))
    yield from _down(pages, ask, _next(walk, since, settles), budget, settles)


def _next(before: _Walk | None, since: datetime | None, settles: timedelta) -> _Walk:
    """The walk after one that is done."""
    asked = since.isoformat() if since else ""
    if before is None:
        return _Walk(goal=asked, floor=asked)
    goes_deeper = bool(before.floor) and (not asked or asked < before.floor)
    if goes_deeper or not before.newest_at:
        return _Walk(until=before.newest, goal=asked, floor=asked)
    goal = datetime.fromisoformat(before.newest_at) - settles
    return _Walk(until=before.newest, goal=goal.isoformat(), floor=before.floor)


def _down(
    pages: PartPages, ask: Ask, walk: _Walk, budget: Budget, settles: timedelta
) -> Iterator[Page]:
    goal = datetime.fromisoformat(walk.goal) if walk.goal else None
    asked: set[str] = set()
    came: set[int] = set()
    was_empty = False
    while True:
        asked.add(walk.following)
        answer = ask(walk.following, goal)
        entries = _wanted(answer.entries, walk, goal)
        # One record that is out of order, or one page without any, is not yet the end of a list.
        ended = all(_is_before(entry, goal) for entry in answer.entries)
        is_last = ended and (bool(answer.entries) or was_empty)
        following = "" if is_last else answer.following
        was_empty = not answer.entries
        page = hash(tuple(entry.id for entry in answer.entries))
        if (following and following in asked) or (answer.entries and page in came):
            raise SourceError(
                f"`{pages.part.display}`: the server's page token leads back to a page that was"
                " read already.",
                hint="What was read is stored; the rest needs a word with the provider.",
            )
        came.add(page)
        walk = _after(walk, entries, following)
        final = [entry for entry in entries if entry.is_final or _is_settled(entry, walk, settles)]
        is_torn = bool(walk.until) and not walk.met and not following
        yield pages.page(
            [entry.id for entry in final],
            [entry.document for entry in final],
            cursor=orjson.dumps(asdict(walk)).decode(),
            complete=not following,
            coverage="expired" if is_torn else "complete",
            coverage_reason=_TORN.format(walk.until) if is_torn else "",
        )
        budget.spend(len(final))
        if not following:
            return


def _after(walk: _Walk, entries: Sequence[Entry], following: str) -> _Walk:
    """The walk once a page is read."""
    if not walk.newest and entries:
        made_at = entries[0].made_at
        # A time that is still to come would hide all that is made until then.
        newest_at = min(made_at, datetime.now(UTC)).isoformat() if made_at else ""
        walk = replace(walk, newest=entries[0].id, newest_at=newest_at)
    met = walk.met or any(entry.id == walk.until for entry in entries)
    return replace(walk, met=met, following=following)


def _wanted(entries: Sequence[Entry], walk: _Walk, goal: datetime | None) -> list[Entry]:
    """What stands before the record that must be met, whatever its time, and what is no older."""
    known = walk.met or not walk.until
    wanted: list[Entry] = []
    for entry in entries:
        if not (known and _is_before(entry, goal)):
            wanted.append(entry)
        known = known or entry.id == walk.until
    return wanted


def _is_before(entry: Entry, moment: datetime | None) -> bool:
    return moment is not None and entry.made_at is not None and entry.made_at < moment


def _is_settled(entry: Entry, walk: _Walk, settles: timedelta) -> bool:
    """Whether a record that is not final is too old to become so: no later walk would reach it."""
    if entry.made_at is None or not walk.newest_at:
        return True
    return entry.made_at < datetime.fromisoformat(walk.newest_at) - settles
