"""What an incident leaves unfinished, and may fire next."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.scope.scoped import DAY
from tests.scope.told import call, message, row, told

LATE = DAY + timedelta(hours=9)
ORDER = {"entity_type": "order", "entity_id": "o"}
OTHER = {"entity_type": "order", "entity_id": "p"}
MONEY = ORDER | {"effect_class": "billing", "amount": Decimal(7), "currency": "EUR"}
THEIRS = {"source": "theirs", "system": "psp", "vantage": "provider"}
BEGUN = {
    "phase": "start",
    "action": "pay",
    "outcome": "pending",
    "target_system": "pay",
    "entity_type": "tool",
    "entity_id": "pay",
}


def tool(call_id: str, minute: float, **other: Any) -> dict[str, Any]:
    """A line of an agent's call of a tool."""
    given = {"kind": "attempt", "system": "agent", "source": "agent", "execution_id": call_id}
    return row(f"{call_id}-{minute}", minute, **(given | other))


PENDING = [
    # A kind of message that others of its log end.
    (
        [
            message("m1", 0, phase="start"),
            message("m2", 0, phase="start"),
            message("m2", 1, phase="end", outcome="ok"),
        ],
        {"m1-0": "unacknowledged"},
    ),
    # What names no environment is live, so that a live end is its end; one in test is not.
    (
        [
            message("m1", 0, phase="start"),
            message("m1", 1, phase="end", outcome="ok", environment="live"),
            message("m2", 0, phase="start"),
            message("m2", 1, phase="end", outcome="ok", environment="test"),
            call("c1", 0, "k1", **ORDER),
            call("c2", 1, "k2", outcome="ok", environment="live", **ORDER),
            call("c3", 0, "k3", **OTHER),
            call("c4", 1, "k4", outcome="ok", environment="test", **OTHER),
        ],
        {"m2-0": "unacknowledged", "c3": "unanswered"},
    ),
    # A log that never tells ends says nothing of what is open.
    ([message("m1", 0)], {}),
    (
        [call("c1", 0, "k1"), call("c2", 0, "k2"), call("c3", 1, "k2", outcome="replayed")],
        {"c1": "unanswered"},
    ),
    # Who was answered under another key has no reason to try once more.
    ([call("c1", 0, "k1", **ORDER), call("c2", 1, "k2", outcome="ok", **ORDER)], {}),
    # But what came of a call that acts, and timed out, the answer to another does not tell.
    (
        [call("c1", 0, "k1", **MONEY), call("c2", 1, "k2", outcome="ok", **MONEY)],
        {"c1": "unanswered"},
    ),
    (
        [
            row("c1", 0, kind="attempt", action="pay", outcome="timeout", **MONEY),
            row("c2", 1, kind="attempt", action="pay", **MONEY),
        ],
        {"c1": "unanswered"},
    ),
    # Under the same key the answer is its own, as is what a log tells of its key or its effect.
    ([call("c1", 0, "k1", **MONEY), call("c2", 1, "k1", outcome="ok", **MONEY)], {}),
    (
        [
            call("c1", 1, "k1", **MONEY),
            call("c2", 2, "k2", outcome="ok", **MONEY),
            call("p1", 0, "k1", outcome="ok", source="theirs", system="psp", **MONEY),
        ],
        {},
    ),
    (
        [
            call("c1", 0, "k1", effect_id="ch_1", **MONEY),
            call("c2", 1, "k2", effect_id="ch_2", outcome="ok", **MONEY),
            row("n1", 2, kind="effect", action="note", effect_id="ch_1"),
        ],
        {},
    ),
    # Its callee's own log, where it covers the time, tells of the record what came of it.
    (
        [
            call("c1", 1, "k1", **MONEY),
            row("p0", 0, **THEIRS),
            row("p1", 2, kind="effect", action="paid", **THEIRS, **MONEY),
        ],
        {},
    ),
    (
        [call("c1", 3, "k1", **MONEY), row("p1", 2, kind="effect", **THEIRS, **MONEY)],
        {"c1": "unanswered"},
    ),
    (
        [
            call("c1", 1, "k1", **MONEY),
            row("p0", 0, **THEIRS),
            row("p1", 2, kind="effect", **THEIRS, **(MONEY | OTHER)),
        ],
        {"c1": "unanswered"},
    ),
    # The end of a call may name its run alone.
    (
        [
            tool("u1", 0, payload_hash=1, **BEGUN),
            tool("u1", 1, phase="end", action="tool result"),
            tool("u2", 2, payload_hash=2, **BEGUN),
            tool("u2", 3, phase="end", action="tool result"),
        ],
        {},
    ),
    # With an error it was answered, too; with a timeout it was not, and stands there once.
    (
        [
            tool("u1", 0, **BEGUN),
            tool("u1", 1, phase="end", action="tool result", outcome="error"),
            tool("u2", 2, **BEGUN),
            tool("u2", 3, phase="end", action="tool result", outcome="timeout"),
        ],
        {"u2-3": "unanswered"},
    ),
    # Of two calls of a tool the first was never answered.
    (
        [
            tool("u1", 0, payload_hash=1, **BEGUN),
            tool("u2", 2, payload_hash=2, **BEGUN),
            tool("u2", 3, phase="end", action="tool result"),
        ],
        {"u1-0": "unanswered"},
    ),
    # The end of an earlier try of the same call, or another tenant's, is not its end.
    (
        [
            tool("u1", 1, **BEGUN),
            tool("u1", 0, phase="end"),
            tool("u2", 0, tenant="a", **(BEGUN | ORDER)),
            tool("u2", 1, tenant="b", phase="end"),
        ],
        {"u1-1": "unanswered", "u2-0": "unanswered"},
    ),
    (
        [row("s1", 0, outcome="pending", scheduled_for=DAY + timedelta(hours=9)), row("end", 60)],
        {"s1": "scheduled"},
    ),
    # What was due has begun, as far as the log reaches.
    ([row("s1", 0, scheduled_for=DAY + timedelta(minutes=9)), row("end", 60)], {}),
    # It was called off, or ran early.
    (
        [
            row("s1", 0, outcome="pending", scheduled_for=LATE, execution_id="x"),
            row("off", 5, outcome="cancelled", execution_id="x"),
            row("end", 60),
        ],
        {},
    ),
    # A database's own log of a statement is no call that waits for an answer; its client's is.
    (
        [
            row("d1", 0, kind="write", action="insert", outcome="unknown", vantage="database"),
            row("d2", 0, kind="write", action="insert", outcome="unknown", vantage="client"),
            row("d3", 1, kind="write", action="insert", vantage="client"),
        ],
        {"d2": "unanswered"},
    ),
    # A log that never says what came of such a call says nothing of what is open.
    (
        [
            row("u1", 0, kind="write", action="updated", outcome="unknown"),
            row("u2", 1, kind="write", action="created"),
        ],
        {},
    ),
    # A call without a key that nobody answered; another, smaller one for the record is no answer.
    (
        [
            row(
                "t1",
                0,
                kind="attempt",
                action="pay",
                outcome="timeout",
                amount=Decimal(100),
                **ORDER,
            ),
            row("t2", 9, kind="attempt", action="pay", amount=Decimal(5), **ORDER),
        ],
        {"t1": "unanswered"},
    ),
    # The other tenant's answer under the same key is none.
    (
        [call("c1", 0, "k", tenant="a"), call("c2", 1, "k", tenant="b", outcome="ok")],
        {"c1": "unanswered"},
    ),
    ([call("c1", 0, "k", outcome="error", retry_after=LATE)], {"c1": "retry due"}),
    ([call("c1", 0, "k", outcome="error")], {}),
    # Handed over, ended, and handed over again.
    (
        [message("m1", 0), message("m1", 1, phase="end", outcome="ok"), message("m1", 2)],
        {"m1-2": "unacknowledged"},
    ),
    # One of two consumers has not ended it; the consumer's own log may say so for the broker.
    (
        [
            message("m1", 0, consumer="a"),
            message("m1", 0.5, consumer="b"),
            message("m1", 1, consumer="b", phase="end", outcome="ok"),
            message("m0", 0, consumer="a", phase="end", outcome="ok"),
        ],
        {"m1-0": "unacknowledged"},
    ),
    (
        [message("m1", 0), message("m1", 1, source="worker", kind="trigger", outcome="ok")],
        {},
    ),
    # A run that has not ended is no message.
    (
        [
            row("r1", 0, phase="start", outcome="pending", execution_id="run-1"),
            row("r2", 1, phase="start", outcome="pending", execution_id="run-2"),
            row("r3", 2, phase="end", execution_id="run-2"),
        ],
        {"r1": "unfinished"},
    ),
    # Ends that name no run may be of any.
    (
        [row("r1", 0, phase="start", outcome="pending"), row("r2", 1, phase="end")],
        {},
    ),
]


@pytest.mark.parametrize(("events", "expected"), PENDING)
def test_what_may_fire_next(events: list[dict[str, Any]], expected: dict[str, str]) -> None:
    with told(events, ()) as (_, unfinished):
        assert {work.event_id: work.why for work in unfinished} == expected


def test_an_unanswered_call_says_until_when_its_key_is_remembered() -> None:
    money = {"amount": Decimal(7), "currency": "EUR"}
    calls = [call("c1", 0, "k", **money), call("c2", 5, "k", **money)]
    with told(calls) as (_, unfinished):
        (work,) = unfinished
    assert (work.event_id, work.amount, work.currency) == ("c2", 7, "EUR")
    assert work.key_until == DAY + timedelta(days=1)


def test_a_key_is_safe_for_no_longer_than_its_provider_remembers_it() -> None:
    with told([call("c1", 0, "k", target_system="qonto")]) as (_, (work,)):
        assert work.key_until == DAY + timedelta(minutes=30)
