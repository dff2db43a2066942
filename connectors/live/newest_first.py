"""Reads lists that begin with the newest record, as most providers' APIs give them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from connectors.live.pages import Budget, PartPages
from forensics.model.errors import SourceError
from forensics.model.record import Page


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
    pages: PartPages,
    ask: Callable[[str], Answer],
    *,
    budget: Budget,
    coverage: tuple[str, str] = ("complete", ""),
) -> Iterator[Page]:
    """Yield what is new in the list: first the rest of a walk that broke off, then a new walk.

    What is added while we walk stands before the walk's beginning and comes with the next run.

    Args:
        pages: The part's pages; their cursor holds the walk.
        ask: Gives the page after a token; the newest page for an empty one.
        budget: Of the source.
        coverage: State and reason of the pages: what the list is known to lack.

    Raises:
        SourceError: A page leads back to itself; the budget is used up; or `ask` raises it.
    """
    walk = _Walk(**orjson.loads(pages.cursor)) if pages.cursor else _Walk()
    if walk.following:
        yield from _down(pages, ask, walk, budget, coverage)
        walk = _Walk(**orjson.loads(pages.cursor))
    yield from _down(pages, ask, _Walk(until=walk.newest), budget, coverage)


def _down(
    pages: PartPages,
    ask: Callable[[str], Answer],
    walk: _Walk,
    budget: Budget,
    coverage: tuple[str, str],
) -> Iterator[Page]:
    token, asked = walk.following, set()
    while True:
        asked.add(token)
        answer = ask(token)
        newest = walk.newest or (answer.ids[0] if answer.ids else walk.until)
        known = answer.ids.index(walk.until) if walk.until in answer.ids else len(answer.ids)
        token = answer.following if known == len(answer.ids) else ""
        if token in asked:
            raise SourceError(
                f"`{pages.part.display}`: the server's page token leads back to a page that was"
                " read already.",
                hint="What was read is stored; the rest needs a word with the provider.",
            )
        walk = _Walk(newest=newest, until=walk.until, following=token)
        if known or token:
            yield pages.page(
                answer.ids[:known],
                answer.documents[:known],
                cursor=_cursor(walk),
                complete=not token,
                coverage=coverage[0],
                coverage_reason=coverage[1],
            )
        if not token:
            return
        budget.spend(known)


def _cursor(walk: _Walk) -> str:
    return orjson.dumps(
        {"newest": walk.newest, "until": walk.until, "following": walk.following}
    ).decode()
