"""What a run leaves behind beside its logs: the account of those who saw the effects themselves."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that a receiver did for somebody.

    Attributes:
        name: Its id in the receiver's own books.
        owed: What it was done for, and what is owed once.
        customer: Whom it concerns.
        amount: Money in major units.
        currency: Its currency; empty where no money moved.
    """

    name: str
    owed: str
    customer: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""


@dataclass(slots=True)
class Ledger:
    """A receiver's own books, which no log tells of."""

    effects: list[Effect] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, effect: Effect) -> None:
        """Note what was done, in the order in which it was done."""
        with self._lock:
            self.effects.append(effect)

    def excess(self, noted: Container[str] = ()) -> list[Effect]:
        """All but one that was done for what is owed: the one that is noted, else the first.

        Args:
            noted: Ids that stand in the books of who asked for it.
        """
        kept: dict[str, Effect] = {}
        for effect in sorted(self.effects, key=lambda effect: effect.name not in noted):
            kept.setdefault(effect.owed, effect)
        return [effect for effect in self.effects if effect is not kept[effect.owed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One thing that went wrong.

    Attributes:
        what: In a sentence.
        patterns: The names under which it may be found: all say the same of it.
        about: Ids of effects or records that its evidence must hold; effects that were too many,
            records that are wrong.
        root: What was done first of all that it follows from: each log that tells of it, to words
            that the first line of it bears.
        mechanism: How a thing came to be done twice, by the name that a finding gives it; empty
            for what is of no such kind. The logs need not show it.
        not_shown: Why no log of the recording can show it; empty where one can.
    """

    what: str
    patterns: Sequence[str]
    about: Sequence[str]
    root: Mapping[str, Sequence[str]]
    mechanism: str = ""
    not_shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened.

    Attributes:
        failures: What went wrong, one entry a thing.
        excess: Ids of effects that should not have been.
        money: Currency to the sum of these.
        customers: Whom they hit.
        damaged: Ids of records that are wrong now.
        incidents: How many unconnected things happened.
        apart: What connects them though no line of the logs does; empty where one does. Then they
            may be told as more.
        goes_on: Whether it would have gone on had the recording not ended.
    """

    failures: Sequence[Failure] = ()
    excess: Sequence[str] = ()
    money: dict[str, str] = field(default_factory=dict)
    customers: Sequence[str] = ()
    damaged: Sequence[str] = ()
    incidents: int = 0
    apart: str = ""
    goes_on: bool = False

    def document(self) -> dict[str, Any]:
        """As it is written beside the logs."""
        return asdict(self)


def made_again(
    effects: Iterable[Effect],
    how: str,
    patterns: tuple[str, ...],
    root: Callable[[str], Mapping[str, Sequence[str]]],
    mechanism: str = "",
) -> list[Failure]:
    """A failure for each effect that was made too often.

    Args:
        effects: Those too many.
        how: What made it again, to follow "was made".
        patterns: The names under which it may be found.
        root: The name of an order to what was done first, as in `Failure`.
        mechanism: As in `Failure`.
    """
    return [
        Failure(
            what=f"the {effect.owed} was made {how}",
            patterns=patterns,
            about=[effect.name],
            root=root(effect.owed.rpartition(" ")[2]),
            mechanism=mechanism,
        )
        for effect in effects
    ]


def told_by(
    ledger: Ledger,
    failures: Iterable[Failure],
    *,
    incidents: int,
    apart: str = "",
    noted: Container[str] = (),
    goes_on: bool = False,
) -> Truth:
    """The truth, its sums made from what a receiver noted."""
    excess = ledger.excess(noted)
    money: Counter[str] = Counter()
    for effect in excess:
        if effect.currency:
            money[effect.currency] += effect.amount  # type: ignore[assignment] - counts money
    return Truth(
        failures=list(failures),
        excess=sorted(effect.name for effect in excess),
        money={currency: str(amount) for currency, amount in sorted(money.items())},
        customers=sorted({effect.customer for effect in excess if effect.customer}),
        incidents=incidents,
        apart=apart,
        goes_on=goes_on,
    )
