"""Reads tables of a PostgreSQL database, or what a replication slot holds.

Nothing is written: every transaction is read-only, gives up waiting for locks after two seconds,
and has its own name at the server. https://www.postgresql.org/docs/current/hot-standby.html
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from connectors.live.address import Address
from connectors.live.history import added
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages, refuse_part_of_state
from connectors.live.platforms import Platform, platform_of, platform_pages
from connectors.live.source import PartFacts
from connectors.live.tables import is_state
from connectors.postgresql import slot, tables
from connectors.postgresql.history import TableHistory
from connectors.postgresql.session import Session, connected
from forensics.model.errors import UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec


def open_source(name: str, address: Address, spec: SourceSpec) -> "Postgresql":
    """The connector for an address.

    Raises:
        UsageError: It asks for a slot and for tables at once.
    """
    if "slot" in address.options and {"table", "order", "as"} & address.options.keys():
        raise UsageError(
            f"`{address.text}`: a slot has the changes of all tables; `table`, `order` and `as`"
            " mean nothing there."
        )
    return Postgresql(
        name=name or address.path or "postgresql",
        location=address,
        may_burden_primary="primary" in spec.allow,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgresql(Located):
    """One database; its tables, or one slot, are the parts.

    Attributes:
        may_burden_primary: Whether a long snapshot of a server that serves others is allowed.
    """

    may_burden_primary: bool

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield what is new; see `Connector`."""
        budget = Budget.of(self.location)
        if "slot" in self.location.options:
            yield from slot.pages(self.location, known, budget)
            return
        as_state = is_state(self.location)
        with connected(self.location) as session:
            yield from self._tables(session, known, budget, as_state=as_state)

    def _tables(
        self, session: Session, known: Sequence[KnownPart], budget: Budget, *, as_state: bool
    ) -> Iterator[Page | Notice]:
        found = tables.readable(session)
        platform = platform_of(
            {table.name: [column.name for column in table.columns] for table in found}
        )
        if platform and not as_state and "table" not in self.location.options:
            yield from self._platform(platform, found, known, budget)
            return
        for table in tables.named(found, self.location):
            if as_state or not table.order:
                yield from tables.standing(
                    self.location, table, known, budget, on_primary=self.may_burden_primary
                )
            else:
                parts = PartPages(table.name, known)
                yield from added(TableHistory(session, table), parts, budget)

    def _platform(
        self,
        platform: Platform,
        found: Sequence[tables.Table],
        known: Sequence[KnownPart],
        budget: Budget,
    ) -> Iterator[Page | Notice]:
        refuse_part_of_state(self.location, narrower="table")
        views = {view.name for view in platform.views}
        tables.refuse_burden(
            [table for table in found if table.name in views], on_primary=self.may_burden_primary
        )
        with connected(self.location, one_moment=True) as session:
            yield from platform_pages(platform, partial(tables.rows, session), known, budget)

    def facts(self) -> Sequence[PartFacts]:
        """How large each table is, as the server estimates, and how it is read."""
        with connected(self.location) as session:
            if "slot" in self.location.options:
                return [slot.facts(session, self.location)]
            found = tables.readable(session)
            chosen = (
                tables.named(found, self.location) if "table" in self.location.options else found
            )
            # Without an index a table would be read whole to find its end.
            return [
                table.facts(TableHistory(session, table).last() if table.has_quick_end else None)
                for table in chosen
            ]
