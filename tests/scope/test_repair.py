"""The repair list: each effect once, the right act, for what is still out."""

from decimal import Decimal
from typing import Any

import pytest

from forensics.detect.duplicate_side_effect.detector import DUPLICATE_SIDE_EFFECT
from forensics.detect.race_window.detector import RACE_WINDOW
from forensics.scope import money
from tests.scope.scoped import (
    charge,
    measured,
    names,
    of_order,
    refund,
    row_of,
    scoped,
)


@pytest.mark.parametrize(
    ("stage", "effect_class", "act"),
    [
        ("authorised", "billing", "void"),
        ("captured", "billing", "refund"),
        ("debited", "billing", "reverse"),
        ("settled", "billing", "reverse"),
        ("refunded", "billing", "collect"),
        ("reversed", "billing", "collect"),
        ("credited", "ledger", "collect"),
        ("disputed", "billing", "check"),
        (None, "messaging", "retract"),
        (None, "billing", "check"),
        (None, "inventory", "check"),
    ],
)
def test_the_act_follows_what_happened(stage: str | None, effect_class: str, act: str) -> None:
    told = {"money_stage": stage, "effect_class": effect_class}
    found = scoped([charge("x1", 0, **told), charge("x2", 1, **told)])

    assert found.acts == {"x2": act}


def test_a_doubled_refund_is_collected_not_refunded_again() -> None:
    found = scoped(
        [
            charge("ch", 0, key="c"),
            refund("re_1", 1, of="ch", operation_key="r"),
            refund("re_2", 2, of="ch", operation_key="r"),
        ]
    )

    assert found.acts == {"re_2": "collect"}
    assert found.to_pay == {"EUR": 10}


def test_an_effect_in_two_findings_is_repaired_once_and_counted_once() -> None:
    """A and B share a key; a third charge shares only the content."""
    found = scoped(
        [
            charge("a", 0, amount="143.37", outcome="ok"),
            charge("b", 1, amount="143.37"),
            charge("c", 2, key="k2", amount="143.37"),
        ]
    )

    assert {f.pattern for f in found.findings} == {"same_key", "same_content"}
    assert sorted(found.acts) == ["b", "c"]
    assert len(found.repairs) == 2
    assert found.totals["EUR"].net == Decimal("286.74")
    assert next(r.grade for r in found.repairs if r.subject == "b") == "proven"
    assert sum(m.net for f in found.findings for m in f.exposure) > found.totals["EUR"].net


def test_the_key_of_a_repair_is_that_of_effect_and_act() -> None:
    pair = [charge("a", 0), charge("b", 1)]
    alone = scoped(pair).repairs[0]
    beside = scoped([*pair, charge("c", 2, key="k2")])

    again = next(r for r in beside.repairs if r.subject == "b")
    assert alone.idempotency_key == again.idempotency_key
    assert alone.idempotency_key.startswith("repair-")
    assert len({r.idempotency_key for r in beside.repairs}) == len(beside.repairs)


@pytest.mark.parametrize(("named", "is_same"), [("live", True), ("test", False)])
def test_the_key_of_a_repair_is_the_same_whether_the_log_says_live_or_not(
    named: str, is_same: bool
) -> None:
    pair = [charge("a", 0), charge("b", 1)]
    race = [write("w1", 0, "t1"), write("w2", 1, "t2")]

    for rows, detectors in ((pair, [DUPLICATE_SIDE_EFFECT]), (race, [RACE_WINDOW])):
        told = scoped([row | {"environment": named} for row in rows], detectors).repairs
        untold = scoped(rows, detectors).repairs
        assert (
            {one.idempotency_key for one in told} == {one.idempotency_key for one in untold}
        ) == is_same


def test_a_repair_has_the_key_that_it_was_asked_for_with_before() -> None:
    """A key that another version of the tool makes otherwise gives the money back once more."""
    (refunded,) = scoped([charge("a", 0), charge("b", 1)]).repairs
    (corrected,) = scoped([write("w1", 0, "t1"), write("w2", 1, "t2")], [RACE_WINDOW]).repairs

    assert refunded.idempotency_key == "repair-477781b6612dca5aa2a460af7d6223c7"
    assert corrected.idempotency_key == "repair-de053c2c2f042c0073aa59f496e58bc2"


def test_a_record_that_one_log_calls_live_is_corrected_once() -> None:
    found = scoped([write("w1", 0, "t1"), write("w2", 1, "t2", environment="live")], [RACE_WINDOW])

    assert len(found.repairs) == 1


def test_where_the_original_was_given_back_another_charge_stays() -> None:
    found = scoped([charge("a", 0), charge("b", 1), charge("c", 2), refund("re", 5, of="a")])

    assert sorted(found.acts.values()) == ["none", "refund"]
    assert found.acts == {"a": "none", "c": "refund"}
    assert {r.keep for r in found.repairs} == {"b"}
    assert found.to_pay == {"EUR": 10}


@pytest.mark.parametrize(
    ("apart_s", "clock", "keep"),
    [
        (0.001, None, "a"),
        (0, None, "choose"),
        (1.0, "other", "choose"),
        (1.1, "other", "a"),
    ],
)
def test_which_effect_stays_is_said_only_where_the_clocks_tell(
    apart_s: float, clock: str | None, keep: str
) -> None:
    found = scoped([charge("a", 0), charge("b", apart_s / 60, clock=clock)])

    assert [(r.subject, r.keep) for r in found.repairs] == [("b", keep)]


def test_no_choice_is_left_where_one_was_given_back() -> None:
    found = scoped([charge("a", 0), charge("b", 0), refund("re", 5, of="a")])

    assert [(r.subject, r.act, r.keep) for r in found.repairs] == [("a", "none", "b")]


def test_all_given_back_leaves_nothing_to_keep_or_undo() -> None:
    found = scoped(
        [
            charge("a", 0),
            charge("b", 1),
            refund("r1", 5, of="a", customer_id=None),
            refund("r2", 6, of="b", customer_id=None),
        ]
    )

    assert set(found.acts.values()) == {"none"}
    assert {r.keep for r in found.repairs} == {""}
    assert found.totals["EUR"].net == 0


def test_only_what_is_still_out_is_given_back() -> None:
    partly = refund("re", 5, of="b", amount="4")
    found = scoped([charge("a", 0), charge("b", 1), partly])

    assert [(r.subject, r.act, r.amount) for r in found.repairs] == [("b", "refund", "6.00")]
    assert found.findings[0].exposure[0].net == 6


def test_what_came_back_for_both_is_owed_no_more() -> None:
    found = scoped(
        [
            charge("a", 0),
            charge("b", 1),
            refund("r1", 5, of="a", amount="3"),
            refund("r2", 5, of="b", amount="4"),
        ]
    )

    assert found.to_pay == {"EUR": found.totals["EUR"].net} == {"EUR": 3}


def test_held_money_is_voided_and_is_not_money_out() -> None:
    held: dict[str, Any] = {"money_stage": "authorised"}
    found = scoped([charge("a", 0, **held), charge("b", 1, **held)])

    assert [(r.act, r.amount) for r in found.repairs] == [("void", "")]
    assert found.totals == {}
    assert found.findings[0].exposure == []
    assert found.findings[0].severity.value == "medium"


def write(event: str, minute: float, run: str, **other: Any) -> dict[str, Any]:
    """A write of one record, built on version 1 of it."""
    return charge(
        event, minute, amount=None, key=None, kind="write", action="update", execution_id=run,
        effect_class=None, money_stage=None, effect_id=None, currency=None, transaction_id=run,
        entity_type="order", entity_id="o1", write_kind="update", version_read="1",
        after_hash=int(minute) + 7, vantage="database",
    ) | other  # fmt: skip


def test_a_record_is_corrected_once() -> None:
    found = scoped(
        [write("w1", 0, "t1"), write("w2", 1, "t2"), write("w3", 2, "t3")], [RACE_WINDOW]
    )

    assert found.findings
    assert found.acts == {"order o1": "correct"}
    assert len(found.repairs) == 1


def test_a_suspicion_is_checked_not_repaired() -> None:
    """An amount that everyone pays repeats by itself."""
    crowd = [
        charge(f"n{n}", n * 30, key=f"n{n}", amount="9.99", customer_id=f"c{n}") for n in range(30)
    ]
    found = scoped([*crowd, charge("again", 31, key="again", amount="9.99", customer_id="c1")])

    assert [f.grade.value for f in found.findings] == ["suspicion"]
    assert found.acts == {"again": "check"}


def test_money_without_a_currency_is_summed_by_itself() -> None:
    found = scoped([charge("a", 0, currency=None), charge("b", 1, currency=None, amount="7")])

    (finding,) = found.findings
    assert [(m.currency, m.net) for m in finding.exposure] == [("", 7)]
    assert {name: total.net for name, total in found.totals.items()} == {"": 7}
    assert finding.severity.value == "high"


def test_totals_are_split_by_who_vouches_for_the_effect() -> None:
    told = {"vantage": "client", "system": "shop", "target_system": "payments"}
    with measured(
        [
            charge("a", 0, key="k1"),
            charge("b", 1, key="k1"),
            charge("c", 2, key="k2", amount="7", **told),
            charge("d", 3, key="k2", amount="7", **told),
        ]
    ) as (connection, _):
        (total,) = money.in_all(connection)

    assert total.exposure.net == 17
    assert total.by_witness == {"recorded": 10, "answered": 7}


ASKED = {"effect_id": None, "system": "shop", "target_system": "payments", "vantage": "client"}


@pytest.mark.parametrize(
    ("of", "back", "subject", "state"),
    [
        ("b", {"outcome": "pending"}, "b", "refund pending"),
        ("b", {"outcome": "timeout", **ASKED}, "b", "refund outcome unknown"),
        ("b", {"outcome": "unknown", "amount": "4"}, "b", "refund outcome unknown"),
        # That of the first one is no reason to give back the second too.
        ("a", {"outcome": "pending"}, "a", "refund pending"),
    ],
)
def test_a_refund_under_way_is_not_asked_for_again(
    of: str, back: dict[str, Any], subject: str, state: str
) -> None:
    found = scoped([charge("a", 0), charge("b", 1), refund("back", 5, of=of, **back)])

    (row,) = found.repairs
    assert (row.act, row.subject, row.state) == ("check", subject, state)


@pytest.mark.parametrize(("outcome", "act"), [("ok", "none"), ("error", "refund")])
def test_a_refund_that_ended_is_no_longer_under_way(outcome: str, act: str) -> None:
    asked = refund("back", 5, of="b", outcome="pending", event_id="asked")
    found = scoped(
        [charge("a", 0), charge("b", 1), asked, refund("back", 6, of="b", outcome=outcome)]
    )

    assert found.acts == {"b": act}


def test_where_a_refund_of_the_one_that_stays_is_under_way_the_other_is_checked() -> None:
    order = row_of("o1", 3, **names("charge-a"))
    back = refund("back", 5, of="charge-a", outcome="pending")
    found = scoped(of_order(charge("charge-a", 0), charge("charge-b", 1), order, back))

    (row,) = found.repairs
    assert (row.act, row.keep, row.state) == ("check", "charge-a", "refund pending")


@pytest.mark.parametrize(
    ("back", "act", "state", "compensated"),
    [
        ({"amount": "4"}, "refund", "partly taken back", "4.00"),
        ({}, "none", "taken back", "10.00"),
        ({"money_stage": "disputed"}, "answer", "disputed", "10.00"),
    ],
)
def test_the_state_says_what_came_back(
    back: dict[str, Any], act: str, state: str, compensated: str
) -> None:
    found = scoped([charge("a", 0), charge("b", 1), refund("back", 5, of="b", **back)])

    (row,) = found.repairs
    assert (row.act, row.state, row.compensated) == (act, state, compensated)


def test_what_a_refund_set_off_before_is_said() -> None:
    earlier = refund("re_0", -9, of="ch_0", event_id="e-re", execution_id="run-re")
    restock = row_of(
        "stock", -8, kind="trigger", workflow="restock", cause_id="run-re", execution_id="run-2"
    )
    found = scoped([earlier, restock, charge("a", 0), charge("b", 1)])

    assert [row.sets_off for row in found.repairs] == ["restock"]
