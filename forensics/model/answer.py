"""The answers to what people ask of one order, customer, charge, message, key or run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often effects of one class happened under one name, and how far that can be said.

    Attributes:
        name: The kind of name and the name: `order ORD-17`.
        effect_class: Class of the effects; None where no log says.
        money_stage: Stage of the money, where it moved any.
        takes_money: Whether it took money: captured, settled or debited.
        word: `once`, `several`, `at least once`, `unknown` (no log shows that it happened).
        times: Effects that happened and have an id of their own.
        sentence: The verdict.
        because: What keeps it from being said that it was only once; empty with `once`.
        effects: Ids of the effects, the best vouched for first.
        findings: Ids of the findings that call one of them a duplicate, or the original of one.
        witnesses: Events that tell of them.
    """

    name: str
    effect_class: str | None
    money_stage: str | None
    takes_money: bool
    word: str
    times: int
    sentence: str
    because: Sequence[str]
    effects: Sequence[str]
    findings: Sequence[str]
    witnesses: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedLine:
    """One log line that tells of what was asked for.

    Attributes:
        event_id: The event.
        source: The log.
        place: File and line, and the element of a document's list; else the source's own position.
        occurred_at: By the clock of the log, UTC; None when it has none.
        true_at: By the reference clock of the case.
        error_us: How far `true_at` may be off against other clocks, in microseconds.
        resolution_us: Nothing below it is ordered by this clock, in microseconds.
        in_order: Whether it came after the line above: `first` (there is none), `definite`,
            `possible` (either may have been first) or `unknown` (one of the two has no time).
        system: Who acted.
        target_system: Whom it called.
        kind: What the row is.
        phase: Which row of an action that is logged in several.
        action: The verb.
        outcome: What came of it.
        error: Code or word of the error, as logged.
        entity: Type and id of the record.
        effect_id: The change in the world.
        operation_key: What the caller meant to do once.
        delivery_id: The message.
        execution_id: The run.
        customer_id: Who is affected.
        amount: Money in major units, as text.
        currency: Its currency.
        money_stage: Where the money stood.
        step: 0 where the line itself says what was asked for, else how many steps away it is.
        reached: How it was reached, as a clause.
    """

    event_id: str
    source: str
    place: str
    occurred_at: datetime | None
    true_at: datetime | None
    error_us: int
    resolution_us: int
    in_order: str
    system: str | None
    target_system: str | None
    kind: str
    phase: str
    action: str
    outcome: str
    error: str | None
    entity: str | None
    effect_id: str | None
    operation_key: str | None
    delivery_id: str | None
    execution_id: str
    customer_id: str | None
    amount: str | None
    currency: str | None
    money_stage: str | None
    step: int
    reached: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the case holds of one id.

    Attributes:
        asked: The id.
        found_as: As what the logs name it: `order`, `effect`, `key`, `message`, ...
        counts: How often each class of effect happened.
        lines: Every line, in the order in which they happened.
        verdict: One sentence a class of effect, or that it was never seen.
    """

    asked: str
    found_as: Sequence[str]
    counts: Sequence[Count]
    lines: Sequence[TracedLine]
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A finding that an id is in.

    Attributes:
        finding_id: The finding.
        detector: That found it.
        pattern: Its pattern.
        severity: How bad if true.
        grade: How far the log supports it.
        status: Over the runs of the case.
        title: The finding in one line.
        acts: What the repair list asks for of this id, such as `refund ch_17`.
        money: What these acts give back, a currency each: `12.50 EUR`.
    """

    finding_id: str
    detector: str
    pattern: str
    severity: str
    grade: str
    status: str
    title: str
    acts: Sequence[str]
    money: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the case holds against one id of a list.

    Attributes:
        asked: The id.
        sort: `in a finding`, `seen` (and in no finding) or `not seen`.
        found_as: As what the logs name it: `order`, `effect`, `key`, ...
        findings: Worst first; empty unless it is in one.
        verdict: One sentence a class of effect; empty for what was not seen.
        is_once: All that is told of it is proven to be once; if money moved, one effect took it.
    """

    asked: str
    sort: str
    found_as: Sequence[str]
    findings: Sequence[Hit]
    verdict: str
    is_once: bool
