"""A provider's API as a source: which lists it has, how they are paged, and whose they are."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from connectors.live.address import Address
from connectors.live.http import Api, document
from connectors.live.located import Located
from connectors.live.newest_first import Answer, Entry, newest_first
from connectors.live.pages import Budget, PartPages
from connectors.live.payload import listed
from connectors.live.source import PartFacts
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec

Following = Callable[[httpx.Response, Any, str], str]
"""From an answer, its document and the id of its last record: what to ask for the page after it,
as a query (`starting_after=evt_1`) or as an address; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list of an API, newest record first.

    Attributes:
        name: What the provider calls it; the part's name.
        path: Below the endpoint; `{place}` stands for what the address says before its options,
            `{name}` for the option of that name, without which the list is not read.
        records: Name under which the records stand in the answer; empty when the answer is a list.
        id: Names of the fields that together are unique in the list.
        parameters: Sent with each request, such as the length of a page.
        following: How the next page is asked for.
        made_at: When a record was made, where `since` must be compared by us.
        since: The parameters that say `since` to the provider; none where it does not know it.
        adds: Field to the option that a record lacks and its reader needs.
        kept: How long the provider keeps a record; None when it does not say.
        is_final: Whether a record stays as it is; another is read once it does.
        settles: How long a record may take to become visible and final.
        usual: Whether it is read when no list is named.
    """

    name: str
    path: str
    records: str
    id: Sequence[str] = ("id",)
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    following: Following
    made_at: Callable[[Any], datetime | None]
    since: Callable[[datetime], Mapping[str, str | int]] = lambda _: {}
    adds: Mapping[str, str] = field(default_factory=dict)
    kept: timedelta | None = None
    is_final: Callable[[Any], bool] = lambda _: True
    settles: timedelta = timedelta(minutes=10)
    usual: bool = True

    @property
    def needs(self) -> set[str]:
        """Options without which it cannot be read."""
        return {name for _, name, _, _ in Formatter().parse(self.path) if name} - {"place"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider and the lists that its API has.

    Attributes:
        title: What people call it.
        endpoint: Where the API is, without a slash at the end.
        rights: What the key must allow, one sentence.
        headers: From the account and the secret, what is sent with each request.
        secret: Name of the secret.
        listings: Its lists.
    """

    title: str
    endpoint: str
    rights: str
    headers: Callable[[Address, str], Mapping[str, str]]
    secret: str = "key"  # noqa: S105 - the name of a secret
    listings: Sequence[Listing]

    def open(self, name: str, address: Address, spec: SourceSpec) -> "ProviderSource":
        """The connector for an address; named as the provider where nobody chose a name.

        Raises:
            UsageError: Something stands where this API has nothing to be named.
        """
        del spec
        is_placed = any("{place}" in listing.path for listing in self.listings)
        if (address.netloc or address.path) and not is_placed:
            raise UsageError(
                f"The address of a {address.scheme}:// source has something after `://`: a key,"
                " perhaps.",
                hint=f"Write {address.scheme}://, with options behind `?`; the key is looked for in"
                f" {' or '.join(address.secrets[self.secret])}.",
            )
        return ProviderSource(name=name or address.scheme, location=address, provider=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSource(Located):
    """The lists of one account.

    Attributes:
        provider: Whose API it is.
    """

    provider: Provider

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what is new in each list; see `Connector`."""
        budget = Budget.of(self.location)
        with self._api() as api:
            for listing in self._listings():
                yield from newest_first(
                    PartPages(listing.name, known),
                    partial(self._ask, api, listing),
                    budget=budget,
                    since=self.location.instant("since"),
                    settles=listing.settles,
                )

    def facts(self) -> Sequence[PartFacts]:
        """The newest record of each list, and how long the provider keeps what stands there."""
        with self._api() as api:
            return [self._fact(api, listing) for listing in self._listings()]

    def _fact(self, api: Api, listing: Listing) -> PartFacts:
        _, found = self._records(listing, self._answer(api, listing, "", None))
        newest = listing.made_at(found[0]) if found else None
        kept = listing.kept
        return PartFacts(
            name=listing.name,
            newest_at=newest,
            kept=kept,
            order=", ".join(listing.id),
            note=f"{self.provider.title} keeps it for {kept.days} days" if kept else "",
        )

    def _listings(self) -> list[Listing]:
        wanted = listed(self.location.options.get("list", ""))
        by_name = {listing.name: listing for listing in self.provider.listings}
        for name in wanted:
            if name not in by_name:
                raise UsageError.unknown("list", name, known=by_name, where=self.location.text)
            if lacking := sorted(by_name[name].needs - self.location.options.keys()):
                raise UsageError(f"The list `{name}` is only read with the option `{lacking[0]}`.")
        return [by_name[name] for name in wanted] or [
            listing
            for listing in self.provider.listings
            if listing.usual and listing.needs <= self.location.options.keys()
        ]

    def _api(self) -> Api:
        secret = self.location.required_secret(self.provider.secret)
        return Api(
            self.location.options.get("endpoint", self.provider.endpoint).rstrip("/"),
            title=self.provider.title,
            headers=self.provider.headers(self.location, secret),
            rights=self.provider.rights,
        )

    def _ask(self, api: Api, listing: Listing, token: str, since: datetime | None) -> Answer:
        response = self._answer(api, listing, token, since)
        content, found = self._records(listing, response)
        added = {name: self.location.options[option] for name, option in listing.adds.items()}
        entries = [
            Entry(
                id="/".join(str(record[name]) for name in listing.id),
                made_at=listing.made_at(record),
                is_final=listing.is_final(record),
                document=orjson.dumps(record | added),
            )
            for record in found
        ]
        last = str(found[-1][listing.id[0]]) if found else ""
        return Answer(entries=entries, following=listing.following(response, content, last))

    def _answer(
        self, api: Api, listing: Listing, token: str, since: datetime | None
    ) -> httpx.Response:
        if "://" in token or token.startswith("/"):
            return api.get(same_host(token, api.endpoint, self.provider.title))
        place = "/".join(filter(None, (self.location.netloc, self.location.path)))
        path = listing.path.format(place=place, **self.location.options)
        parameters = {**listing.parameters, **(listing.since(since) if since else {})}
        return api.get(path, {**parameters, **_query(token)})

    def _records(self, listing: Listing, response: httpx.Response) -> tuple[Any, list[Any]]:
        """An answer's document, and the records in it."""
        content = document(response, title=self.provider.title)
        found = _at(content, [listing.records] if listing.records else [])
        if not isinstance(found, list) or not all(
            isinstance(record, dict) and all(name in record for name in listing.id)
            for record in found
        ):
            raise SourceError(
                f"{self.provider.title} answers `{response.url.path}` with no list of"
                f" {listing.name}.",
                hint="Check the endpoint and the version of the API.",
            )
        return content, found


def stamped(
    name: str, parse: Callable[[str], datetime] = datetime.fromisoformat
) -> Callable[[Any], datetime | None]:
    """A record's time from a field; None where it says none, or none with a zone.

    What could be hours earlier or later must not end a list.
    """

    def made_at(record: Any) -> datetime | None:  # noqa: ANN401 - JSON
        try:
            moment = parse(record[name])
        except (KeyError, TypeError, ValueError):
            return None
        return moment if moment.tzinfo else None

    return made_at


def by_last_id(parameter: str, *, more: str) -> Following:
    """The next page begins after the last record's id, as long as `more` is true."""
    return lambda _, content, last: f"{parameter}={last}" if last and content.get(more) else ""


def by_link_header(response: httpx.Response, content: object, last: str) -> str:
    """The next page's address stands in the `Link` header (RFC 8288)."""
    del content, last
    return str(response.links.get("next", {}).get("url", ""))


def by_token(parameter: str, *path: str) -> Following:
    """The next page's token stands in the answer at `path`."""
    return lambda _, content, __: f"{parameter}={token}" if (token := _at(content, path)) else ""


def by_token_until(parameter: str, *, end: str) -> Following:
    """As `by_token`, with the token under the parameter's own name, until `end` is true."""
    following = by_token(parameter, parameter)
    return lambda response, content, last: (
        "" if content.get(end) else following(response, content, last)
    )


def by_address(*path: str) -> Following:
    """The next page's address stands in the answer at `path`."""
    return lambda _, content, __: str(_at(content, path) or "")


def _at(content: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content


def _query(token: str) -> dict[str, str]:
    name, _, value = token.partition("=")
    return {name: value} if name else {}


def same_host(address: str, endpoint: str, title: str) -> str:
    """The address, once it is known to be the endpoint's: the key goes nowhere else."""
    if address.startswith("/"):
        return address
    ours, theirs = urlsplit(endpoint), urlsplit(address)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        raise SourceError(
            f"{title} names a next page on another host, `{theirs.netloc}`.",
            hint="It is not asked, since the key would go there; check the endpoint.",
        )
    return address
