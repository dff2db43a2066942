"""Reads lists that begin with the newest record, as most providers' APIs give them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from connectors.live.pages import Budget, PartPages
from forensics.model.errors import SourceError
from forensics.model.record import Page

_TORN = (
    "`{0}`, up to which it had been read, is no longer listed: what came right after it may be gone"
    " too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One page of a list, newest record first.

    Attributes:
        ids: Id of each record.
        documents: The records, as JSON.
        following: What to ask for the page after it (older records); empty at the end.
    """

    ids: Sequence[str]
    documents: Sequence[bytes]
    following: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A way down the list, from the newest record to one that is known.

    Attributes:
        newest: Id of the record it began with; empty before its first page.
        until: Id of the record before which it ends; empty to go to the end of the list.
        following: Where it goes on; empty when it is done.
    """

    newest: str = ""
    until: str = ""
    following: str = ""


def newest_first(
    pages: PartPages, ask: Callable[[str], Answer], *, budget: Budget, whole: bool = True
) -> Iterator[Page]:
    """Yield what is new in the list: first the rest of a walk that broke off, then a new walk.

    What is added while we walk stands before the walk's beginning and comes with the next run.

    Args:
        pages: The part's pages; their cursor holds the walk.
        ask: Gives the page after a token; the newest page for an empty one.
        budget: Of the source.
        whole: Whether the list is asked for to its end, so that a record which is not met is gone.

    Raises:
        SourceError: A page leads back to itself; the budget is used up; or `ask` raises it.
    """
    walk = _Walk(**orjson.loads(pages.cursor)) if pages.cursor else _Walk()
    if walk.following:
        yield from _down(pages, ask, walk, budget, whole=whole)
        walk = _Walk(**orjson.loads(pages.cursor))
    yield from _down(pages, ask, _Walk(until=walk.newest), budget, whole=whole)


def _down(
    pages: PartPages,
    ask: Callable[[str], Answer],
    walk: _Walk,
    budget: Budget,
    *,
    whole: bool,
) -> Iterator[Page]:
    token, asked = walk.following, set()
    while True:
        asked.add(token)
        answer = ask(token)
        newest = walk.newest or (answer.ids[0] if answer.ids else walk.until)
        met = walk.until in answer.ids
        count = answer.ids.index(walk.until) if met else len(answer.ids)
        token = "" if met else answer.following
        if token and token in asked:
            raise SourceError(
                f"`{pages.part.display}`: the server's page token leads back to a page that was"
                " read already.",
                hint="What was read is stored; the rest needs a word with the provider.",
            )
        walk = _Walk(newest=newest, until=walk.until, following=token)
        is_torn = whole and bool(walk.until) and not met and not token
        if count or token or is_torn:
            yield pages.page(
                answer.ids[:count],
                answer.documents[:count],
                cursor=_cursor(walk),
                complete=not token,
                coverage="expired" if is_torn else "complete",
                coverage_reason=_TORN.format(walk.until) if is_torn else "",
            )
        if not token:
            return
        budget.spend(count)


def _cursor(walk: _Walk) -> str:
    return orjson.dumps(
        {"newest": walk.newest, "until": walk.until, "following": walk.following}
    ).decode()
