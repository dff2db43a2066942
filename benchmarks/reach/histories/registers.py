"""A linearizable store of single records: read, set, add, and compare-and-set."""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

from benchmarks.reach.histories.network import Deed, Network, Process

Asked = Generator[int, None, bool]
"""A client that waits for an answer; whether all went well."""


@dataclass
class Register:
    """What stands there, and how often it was written."""

    version: int = 0
    value: object = 0


class RegisterStore:
    """Every operation takes effect at one instant between its request and its answer.

    Unprotected, it sets whatever was to be compared first. `anomalies` holds the records in which
    such a write replaced another version than the one that it was built on.
    """

    def __init__(self, *, protected: bool, by_value: bool) -> None:
        self.protected = protected
        self.anomalies: set[str] = set()
        self._by_value = by_value
        self._registers: dict[str, Register] = {}
        self._done: set[tuple[str, str]] = set()

    def read(self, deed: Deed) -> None:
        """See a record."""
        at = self._at(deed)
        deed.base, deed.before = at.version, at.value

    def write(self, deed: Deed) -> None:
        """Set, add, or compare and set; the same operation again changes nothing."""
        at, operation = self._at(deed), (deed.task, deed.key or "")
        if operation in self._done:
            deed.outcome = "replayed"
            return
        if deed.base is not None and not self._still(at, deed):
            if self.protected:
                deed.outcome = "rejected"
                return
            self.anomalies.add(deed.key or "")
        if deed.commutative:
            deed.after = int(str(at.value)) + 1
        at.version, at.value = at.version + 1, deed.after
        deed.version = at.version
        self._done.add(operation)

    def _still(self, at: Register, deed: Deed) -> bool:
        return at.value == deed.before if self._by_value else at.version == deed.base

    def _at(self, deed: Deed) -> Register:
        return self._registers.setdefault(deed.key or "", Register())


class RegisterClients:
    """Clients that read, set, add, and change what they have read until they get through."""

    def __init__(self, network: Network, store: RegisterStore, *, values: int) -> None:
        self._network = network
        self._store = store
        self._values = values

    def work(self, client: str, tasks: int) -> Process:
        """One client after its tasks."""
        chance = self._network.chance
        for number in range(tasks):
            yield self._network.pause(0, 80)
            key = f"register/r{chance.randrange(3)}"
            verb = chance.choice([self._look, self._set, self._add, self._change, self._change])
            for attempt in range(1, 6):
                deed = partial(Deed, client=client, task=f"{client}.{number}", attempt=attempt)
                if (yield from verb(deed, key)) or chance.random() < 0.1:
                    break
                yield self._network.pause(20 * 2**attempt, 60 * 2**attempt)

    def _look(self, deed: "partial[Deed]", key: str) -> Asked:
        return (yield from self._network.ask(deed(kind="read", key=key), self._store.read))

    def _set(self, deed: "partial[Deed]", key: str) -> Asked:
        return (yield from self._write(deed(kind="write", key=key, after=self._value())))

    def _add(self, deed: "partial[Deed]", _: str) -> Asked:
        return (yield from self._write(deed(kind="write", key="counter/c0", commutative=True)))

    def _change(self, deed: "partial[Deed]", key: str) -> Asked:
        look = deed(kind="read", key=key)
        if not (yield from self._network.ask(look, self._store.read)):
            return False
        yield self._network.pause(0, 30)
        write = deed(kind="write", key=key, base=look.base, before=look.before)
        write.after, write.guarded = self._value(), self._store.protected
        return (yield from self._write(write))

    def _write(self, write: Deed) -> Asked:
        answered = yield from self._network.ask(write, self._store.write)
        return answered and write.outcome != "rejected"

    def _value(self) -> int:
        return self._network.chance.randrange(self._values)
