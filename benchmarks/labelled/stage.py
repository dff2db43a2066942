"""Where a story is played: it hands out names and moments, and takes down what is logged."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from benchmarks.labelled.fact import Fact
from sample_data.identifiers import Identifiers, content_hash
from sample_data.moments import later

Entity = tuple[str, str]


class Stage:
    """One instance of one story.

    Names and moments depend on the seed and the label alone, so that an instance is the same
    whatever else is played beside it.

    Attributes:
        at: When the story begins.
        log: The format in which its main system logs this time.
        random: For counts, gaps and choices.
    """

    def __init__(self, seed: int, label: str | None, at: datetime, logs: tuple[str, ...]) -> None:
        self.label = label
        self.at = at
        self.random = Random(f"{seed}/{label}/{at.isoformat()}")
        self.log = self.random.choice(logs)
        self.facts: list[Fact] = []
        self._ids = Identifiers(content_hash(seed, label, at))

    def note(
        self,
        seconds: float,
        kind: str,
        action: str,
        *,
        log: str | None = None,
        run: str | None = None,
        system: str = "shop",
        entity: Entity | None = None,
        lasts: float | None = None,
        payload: dict[str, Any] | None = None,
        **columns: object,
    ) -> Fact:
        """Take down one thing.

        Args:
            seconds: After the beginning of the story.
            kind: Canonical kind.
            action: The verb.
            log: The format it is logged in; the story's own when None.
            run: The execution it belongs to; one of its own when None.
            system: The system that acted.
            entity: Type and id of the record acted on.
            lasts: Seconds until it ended; unknown when None.
            payload: What else the native record says.
            columns: Further canonical columns.
        """
        at = later(self.at, round(seconds, 6))
        filled: dict[str, Any] = {
            "system": system, "kind": kind, "action": action, "outcome": "ok",
            "execution_id": run or self.run(), "environment": "live",
        }  # fmt: skip
        if entity:
            filled["entity_type"], filled["entity_id"] = entity
        if lasts is not None:
            filled["ended_at"] = at + timedelta(seconds=lasts)
        filled |= {name: value for name, value in columns.items() if value is not None}
        fact = Fact(
            label=self.label, log=log or self.log, at=at, columns=filled, payload=payload or {}
        )
        self.facts.append(fact)
        return fact

    def token(self, prefix: str, length: int = 14) -> str:
        """A new id such as `ch_3Qk…`."""
        return self._ids.token(prefix, length)

    def run(self) -> str:
        """The id of a new execution."""
        return self._ids.token("run_", 14)

    def key(self) -> str:
        """A new idempotency key."""
        return self._ids.uuid("key")

    def order(self) -> Entity:
        """A new order."""
        return ("order", f"ORD-{self._ids.number('order') % 10**9:09d}")

    def customer(self) -> str:
        """Somebody new."""
        return self._ids.token("cus_", 14)

    def cents(self) -> int:
        """An amount that few others pay, in minor units."""
        return self.random.randint(23_00, 980_00) * 10 + self.random.choice((1, 3, 7, 9))

    def hash(self, *parts: object) -> int:
        """What a hash column holds for a content."""
        return content_hash(self.label, *parts)

    def between(self, low: float, high: float) -> float:
        """A number of seconds, as it happens."""
        return round(self.random.uniform(low, high), 3)

    def about(self, seconds: float) -> float:
        """A number of seconds within a tenth of this."""
        return self.between(seconds * 0.9, seconds * 1.1)

    def moments(self, count: int, gap: float) -> Iterator[float]:
        """Yield `count` moments that come about `gap` seconds after each other, from 0 on."""
        moment = 0.0
        for _ in range(count):
            yield moment
            moment += self.between(gap * 0.4, gap * 1.6)
