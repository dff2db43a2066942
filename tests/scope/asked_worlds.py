"""Made-up shops with a known truth: which orders were charged how often, and what is left in logs.

A shop has a tenant of its own, so that thousands of orders can be asked about in one relation. Its
provider's log may be whole, cut at either end, in pieces, kept by two machines of which one was
copied early, or torn and known to be.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from forensics.link.link import link
from forensics.model.columns import COLUMNS, EVENTS
from forensics.scope import trace
from forensics.store import views
from forensics.store.engine import engine
from forensics.store.schema import TABLES

DAY = datetime(2026, 11, 2, tzinfo=UTC)
_LENGTH_S = 86_400.0
LOGS = (
    "whole", "whole", "two files", "a file is missing", "two machines", "begins late", "ends early",
    "torn", "unreadable records", "unknown records",
)  # fmt: skip
STORIES: dict[str, float] = {
    "charged": 30,
    "answer lost": 6,
    "answer lost, same key": 6,
    "answer lost, new key": 6,
    "request lost, new key": 6,
    "again, silently": 8,
    "again, without the order": 1,
    "again, without an id": 3,
    "again, spelled otherwise": 3,
    "again, elsewhere": 3,
    "again, only settled": 1,
    "again, in a ledger": 1,
    "again, under a key like the order": 0.2,
    "again, for a customer named otherwise": 0.4,
    "settled since": 4,
    "settled since, and again": 4,
    "held besides": 4,
    "a job is waiting": 4,
    "never charged": 3,
}

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What truly happened: when, in seconds of the day, and with whom."""

    at: float
    callee: str = "pay"


@dataclass(kw_only=True)
class World:
    """Many shops.

    Attributes:
        events: Every line that is left.
        charges: What truly happened, by tenant and order.
        told: Of these, those of which some line is left.
        coverage: Rows of that table.
        quarantine: Logs of which records could not be read.
        unknown: Logs of which no format knows some records.
    """

    events: list[Event] = field(default_factory=list)
    charges: dict[tuple[str, str], list[Charge]] = field(default_factory=lambda: defaultdict(list))
    told: dict[tuple[str, str], set[Charge]] = field(default_factory=lambda: defaultdict(set))
    coverage: list[dict[str, Any]] = field(default_factory=list)
    quarantine: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def made(seed: int, *, shops: int, orders: int) -> World:
    """A world of so many shops with so many orders each."""
    world = World()
    for number in range(shops):
        _Shop(random.Random(f"{seed}/{number}"), world, number).open(orders)  # noqa: S311 - dice
    return world


class _Shop:
    def __init__(self, dice: random.Random, world: World, number: int) -> None:
        self.dice, self.world, self.tenant = dice, world, f"shop{number}"
        self.log = LOGS[number % len(LOGS)]
        self.provider: list[tuple[float, Event, Charge | None, str]] = []
        self.names_orders = dice.random() < 0.9
        self.names_customers = dice.random() < 0.8
        self.ahead_s = dice.choice((0.0, 0.0, 0.3, -0.3, 3600.0, -3600.0))
        self.lines = 0

    def open(self, orders: int) -> None:
        kinds = list(STORIES)
        for number in range(orders):
            (story,) = self.dice.choices(kinds, STORIES.values())
            self.serve(f"{self.tenant}-{number}", story, self.dice.uniform(0, _LENGTH_S))
        self.keep()

    def serve(self, order: str, story: str, at: float) -> None:  # noqa: C901, PLR0912, PLR0915 - a list
        dice, key = self.dice, f"{self.tenant}/{order}/1"
        if dice.random() < 0.8:
            self.say(at, order, kind="trigger", action="order.placed")
        if story == "never charged":
            return
        call = at + 1
        if story == "request lost, new key":
            self.call(call, order, key, "timeout")
            key, call = f"{self.tenant}/{order}/2", call + 30
        if story == "again, under a key like the order":
            key = order
        charge = self.charge(call + 0.2, order, key)
        if story == "again, for a customer named otherwise":
            self.provider[-1][1]["customer_id"] = None
        lost = story.startswith("answer lost")
        answer = None if lost else charge
        self.call(call, order, key, "timeout" if lost else "ok", answer)
        later = call + dice.choice((20.0, 600.0, 30_000.0))
        match story:
            case "answer lost, same key":
                self.call(call + 20, order, key, "ok", charge)
            case "answer lost, new key":
                again = self.charge(later + 0.2, order, f"{key}b")
                self.call(later, order, f"{key}b", dice.choice(("ok", "timeout")), again)
            case "again, silently":
                self.charge(later, order, f"{key}c")
            case "again, without the order":
                self.charge(later, order, None, entity_id=None, entity_type=None, related=None)
            case "again, without an id":
                self.charge(later, order, None, effect_id=None)
            case "again, spelled otherwise":
                self.charge(later, order, None, entity_id=order.upper().replace("-", " "))
            case "again, elsewhere":
                self.elsewhere(later, order)
            case "again, only settled":
                self.charge(later, order, None, money_stage="settled", action="paid_out")
            case "again, in a ledger":
                self.charge(later, order, f"{key}e", effect_class="ledger")
            case "again, under a key like the order":
                nobody = dict.fromkeys(("entity_id", "entity_type", "customer_id"))
                self.charge(later, order, f"{order}-again", **nobody)
            case "again, for a customer named otherwise":
                self.say(later, order, kind="write", action="order.paid", customer_id=f"c-{order}")
                self.charge(later, order, None, entity_id=None, entity_type=None)
            case "settled since":
                self.settle(later, order, charge)
            case "settled since, and again":
                self.charge(later, order, f"{key}f")
                self.settle(later + 60, order, charge)
            case "held besides":
                self.hold(later, order)
            case "a job is waiting":
                self.say(later, order, kind="delivery", action="charge", outcome="pending")
                if dice.random() < 0.5:
                    self.charge(later + 7_200, order, f"{key}d")

    def charge(self, at: float, order: str, key: str | None, **other: Any) -> Charge:
        charge = Charge(at=at)
        self.world.charges[self.tenant, order].append(charge)
        event = {
            "kind": "effect",
            "action": "charge.succeeded",
            "outcome": "ok",
            "system": "pay",
            "vantage": "provider",
            "effect_class": "billing",
            "money_stage": "captured",
            "effect_id": name(order, charge),
            "operation_key": key,
            "entity_type": "order" if self.names_orders else None,
            "entity_id": order if self.names_orders else None,
            "customer_id": f"cus-{order}" if self.names_customers else None,
            "amount": Decimal(10),
            "currency": "EUR",
            "tenant": self.tenant,
        } | other
        self.provider.append((at, event, charge, order))
        return charge

    def hold(self, at: float, order: str) -> None:
        self.charge(at, order, None, money_stage="authorised", action="charge.authorised")
        self.world.charges[self.tenant, order].pop()
        place, event, _, _ = self.provider.pop()
        self.provider.append((place, event, None, order))

    def settle(self, at: float, order: str, charge: Charge) -> None:
        """A line on money that was taken before; it stands for no charge of its own."""
        self.charge(
            at, order, None, money_stage="settled", action="paid_out", effect_id=name(order, charge)
        )
        self.world.charges[self.tenant, order].pop()
        place, event, _, _ = self.provider.pop()
        self.provider.append((place, event, charge, order))

    def elsewhere(self, at: float, order: str) -> None:
        charge = Charge(at=at, callee="gift")
        self.world.charges[self.tenant, order].append(charge)
        self.call(
            at, order, f"{order}/gift", self.dice.choice(("ok", "timeout")), charge, callee="gift"
        )

    def call(
        self,
        at: float,
        order: str,
        key: str,
        outcome: str,
        charge: Charge | None = None,
        *,
        callee: str = "pay",
    ) -> None:
        """A line of the shop's own log; a tenth of them is lost."""
        if self.dice.random() < 0.1:
            return
        knows = charge if outcome == "ok" and self.dice.random() < 0.8 else None
        if charge and outcome == "ok":
            self.world.told[self.tenant, order].add(charge)
        self.say(
            at,
            order,
            kind="effect",
            action="charge.create",
            outcome=outcome,
            target_system=callee,
            vantage="client",
            effect_class="billing",
            money_stage="captured",
            effect_id=name(order, knows) if knows else None,
            operation_key=key,
        )

    def say(self, at: float, order: str, **other: Any) -> None:
        self.lines += 1
        event = {
            "event_id": f"{self.tenant}/{self.lines}",
            "source": f"{self.tenant}-shop",
            "occurred_at": moment(at + self.ahead_s),
            "outcome": "ok",
            "system": self.tenant,
            "entity_type": "order",
            "entity_id": order,
            "tenant": self.tenant,
            "execution_id": f"{self.tenant}/{order}/{other['action']}/{at:.3f}",
        }
        self.world.events.append(event | other)

    def keep(self) -> None:
        """What is left of the provider's log, and what is known of its being whole."""
        dice, source = self.dice, f"{self.tenant}-pay"
        cut = dice.uniform(0.2, 0.8) * _LENGTH_S
        parts: dict[str, list[float]] = defaultdict(list)
        state = "truncated" if self.log == "torn" else "complete"
        lossy = self.log in {"torn", "unreadable records", "unknown records"}
        for number, (at, event, charge, order) in enumerate(sorted(self.provider, key=_first)):
            part = self.part(at, cut, number)
            if part is None or (lossy and dice.random() < 0.1):
                continue
            parts[part].append(at)
            if charge:
                self.world.told[self.tenant, order].add(charge)
            self.world.events.append(
                event
                | {
                    "event_id": f"{source}/{number}",
                    "source": source,
                    "source_position": f"{part}:{number}",
                    "occurred_at": moment(at),
                }
            )
        for part, times in parts.items():
            self.world.coverage.append(
                {
                    "source": source,
                    "part": part,
                    "page": 1,
                    "first_at": moment(min(times)),
                    "last_at": moment(max(times)),
                    "state": state,
                    "reason": "It was cut." if state != "complete" else "",
                }
            )
        if self.log == "unreadable records":
            self.world.quarantine.append(source)
        if self.log == "unknown records":
            self.world.unknown.append(source)

    def part(self, at: float, cut: float, number: int) -> str | None:
        """The file that a record of the provider is in; none when it was lost."""
        match self.log:
            case "two files":
                return "one" if at < cut else "two"
            case "a file is missing":
                return "one" if at < cut else None if at < cut + 7_200 else "three"
            case "two machines":
                return "east" if number % 2 else "west" if at < cut else None
            case "begins late":
                return "one" if at >= cut else None
            case "ends early":
                return "one" if at < cut else None
            case _:
                return "one"


def name(order: str, charge: Charge) -> str:
    """The provider's id of a charge."""
    return f"ch_{order}_{charge.at:.3f}"


def _first(entry: tuple[float, Event, Charge | None, str]) -> float:
    return entry[0]


def moment(at: float) -> datetime:
    """A time of the day of the world, to the millisecond."""
    return DAY + timedelta(milliseconds=round(at * 1000))


def seconds(moment: datetime) -> float:
    """Of the day of the world."""
    return (moment - DAY).total_seconds()


@contextmanager
def asked(world: World, ids: Sequence[str] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which the verdicts on these ids, or on all orders, have been given."""
    with engine(threads=2) as connection:
        for name, schema in TABLES.items():
            connection.register("none", schema.empty_table())
            connection.execute(f"CREATE TABLE {name} AS FROM none")
        views.of_coverage(connection)
        _fill(connection, "events", _table(world.events))
        _fill(connection, "coverage", pa.Table.from_pylist(world.coverage, TABLES["coverage"]))
        for source in world.quarantine:
            connection.execute(
                "INSERT INTO quarantine (source, reason, source_position, acquisition_id)"
                " VALUES ($1, 'broken', '1', 'a')", [source]
            )  # fmt: skip
        for source in world.unknown:
            connection.execute(
                "INSERT INTO acquisitions (source, generation, ignored_by_name)"
                " VALUES ($1, 0, map {'unmapped: x.y': 3})",
                [source],
            )
        orders = [order for _, order in world.charges]
        trace.prepare(connection, link(connection), ids or orders)
        yield connection


def _fill(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("rows", rows)
    connection.execute(f"INSERT INTO {name} BY NAME FROM rows")
    connection.unregister("rows")


def _table(events: Sequence[Event]) -> pa.Table:
    """Only columns that some row fills: fifty thousand rows of eighty columns take their time."""
    used = {name for event in events for name in event}
    used |= {column.name for column in COLUMNS if column.default}
    used |= {"source_position", "acquisition_id", "execution_id"}
    filled = {column.name: column.default for column in COLUMNS if column.name in used}
    rows = [
        filled
        | {"source_position": event["event_id"], "acquisition_id": "a"}
        | {"execution_id": event["event_id"]}
        | event
        for event in events
    ]
    return pa.Table.from_pylist(rows, pa.schema([f for f in EVENTS if f.name in used]))
