"""How far an incident reached, in four units: money, customers, operations, forensic complexity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from forensics.model.finding import Exposure
from forensics.model.impact import Estimate
from forensics.model.operations import Operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Effects that should not have been, of one currency, stage and certainty.

    Attributes:
        currency: ISO 4217; empty where no log names it.
        stage: `authorised`, `captured`, ... or empty where no log says.
        certain: `confirmed` (the callee vouches for the effect, and the finding is proven or
            strong) or `possible`.
        effects: How many.
        gross: Their sum, in major units.
        compensated: What was taken back of it.
        by_witness: What is still out, by who vouches for the effects, as in `Total`.
    """

    currency: str
    stage: str
    certain: str
    effects: int
    gross: Decimal
    compensated: Decimal
    by_witness: Mapping[str, Decimal]

    @property
    def net(self) -> Decimal:
        """What is still out."""
        return self.gross - self.compensated


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOut:
    """Between what and what the money still out lies, in one currency.

    Attributes:
        currency: ISO 4217; empty where no log names it.
        low: What is confirmed.
        high: With what is possible, and with calls of which no log tells the outcome.
    """

    currency: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Customers to whom one thing was done.

    Attributes:
        harm: `charged` (too much, and not yet given back in full), `charged wrongly` (two logs say
            different sums of a charge), `repaid` (charged too much, and given it back), `credited`
            (given too much), `messaged twice`, `data wrong`, `delayed` or `touched`.
        certain: `confirmed` or `possible`, as for `Money`.
        customers: Who, sorted; one id with two tenants is two of them.
        tenants: Whose customer each is; empty where no log says.
    """

    harm: str
    certain: str
    customers: Sequence[str]
    tenants: Sequence[str]

    @property
    def owned(self) -> set[tuple[str, str]]:
        """Each customer once, as tenant and id."""
        return set(zip(self.tenants, self.customers, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Effects that the excess runs led to further on, of one class, stage, currency and certainty.

    Attributes:
        effect_class: Such as `messaging`.
        stage: As for `Money`.
        currency: ISO 4217; empty where no log names it.
        certain: `confirmed` (reached over explicit ids alone, from a proven or strong finding) or
            `possible`: what they are reached from is inferred.
        effects: How many.
        amount: Their sum, the upper end; None where no log tells any.
        expected: The sum of each amount times the probability that it was reached; None where that
            is not known of all of them.
    """

    effect_class: str
    stage: str
    currency: str
    certain: str
    effects: int
    amount: Decimal | None
    expected: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedLogs:
    """Two logs of an incident's evidence that share a name: a join for somebody to make.

    Attributes:
        left: One log.
        right: The other.
        by: What the name is of: `effect`, `operation`, `message`, `run`, `trace`, `transaction`,
            `customer`, or the type of a record.
    """

    left: str
    right: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastRadius:
    """How far an incident reached, in four units. Each effect is counted once in all incidents.

    Attributes:
        money: Excess effects by currency, stage and certainty.
        estimates: What it may cost besides, by the rates that were declared.
        still_out: Between what and what the money still out lies, a currency each.
        unresolved: Money of calls whose outcome no log tells: it may be out besides.
        followed: Effects that the excess runs led to further on, by class; no finding counts them.
        reached: The same with their money, and how sure it is that they were reached.
        harms: Customers by what was done to them.
        outstanding: Excess effects that were not taken back.
        repeated: Customers hit more than once.
        corrected_s: Seconds until what was taken back was: the median; None where nothing was.
        records_wrong: Records that a race may have left wrong.
        calls_wasted: Tries beyond the first, each counted once.
        backlog: Work of the incident that is unfinished at the end of the logs.
        operations: What it did to operations, each number only where the logs can tell it.
        systems: Systems touched, sorted.
        refused: Operations of others that a limit refused, at the callee of a storm or circle
            meanwhile.
        refused_customers: Customers among those.
        starved: Operations of others that waited there in vain meanwhile, and had not before:
            possibly on a limit that was used up.
        starved_customers: Customers among those.
        hops: Causes on the shortest proof of the finding that takes most of them: from a run of
            what was done first to one of what was done again; 0 where names alone join the two.
        proof_systems: Systems on the shortest proofs of its findings; 0 where `hops` is.
        inferred: Share of the causes between its runs, and of the story's ties, that no id shows.
        open_questions: Innocent readings that the logs cannot decide.
        sources_joined: Logs that a person would have had to read side by side.
        joins: By which names two of them are joined.
    """

    money: Sequence[Money] = ()
    estimates: Sequence[Estimate] = ()
    still_out: Sequence[StillOut] = ()
    unresolved: Sequence[Exposure] = ()
    followed: Sequence[tuple[str, int]] = ()
    reached: Sequence[Reached] = ()
    harms: Sequence[Harm] = ()
    outstanding: int = 0
    repeated: int = 0
    corrected_s: float | None = None
    records_wrong: int = 0
    calls_wasted: int = 0
    backlog: int = 0
    operations: Operations = field(default_factory=Operations)
    systems: Sequence[str] = ()
    refused: int = 0
    refused_customers: int = 0
    starved: int = 0
    starved_customers: int = 0
    hops: int = 0
    proof_systems: int = 0
    inferred: float = 0
    open_questions: int = 0
    sources_joined: int = 0
    joins: Sequence[JoinedLogs] = ()
