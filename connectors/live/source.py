"""What a live source is, before anything of it is loaded: its addresses, its needs, its marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from connectors.live.address import Address
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Connector, SourceSpec

COMMON_OPTIONS: Mapping[str, str] = {
    "max_records": "stop after so many records, or the page that holds the last of them; the next"
    " run goes on from there",
    "max_seconds": "stop after so many seconds; the next run goes on from there",
    "rate": "read at most so many records a second",
}
"""Options of every live source."""

PROVIDER_OPTIONS: Mapping[str, str] = {
    "list": "read only this list; several are separated by commas",
    "since": "read back to this time only, such as `2026-11-01`",
    "endpoint": "where the API is, for a self-hosted one or a proxy",
}
"""Options of a provider's API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts:
    """One topic, stream, table or list, as it stands at the source.

    Attributes:
        name: What it is called there.
        records: How many records it holds; None where the source does not say.
        oldest_at: Time of the oldest record that is still there.
        newest_at: Time of the newest.
        newest: Place of the newest, where only reading it would tell its time.
        bytes: What it takes on the server's disk; None where the source does not say.
        expires_at: When the oldest record will be gone; None when nothing removes it.
        kept: How long each record stays, where only a walk to the end would tell how old the
            oldest is.
        order: The column or id by which it can be read on; empty when there is none.
        note: What else to know, one sentence; empty when nothing.
    """

    name: str
    records: int | None = None
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    newest: str = ""
    bytes: int | None = None
    expires_at: datetime | None = None
    kept: timedelta | None = None
    order: str = ""
    note: str = ""


class LiveConnector(Connector, Protocol):
    """A connector that can say what there is without reading it."""

    def facts(self) -> Sequence[PartFacts]:
        """What is at the address, part by part.

        Raises:
            SourceError: It cannot be reached, or does not let us look.
        """
        ...


class _Module(Protocol):
    def open_source(self, name: str, address: Address, spec: SourceSpec) -> LiveConnector: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSource:
    """A kind of live source.

    Attributes:
        schemes: What its addresses begin with.
        title: What people call it.
        example: What a user types.
        rights: What the account that reads needs, one sentence.
        leaves: What reading leaves behind at the source, one sentence.
        options: Option of the address to its meaning; without the common ones.
        secrets: Secret that it may need to the environment variables in which it is looked for.
        has_account: Whether an account may stand before the host; a key there is refused.
        module: Where `open_source` is.
        extra: The extra of this distribution that brings its library; empty when none is needed.
        library: The library's module.
    """

    schemes: Sequence[str]
    title: str
    example: str
    rights: str
    leaves: str
    module: str
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_account: bool = True
    extra: str = ""
    library: str = ""

    @property
    def installed(self) -> bool:
        """Whether the library that it needs is there."""
        return not self.library or find_spec(self.library) is not None

    @property
    def folder(self) -> str:
        """The folder in `connectors` in which it lives."""
        return self.module.split(".")[1]

    def open(self, spec: SourceSpec) -> LiveConnector:
        """The connector for an address of this kind; nothing is read or reached yet.

        Raises:
            SourceError: The library it needs is not installed.
            UsageError: The address holds a secret, or an option that does not exist.
        """
        options = {**COMMON_OPTIONS, **self.options}
        address = Address.parse(spec.address, options=options, secrets=self.secrets)
        if address.user and not self.has_account:
            raise UsageError(
                f"The address of a {address.scheme}:// source has something before an `@`: a key,"
                " perhaps.",
                hint=f"Leave it out; {', '.join(self.secrets) or 'a secret'} is taken from "
                f"{' or '.join(name for names in self.secrets.values() for name in names)}.",
            )
        module: _Module = loaded(
            self.module,
            library=self.library,
            extra=self.extra,
            what=f"Reading `{address.scheme}://`",
        )
        return module.open_source(spec.name, address, spec)


def loaded(module: str, *, library: str, extra: str, what: str) -> Any:  # noqa: ANN401 - a module
    """A module of ours that needs a library.

    Args:
        module: Its name.
        library: The library's name, up to its first dot.
        extra: The extra of this distribution that brings the library.
        what: What cannot be done without it, for the sentence.

    Raises:
        SourceError: The library is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != library:
            raise
        raise SourceError(
            f"{what} needs the library `{library}`.",
            hint=f"Install it: `pip install 'event-forensics[{extra}]'`, in a clone"
            f" `uv sync --extra {extra}`.",
        ) from None
