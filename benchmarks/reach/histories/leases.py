"""A queue that delivers again, a lock service with leases, and a store that minds its tokens."""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

from benchmarks.reach.histories.network import LOST, MILLISECOND, Deed, Network, Process

LEASE = 300 * MILLISECOND
VISIBLE_AGAIN = 500 * MILLISECOND


@dataclass
class Message:
    """A job in the queue: what to do to which record."""

    name: str
    key: str
    visible_at: int = 0
    deliveries: int = 0
    done: bool = False


@dataclass
class Lock:
    """Who holds it, until when, and the token of the last grant."""

    holder: str = ""
    until: int = 0
    token: int = 0


class LeasedStore:
    """The queue, the locks, the records and the provider.

    Unprotected, the records take any token and the provider does not know its keys. `anomalies`
    holds the records that took an older token, and the jobs that were charged again.
    """

    def __init__(self, *, protected: bool) -> None:
        self.protected = protected
        self.anomalies: set[str] = set()
        self._messages: deque[Message] = deque()
        self._locks: dict[str, Lock] = {}
        self._tokens: dict[str, int] = {}
        self._records: dict[str, tuple[int, object]] = {}
        self._charges: dict[str, str] = {}
        self._charged = 0

    def put(self, message: Message) -> None:
        """A job is to be done."""
        self._messages.append(message)

    def take(self, now: int) -> Message | None:
        """A job that is visible; it comes again unless it is done in time."""
        for message in self._messages:
            if not message.done and message.visible_at <= now:
                message.visible_at = now + VISIBLE_AGAIN
                message.deliveries += 1
                return message
        return None

    def empty(self) -> bool:
        """Whether all is done, or was tried often enough."""
        return all(m.done or m.deliveries > 6 for m in self._messages)

    def acquire(self, deed: Deed, now: int) -> None:
        """Grant the lock unless a lease of another runs."""
        lock = self._locks.setdefault(deed.key or "", Lock())
        if lock.holder and lock.until > now:
            deed.outcome = "rejected"
            return
        lock.holder, lock.until, lock.token = run_of(deed), now + LEASE, lock.token + 1
        deed.more = {"token": lock.token, "until": lock.until}

    def renew(self, deed: Deed, now: int) -> None:
        """Make the lease longer, if it still runs."""
        lock = self._locks[deed.key or ""]
        if lock.holder != run_of(deed) or lock.until <= now:
            deed.outcome = "rejected"
            return
        lock.until = now + LEASE
        deed.more = {"token": lock.token, "until": lock.until}

    def release(self, deed: Deed, now: int) -> None:
        """Give the lock back, if it is still one's own."""
        lock = self._locks[deed.key or ""]
        if lock.holder != run_of(deed) or lock.until <= now:
            deed.outcome = "rejected"
            return
        lock.holder = ""

    def read(self, deed: Deed) -> None:
        """See a record; the store minds the token of the reader too."""
        self._mind(deed)
        deed.base, deed.before = self._records.get(deed.key or "", (0, 0))

    def write(self, deed: Deed) -> None:
        """Change a record."""
        if not self._mind(deed):
            deed.outcome = "rejected"
            return
        version = self._records.get(deed.key or "", (0, 0))[0] + 1
        deed.version = version
        self._records[deed.key or ""] = (version, deed.after)

    def charge(self, deed: Deed) -> None:
        """Charge once for an operation key."""
        key = deed.more["operation_key"]
        known = self._charges.get(key)
        if known:
            if self.protected:
                deed.outcome, deed.more["effect_id"] = "replayed", known
                return
            self.anomalies.add(key)
        self._charged += 1
        self._charges[key] = deed.more["effect_id"] = f"ch_{self._charged}"

    def _mind(self, deed: Deed) -> bool:
        """Whether the token is no older than any seen."""
        token, newest = deed.more["token"], self._tokens.get(deed.key or "", 0)
        if token < newest and deed.kind == "write":
            if self.protected:
                return False
            self.anomalies.add(deed.key or "")
        self._tokens[deed.key or ""] = max(token, newest)
        return True


def run_of(deed: Deed) -> str:
    """The run that did it."""
    return f"{deed.task}/{deed.attempt}"


class Workers:
    """Workers that take jobs, lock the record, work, and sometimes stop for too long."""

    def __init__(self, network: Network, store: LeasedStore) -> None:
        self._network = network
        self._store = store

    def work(self, client: str, jobs: int) -> Process:
        """One worker, until all jobs are done; it puts some of its own into the queue first."""
        network, store = self._network, self._store
        for number in range(jobs):
            key = f"order/o{network.chance.randrange(3)}"
            store.put(Message(f"{client}.{number}", key))
        while not store.empty():
            message = store.take(network.now)
            if message:
                yield from self._handle(client, message)
            yield network.pause(5, 60)

    def _handle(self, client: str, message: Message) -> Process:
        network, store, chance = self._network, self._store, self._network.chance
        of_run = partial(Deed, client=client, task=message.name, attempt=message.deliveries)
        deed = partial(of_run, key=message.key)
        delivery = of_run(kind="delivery", more={"delivery_id": message.name})
        network.acts(delivery)
        delivery.sent = delivery.answered = network.now
        network.deeds.append(delivery)
        taken = deed(kind="lock")
        heard = yield from network.ask(taken, lambda d: store.acquire(d, network.now))
        if not heard or taken.outcome != "ok":
            return
        token = {"token": taken.more["token"]}
        look = deed(kind="read", more=token)
        if not (yield from network.ask(look, store.read)):
            return
        yield from self._think(deed)
        if chance.random() < LOST:
            return
        write = deed(kind="write", base=look.base, after=message.name, more=token)
        if not (yield from network.ask(write, store.write)):
            return
        if write.outcome == "ok":
            charge = of_run(kind="effect", more={"operation_key": f"job-{message.name}"})
            if (yield from network.ask(charge, store.charge)):
                message.done = True
        yield from network.ask(deed(kind="unlock"), lambda d: store.release(d, network.now))

    def _think(self, deed: "partial[Deed]") -> Generator[int, None, None]:
        """Work for a while; now and then for longer than the lease."""
        network = self._network
        yield network.pause(5, 60)
        if network.chance.random() < 0.3:
            yield from network.ask(
                deed(kind="renewal"), lambda d: self._store.renew(d, network.now)
            )
        if network.chance.random() < 0.2:
            yield network.pause(350, 700)
