"""Reads tables of a PostgreSQL database, or what a replication slot holds.

Nothing is written: every transaction is read-only, gives up waiting for locks after two seconds,
and has its own name at the server. https://www.postgresql.org/docs/current/hot-standby.html
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, refuse_part_of_state
from connectors.live.platforms import platform_of, platform_pages
from connectors.live.source import PartFacts
from connectors.live.tables import is_state
from connectors.postgresql import slot, tables
from connectors.postgresql.session import connected
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
        with connected(self.location, one_moment=True) as session:
            found = tables.readable(session)
            platform = platform_of({table.name: table.columns for table in found})
            if platform and not as_state and "table" not in self.location.options:
                refuse_part_of_state(self.location, narrower="table")
                tables.refuse_burden(
                    [table for table in found if table.name in {v.name for v in platform.views}],
                    on_primary=self.may_burden_primary,
                )
                yield from platform_pages(platform, partial(tables.rows, session), known, budget)
                return
            chosen = tables.named(session, self.location)
        for table in chosen:
            if as_state or not table.order:
                yield from tables.standing(
                    self.location, table, known, budget, on_primary=self.may_burden_primary
                )
            else:
                yield from tables.added(self.location, table, known, budget)

    def facts(self) -> Sequence[PartFacts]:
        """How many rows each table has, as the server estimates, and by what it is read."""
        with connected(self.location) as session:
            if "slot" in self.location.options:
                return [slot.facts(session, self.location)]
            return [table.facts for table in tables.readable(session)]
