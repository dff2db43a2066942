"""One history: a store, its clients, and what the logs tell of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.reach.histories.leases import LeasedStore, Workers
from benchmarks.reach.histories.network import Network
from benchmarks.reach.histories.registers import RegisterClients, RegisterStore
from benchmarks.reach.histories.telling import Row, Telling, some_telling, told
from benchmarks.reach.histories.transactions import Clients, Discipline, TransactionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened, as the logs tell it, and what the store knows to have gone wrong.

    Attributes:
        name: Its tenant; the seed of all that is random in it.
        store: Which kind of store kept it.
        telling: What the logs hold.
        events: Canonical events.
        anomalies: Records and operations that went wrong; none where the store is protected.
    """

    name: str
    store: str
    telling: Telling
    events: Sequence[Row]
    anomalies: frozenset[str]


def histories(count: int, *, protected: bool) -> list[History]:
    """So many, of all stores in turn."""
    stores = list(STORES)
    return [
        history(stores[number % len(stores)], number, protected=protected)
        for number in range(count)
    ]


def history(store: str, number: int, *, protected: bool) -> History:
    """The history of that number."""
    name = f"{'kept' if protected else 'lost'}-{number}"
    network = Network(name)
    anomalies = STORES[store](network, protected=protected)
    chance = Random(f"telling {name}")
    telling = some_telling(chance)
    return History(
        name=name,
        store=store,
        telling=telling,
        events=told(name, network.deeds, telling, chance),
        anomalies=frozenset(anomalies),
    )


def _transactions(discipline: Discipline) -> Callable[..., set[str]]:
    def run(network: Network, *, protected: bool) -> set[str]:
        store = TransactionStore(discipline, protected=protected)
        clients = Clients(network, store, values=_values(network))
        network.run(clients.work(f"client-{n}", 6) for n in range(5))
        return store.anomalies

    return run


def _registers(network: Network, *, protected: bool) -> set[str]:
    store = RegisterStore(protected=protected, by_value=network.chance.random() < 0.5)
    clients = RegisterClients(network, store, values=_values(network))
    network.run(clients.work(f"client-{n}", 8) for n in range(5))
    return store.anomalies


def _leases(network: Network, *, protected: bool) -> set[str]:
    store = LeasedStore(protected=protected)
    workers = Workers(network, store)
    network.run(workers.work(f"worker-{n}", 4) for n in range(4))
    return store.anomalies


def _values(network: Network) -> int:
    """How many values there are: few of them come back, many hardly do."""
    return network.chance.choice([3, 1_000_000])


STORES: dict[str, Callable[..., set[str]]] = {
    "locking": _transactions("locking"),
    "validating": _transactions("validating"),
    "snapshot": _transactions("snapshot"),
    "register": _registers,
    "leased": _leases,
}
