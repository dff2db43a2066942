"""Stores of transactions: strict two-phase locking, serial validation, or snapshots."""

from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from benchmarks.reach.histories.network import LOST, MILLISECOND, WAIT, Deed, Network, Process

Discipline = Literal["locking", "validating", "snapshot"]
IDLE = 600 * MILLISECOND


@dataclass
class Transaction:
    """One attempt at a task, as the store sees it."""

    name: str
    snapshot: int
    reads: dict[str, Deed] = field(default_factory=dict)
    writes: list[Deed] = field(default_factory=list)
    ended: bool = False


class TransactionStore:
    """Records with every version that they had.

    Writes are kept aside until the commit. `anomalies` is what the store knows to have gone wrong,
    by record: an update built on a version that was no longer the current one.
    """

    def __init__(self, discipline: Discipline, *, protected: bool) -> None:
        self.discipline = discipline
        self.protected = protected
        self.anomalies: set[str] = set()
        self._commits = 0
        self._versions: dict[str, list[tuple[int, object]]] = defaultdict(lambda: [(0, 0)])
        self._locks: dict[str, dict[str, bool]] = defaultdict(dict)
        self._done: set[str] = set()

    def begin(self, name: str) -> Transaction:
        """A transaction sees what was committed before it began, if snapshots are kept."""
        return Transaction(name, self._commits)

    def done(self, operation: str) -> bool:
        """Whether a transaction of that operation was committed."""
        return operation in self._done

    def read(self, of: Transaction, deed: Deed, *, alone: bool) -> object:
        """See a record, locked where the store locks; `alone` when it is to be written."""
        if not self._lock(of, deed.key or "", alone=alone):
            return WAIT
        history = self._versions[deed.key or ""]
        seen = len(history) - 1
        if self.discipline == "snapshot":
            seen = max(n for n, (commit, _) in enumerate(history) if commit <= of.snapshot)
        deed.base, deed.before = seen, history[seen][1]
        of.reads[deed.key or ""] = deed
        return None

    def write(self, of: Transaction, deed: Deed) -> object:
        """Put a write aside."""
        if not self._lock(of, deed.key or "", alone=True):
            return WAIT
        of.writes.append(deed)
        return None

    def commit(self, of: Transaction, deed: Deed) -> None:
        """Let all take effect, or refuse."""
        if of.ended:
            deed.outcome = "rejected"
            return
        if self.protected and not self._may(of):
            deed.outcome = "rejected"
            self.end(of)
            return
        self._commits += 1
        for write in of.writes:
            history = self._versions[write.key or ""]
            read = of.reads.get(write.key or "")
            if read and read.base != len(history) - 1 and not write.commutative:
                self.anomalies.add(write.key or "")
            if write.commutative:
                write.after = int(str(history[-1][1])) + 1
            write.version = len(history)
            history.append((self._commits, write.after))
        self._done.add(of.name.rpartition("/")[0])
        self.end(of)

    def end(self, of: Transaction) -> None:
        """Forget it and its locks."""
        of.ended = True
        for holders in self._locks.values():
            holders.pop(of.name, None)

    def _lock(self, of: Transaction, key: str, *, alone: bool) -> bool:
        if of.ended or not self.protected or self.discipline != "locking":
            return True
        holders = self._locks[key]
        others = [others_alone for name, others_alone in holders.items() if name != of.name]
        if others and (alone or any(others)):
            return False
        holders[of.name] = alone or holders.get(of.name, False)
        return True

    def _may(self, of: Transaction) -> bool:
        """Whether nobody changed what it rests on."""
        if self.discipline == "validating":
            return all(len(self._versions[k]) - 1 == read.base for k, read in of.reads.items())
        if self.discipline == "snapshot":
            rests = {w.key or "" for w in of.writes}
            rests |= {k for k, read in of.reads.items() if read.guarded}
            return all(self._versions[k][-1][0] <= of.snapshot for k in rests)
        return True


Step = tuple[str, str]
"""What is done, and to which record: `see`, `hold` (see and lock), `change`, `add`, `set`."""


class Clients:
    """Several clients that work on tasks, try again, give up, and fail in the middle."""

    def __init__(self, network: Network, store: TransactionStore, *, values: int) -> None:
        self._network = network
        self._store = store
        self._values = values

    def work(self, client: str, tasks: int) -> Process:
        """One client after its tasks."""
        chance = self._network.chance
        for number in range(tasks):
            yield self._network.pause(0, 120)
            steps = self._task()
            task = f"{client}.{number}"
            for attempt in range(1, 5):
                settled = yield from self._attempt(client, task, attempt, steps)
                if settled or chance.random() < 0.1:
                    break
                yield self._network.pause(20 * 2**attempt, 60 * 2**attempt)

    def _task(self) -> list[Step]:
        chance = self._network.chance
        one, two = sorted(chance.sample([f"account/a{n}" for n in range(3)], 2))
        return chance.choice(
            [
                [("see", one), ("see", two), ("change", one), ("change", two)],
                [("see", one), ("change", one)],
                [("see", one), ("see", two)],
                [("hold", one), ("see", two), ("change", two)],
                [("add", "counter/c0")],
                [("see", "list/l0"), ("append", "list/l0")],
                [("set", f"register/r{chance.randrange(2)}")],
                [("see", "register/r0"), ("change", "register/r0")],
            ]
        )

    def _attempt(
        self, client: str, task: str, attempt: int, steps: list[Step]
    ) -> Generator[int, None, bool]:
        network, store = self._network, self._store
        of = store.begin(f"{task}/{attempt}")

        deed = partial(Deed, client=client, task=task, attempt=attempt)
        changed = {key for verb, key in steps if verb not in ("see", "hold")}
        commit = deed(kind="commit")
        for verb, key in steps:
            if network.chance.random() < LOST / 2:
                self._abandon(of, commit)
                return True
            act: Callable[[Deed], object]
            if verb in ("see", "hold"):
                step = deed(kind="read", key=key, guarded=verb == "hold" and store.protected)
                act = partial(store.read, of, alone=verb == "hold" or key in changed)
            else:
                step = deed(kind="write", key=key, commutative=verb == "add", settled=commit)
                step.after, step.base = self._made(of, verb, key)
                act = partial(store.write, of)
            if not (yield from network.ask(step, act)) or step.outcome != "ok":
                self._abandon(of, commit)
                return False
            yield network.pause(0, 25)
        if attempt > 1 and store.done(task):
            store.end(of)
            commit.outcome = "replayed"
            commit.sent = commit.acted = commit.answered = network.now
            network.acts(commit)
            network.deeds.append(commit)
            return True
        answered = yield from network.ask(commit, partial(store.commit, of))
        if commit.acted is None:
            self._abandon(of, commit)
        return answered and commit.outcome == "ok"

    def _made(self, of: Transaction, verb: str, key: str) -> tuple[object, int | None]:
        read = of.reads.get(key)
        value = self._network.chance.randrange(self._values)
        if verb == "append":
            return (f"{read.before if read else ''},{value}", read.base if read else None)
        return (None if verb == "add" else value), read.base if read else None

    def _abandon(self, of: Transaction, commit: Deed) -> None:
        """The client is gone; the store notices after a while and rolls back."""

        def noticed() -> Process:
            yield 0
            if not of.ended:
                self._store.end(of)
                ending = Deed(
                    kind="rollback", client=commit.client, task=commit.task, attempt=commit.attempt
                )
                self._network.acts(ending)
                self._network.deeds.append(ending)

        self._network.start(noticed(), IDLE)
