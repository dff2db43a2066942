"""What several logs would tell of one history, well or badly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal
from zlib import crc32

from benchmarks.reach.histories.network import MILLISECOND, Deed

Row = dict[str, Any]

_START = datetime(2026, 11, 2, 9, tzinfo=UTC)
_OFFSET = 400 * MILLISECOND
_SERVERS = {
    "delivery": "queue", "lock": "locks", "renewal": "locks", "unlock": "locks",
    "effect": "provider",
}  # fmt: skip
_VANTAGES = {"queue": "broker", "provider": "provider", "store": "database", "locks": "server"}
_LOCKS = {"lock": "start", "renewal": "progress", "unlock": "end"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What the logs hold of what happened.

    Attributes:
        logs: Whose logs there are.
        versions: They number the states of a record.
        hashes: They have hashes of what was read and written.
        bases: A write names the version that it was built on.
        transactions: They name transactions, and show how these ended.
        order: The stores' logs are numbered.
        at_commit: The store logs its writes when they are committed.
        runs: Whether each attempt is a run, or the whole task.
        carried: Whether the id of the run travels to the stores; else it is the cause there.
        ends: Clients log when they were answered, too.
        one_process: The clients share a clock.
        refusal: How a refused commit is logged.
        resolution_us: What the logs' times are cut to.
    """

    logs: Literal["client", "server", "both"]
    versions: bool
    hashes: bool
    bases: bool
    transactions: bool
    order: bool
    at_commit: bool
    runs: Literal["attempt", "task"]
    carried: bool
    ends: bool
    one_process: bool
    refusal: Literal["rejected", "error"]
    resolution_us: int


def some_telling(chance: Random) -> Telling:
    """One of the many ways."""

    def flip() -> bool:
        return chance.random() < 0.5

    return Telling(
        logs=chance.choice(["client", "server", "both"]),
        versions=chance.random() < 0.7,
        hashes=flip(),
        bases=flip(),
        transactions=flip(),
        order=flip(),
        at_commit=flip(),
        runs=chance.choice(["attempt", "task"]),
        carried=flip(),
        ends=chance.random() < 0.7,
        one_process=flip(),
        refusal=chance.choice(["rejected", "error"]),
        resolution_us=chance.choice([1, MILLISECOND, 1_000 * MILLISECOND]),
    )


def told(name: str, deeds: Sequence[Deed], telling: Telling, chance: Random) -> list[Row]:
    """The events of a history, which is the tenant that it is told of."""
    return list(_Teller(name, telling, chance).rows(deeds))


class _Teller:
    def __init__(self, name: str, telling: Telling, chance: Random) -> None:
        self._name = name
        self._telling = telling
        self._chance = chance
        self._offsets: dict[str, int] = {}
        self._rows = 0

    def rows(self, deeds: Sequence[Deed]) -> Iterator[Row]:
        for deed in deeds:
            if self._telling.logs != "server" and (row := self._by_client(deed)):
                yield row
            if self._telling.logs != "client" and (row := self._by_server(deed)):
                yield row

    def _by_client(self, deed: Deed) -> Row | None:
        if deed.kind == "rollback":
            return None
        outcome = deed.outcome if deed.answered is not None else "timeout"
        answered = deed.answered
        if deed.settled and not self._telling.transactions:
            commit = deed.settled
            if not commit.sent:
                return None
            answered = commit.answered
            outcome = commit.outcome if answered is not None else "timeout"
        system = "app" if self._telling.one_process else deed.client
        row = self._row(
            deed, log="app", system=system, at=deed.sent, until=answered, outcome=outcome,
            heard=answered is not None,
        )  # fmt: skip
        if row is None:
            return None
        if deed.kind != "delivery":
            row["target_system"] = f"{self._name}-{_SERVERS.get(deed.kind, 'store')}"
        return row | {
            "vantage": "client", "actor": deed.client, "execution_id": self._run(deed)
        }  # fmt: skip

    def _by_server(self, deed: Deed) -> Row | None:
        acted, place, outcome = deed.acted, deed.place, deed.outcome
        if deed.settled and (self._telling.at_commit or not self._telling.transactions):
            acted, place, outcome = (
                deed.settled.acted, deed.settled.place, deed.settled.outcome
            )  # fmt: skip
        if acted is None:
            return None
        system = _SERVERS.get(deed.kind, "store")
        row = self._row(
            deed, log=system, system=system, at=acted, until=None, outcome=outcome, heard=True
        )
        if row is None:
            return None
        row["vantage"] = _VANTAGES[system]
        if self._telling.order:
            row["source_seq"] = place * 100 + self._rows % 100
        if self._telling.carried or deed.kind in _LOCKS:
            row["execution_id"] = self._run(deed)
        else:
            row["execution_id"] = f"{self._name}-request-{self._rows}"
            row["cause_id"] = self._run(deed)
        return row

    def _row(
        self, deed: Deed, *, log: str, system: str, at: int, until: int | None, outcome: str,
        heard: bool,
    ) -> Row | None:  # fmt: skip
        telling = self._telling
        ending = deed.kind in ("commit", "rollback")
        if ending and not telling.transactions:
            return None
        self._rows += 1
        row: Row = {
            "event_id": f"{self._name}-{self._rows}",
            "source": f"{self._name}-{log}",
            "tenant": self._name,
            "system": f"{self._name}-{system}",
            "kind": deed.kind,
            "action": deed.kind,
            "occurred_at": self._time(system, at),
            "outcome": outcome,
            "clock_resolution_us": telling.resolution_us,
            "workflow": f"{self._name}-job",
        }
        if until is not None and telling.ends:
            row["ended_at"] = self._time(system, until)
        if ending:
            row |= self._ending(deed, outcome)
        elif outcome == "rejected":
            row |= {"outcome": telling.refusal, "error": "conflict", "error_kind": "conflict"}
        if telling.transactions and deed.kind in ("read", "write", "commit", "rollback"):
            row["transaction_id"] = f"{self._name}-{deed.task}-{deed.attempt}"
        if deed.key:
            row["entity_type"], _, row["entity_id"] = deed.key.partition("/")
        if deed.kind in ("read", "write"):
            row |= self._content(deed, heard=heard)
        return row | self._other(deed, heard=heard)

    def _ending(self, deed: Deed, outcome: str) -> Row:
        if deed.kind == "rollback" or outcome == "replayed":
            return {"kind": "other", "action": "rollback", "outcome": "ok"}
        refused = {"outcome": self._telling.refusal, "error_kind": "conflict"}
        return {"kind": "other"} | (refused if outcome == "rejected" else {})

    def _content(self, deed: Deed, *, heard: bool) -> Row:
        telling, row = self._telling, {}
        if deed.kind == "write":
            row = {
                "write_kind": "update",
                "commutative": True if deed.commutative else None,
                "operation_key": f"{self._name}-{deed.task}",
            }
            if telling.versions and heard and deed.version is not None:
                row["version_written"] = str(deed.version)
            if telling.versions and telling.bases and deed.base is not None:
                row["version_read"] = str(deed.base)
            if telling.hashes and not deed.commutative:
                row["after_hash"] = _hash(deed.after)
        elif heard:
            if telling.versions and deed.base is not None:
                row["version_read"] = str(deed.base)
            if telling.hashes:
                row["before_hash"] = _hash(deed.before)
        if deed.guarded:
            row["conditional"] = True
        return row

    def _other(self, deed: Deed, *, heard: bool) -> Row:
        row: Row = {k: v for k, v in deed.more.items() if k not in ("token", "until")}
        if deed.kind == "delivery":
            row |= {
                "attempt": deed.attempt, "attempt_kind": "broker",
                "handoff_id": f"{self._name}-{deed.task}-{deed.attempt}",
                "delivery_id": f"{self._name}-{deed.task}",
            }  # fmt: skip
        if deed.kind == "effect":
            row |= {
                "action": "charge", "effect_class": "billing",
                "operation_key": f"{self._name}-{deed.more['operation_key']}",
                "effect_id": f"{self._name}-{deed.more['effect_id']}" if heard else None,
            }  # fmt: skip
        token, until = deed.more.get("token"), deed.more.get("until")
        if deed.kind in _LOCKS:
            row |= {"kind": "lock", "phase": _LOCKS[deed.kind], "action": deed.kind}
            row["entity_type"] = "lock"
        if token is not None and (heard or deed.kind == "write"):
            # A lease ends by the clock of the lock service, whoever tells of it.
            expires = self._time("locks", until) if until is not None else None
            row["lock"] = {"mode": "exclusive", "expires_at": expires, "fencing_token": str(token)}
        return row

    def _run(self, deed: Deed) -> str:
        task = f"{self._name}-{deed.task}"
        return task if self._telling.runs == "task" else f"{task}-{deed.attempt}"

    def _time(self, system: str, at: int) -> datetime:
        offset = self._offsets.setdefault(system, self._chance.randint(-_OFFSET, _OFFSET))
        stamp = at + offset
        return _START + timedelta(microseconds=stamp - stamp % self._telling.resolution_us)


def _hash(value: object) -> int:
    return crc32(repr(value).encode())
