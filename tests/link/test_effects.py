"""The relation `effects`: one row a change in the world, however many logs mention it."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.link.effect_rows import CLIENT, MIDNIGHT, PROVIDER, Row, effects, row, witnesses


def test_caller_and_callee_tell_of_one_effect_by_its_id() -> None:
    (effect,) = effects(
        row("c", 0, effect_id="ch_1", delivery_id="m1", action="pay", **CLIENT),
        row("p", 1, effect_id="ch_1", amount=Decimal(10), currency="EUR", **PROVIDER),
    )

    assert effect["witnesses"] == ["c", "p"]
    assert effect["sources"] == ["payments", "shop"]
    assert effect["actions"] == ["charge", "pay"]
    assert ("payments", "m1", Decimal(10), "EUR") == tuple(
        effect[name] for name in ("callee", "delivery_id", "amount", "currency")
    )


def test_what_the_callee_calls_it_outranks_what_its_caller_does() -> None:
    (effect,) = effects(
        row("c", 0, effect_id="ch_1", action="pay", amount=Decimal(9), **CLIENT),
        row("p", 1, effect_id="ch_1", action="charge", amount=Decimal(10), **PROVIDER),
    )

    assert ("charge", Decimal(10), "c") == tuple(
        effect[name] for name in ("action", "amount", "event_id")
    )


def test_the_caller_says_whose_run_it_was_though_its_clock_is_ahead() -> None:
    (effect,) = effects(
        row("p", 0, effect_id="ch_1", execution_id="request", workflow="api", **PROVIDER),
        row("c", 1, effect_id="ch_1", execution_id="run", workflow="billing", **CLIENT),
    )

    assert (effect["execution_id"], effect["workflow"]) == ("run", "billing")


def test_of_two_keys_the_earlier_stands() -> None:
    (effect,) = effects(
        row("b", 1, effect_id="ch_1", operation_key="late"),
        row("a", 2, effect_id="ch_1", operation_key="later"),
    )

    assert effect["operation_key"] == "late"


def test_one_log_that_tells_of_it_in_two_ways_is_always_read_the_same_way() -> None:
    told = [
        row("z", 0, effect_id="ch_1", action="charge.succeeded", **PROVIDER),
        row("a", 0, effect_id="ch_1", action="payment.succeeded", **PROVIDER),
        row("b", 0, effect_id="ch_2", action="charge.succeeded", **PROVIDER),
        row("y", 0, effect_id="ch_2", action="payment.succeeded", **PROVIDER),
    ]

    assert {effect["action"] for effect in effects(*told)} == {"charge.succeeded"}


HELD = {"action": "authorise", "money_stage": "authorised", "amount": Decimal(50)}
CAPTURED = {"action": "capture", "money_stage": "captured", "amount": Decimal(40)}


@pytest.mark.parametrize(
    ("captured", "told"),
    [
        ({}, ("capture", "captured", Decimal(40), "b")),
        ({"action": "a_capture"}, ("a_capture", "captured", Decimal(40), "b")),
        ({"money_stage": None}, ("capture", "authorised", Decimal(40), "b")),
        ({"outcome": "error"}, ("authorise", "authorised", Decimal(50), "a")),
        ({"outcome": "error", "action": "a_capture"},
         ("authorise", "authorised", Decimal(50), "a")),
        ({"amount": None}, ("capture", "captured", Decimal(50), "b")),
    ],
    ids=["done", "named_before_it", "without_a_stage", "failed", "failed_and_named_before_it",
         "without_an_amount"],
)  # fmt: skip
def test_what_was_taken_outranks_what_was_held_for_it(
    captured: Row, told: tuple[object, ...]
) -> None:
    held = row("a", 0, effect_id="p_1", **HELD)
    (effect,) = effects(held, row("b", 5, effect_id="p_1", **CAPTURED | captured))

    assert told == tuple(effect[n] for n in ("action", "money_stage", "amount", "event_id"))


def test_who_tells_of_it_comes_before_which_stage_it_tells_of() -> None:
    (effect,) = effects(
        row("a", 0, effect_id="p_1", **HELD | PROVIDER),
        row("b", 5, effect_id="p_1", **CAPTURED | CLIENT),
    )

    told = tuple(effect[name] for name in ("action", "money_stage", "event_id"))
    assert told == ("authorise", "authorised", "b")


def test_a_state_of_what_was_taken_leaves_its_name_to_the_hold() -> None:
    (effect,) = effects(
        row("a", 0, effect_id="p_1", **HELD),
        row("b", 5, effect_id="p_1", kind="state", **CAPTURED),
    )

    assert (effect["action"], effect["amount"]) == ("authorise", Decimal(40))


def test_the_earliest_witness_of_what_happened_stands_for_it() -> None:
    (effect,) = effects(
        row("t", 0, effect_id="ch_1", outcome="timeout"),
        row("s", 1, effect_id="ch_1", kind="state"),
        row("p", 3, effect_id="ch_1"),
        row("q", 2, effect_id="ch_1"),
    )

    assert ("q", MIDNIGHT + timedelta(minutes=2), "ok", True, True) == tuple(
        effect[name] for name in ("event_id", "occurred_at", "outcome", "happened", "ambiguous")
    )
    assert effect["doubts"] == ["t"]


def test_a_row_without_time_is_never_the_earliest() -> None:
    (effect,) = effects(
        row("a", None, effect_id="ch_1", workflow="x"), row("b", 0, effect_id="ch_1", workflow="y")
    )

    assert (effect["event_id"], effect["workflow"]) == ("b", "y")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"system": "shop"}, {"system": "crm"}),
        ({"entity_type": "order"}, {"entity_type": "invoice"}),
        ({"action": "charge"}, {"action": "mail"}),
        ({"tenant": "a"}, {"tenant": "b"}),
        ({"environment": "live"}, {"environment": "test"}),
    ],
)
def test_a_bare_number_is_an_id_within_one_table_of_one_system(first: Row, second: Row) -> None:
    told = row("a", effect_id="17", **first), row("b", effect_id="17", **second)

    assert witnesses(*told) == [["a"], ["b"]]
    assert witnesses(told[0], told[0] | {"event_id": "c"}) == [["a", "c"]]


def test_one_id_in_the_books_of_two_tenants_names_two_effects() -> None:
    told = [row(t, effect_id="tx-1", tenant=t) for t in ("a", "b")]

    assert witnesses(*told) == [["a"], ["b"]]


def test_a_log_that_knows_no_tenant_tells_of_the_same_effect() -> None:
    told = row("a", effect_id="tx-1", tenant="a"), row("b", effect_id="tx-1")

    assert witnesses(*told) == [["a", "b"]]


@pytest.mark.parametrize(
    ("stage", "apart"),
    [("captured", False), ("settled", False), ("refunded", True), ("reversed", True),
     ("disputed", True), ("fee", True)],
)  # fmt: skip
def test_stages_of_one_movement_are_one_effect_and_its_return_another(
    stage: str, *, apart: bool
) -> None:
    told = (
        row("a", effect_id="ch_1", money_stage="authorised"),
        row("b", effect_id="ch_1", money_stage=stage),
    )

    assert apart == (len(witnesses(*told)) == 2)


JOINED = {
    "operation_key": {"operation_key": "k1"},
    "occurrence_id": {"occurrence_id": "o1"},
    "phases": {"phase": "start", "execution_id": "r1"},
}


@pytest.mark.parametrize("tie", JOINED.values(), ids=JOINED.keys())
def test_a_row_without_an_id_joins_the_only_effect_it_can_mean(tie: Row) -> None:
    one = row("b", 1, effect_id="ch_1", **tie)

    assert witnesses(row("a", outcome="timeout", **tie), one) == [["a", "b"]]


@pytest.mark.parametrize("tie", JOINED.values(), ids=JOINED.keys())
def test_a_row_that_can_mean_two_effects_joins_neither(tie: Row) -> None:
    two = [row(i, 1, effect_id=f"ch_{i}", **tie) for i in "bc"]

    assert witnesses(row("a", outcome="timeout", **tie), *two) == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    "other",
    [{"tenant": "x"}, {"environment": "x"}, {"target_system": "x"}, {"operation_key": "x"}],
)
def test_a_key_names_an_effect_within_one_account_of_one_callee(other: Row) -> None:
    told = (
        row("a", **({"operation_key": "k1"} | other)),
        row("b", effect_id="ch_1", operation_key="k1"),
    )

    assert witnesses(*told) == [["a"], ["b"]]


@pytest.mark.parametrize(
    "tie", [{"operation_key": "k1"}, {"occurrence_id": "o1"}, {"effect_id": "1"}], ids=str
)
def test_two_logs_that_name_no_system_are_two_callees(tie: Row) -> None:
    one = row("a", system=None, source="shop", **tie)
    two = row("b", system=None, source="bank", **({"effect_id": "ch_1"} | tie))

    assert witnesses(one, two) == [["a"], ["b"]]
    assert witnesses(one, two | {"source": "shop"}) == [["a", "b"]]
    assert {effect["callee"] for effect in effects(one, two)} == {"shop", "bank"}


@pytest.mark.parametrize(
    "tie", [{"operation_key": "k1"}, {"occurrence_id": "o1"}, {"effect_id": "1"}], ids=str
)
@pytest.mark.parametrize(
    ("first", "second"), [("app-01", "app-02"), ("app.log", "app.log.1"), ("1", "2")]
)
def test_parts_of_one_log_that_names_no_system_are_one_callee(
    first: str, second: str, tie: Row
) -> None:
    one = row("a", system=None, source=first, **tie)
    two = row("b", system=None, source=second, **({"effect_id": "ch_1"} | tie))

    assert witnesses(one, two) == [["a", "b"]]
    assert witnesses(one, two | {"source": "bank-02"}) == [["a"], ["b"]]


def test_a_key_beyond_chance_joins_logs_that_name_no_system() -> None:
    one = row("a", system=None, source="shop", operation_key="0123456789abcdef")
    two = one | {"event_id": "b", "source": "bank", "effect_id": "ch_1"}

    assert witnesses(one, two) == [["a", "b"]]
    assert witnesses(one, two | {"system": "payments"}) == [["a"], ["b"]]


def test_a_witness_that_names_no_system_leaves_the_name_that_another_gives() -> None:
    silent = row("a", effect_id="ch_1", system=None, source="ledger", vantage="provider")

    (effect,) = effects(silent, row("b", effect_id="ch_1", **CLIENT))

    assert effect["callee"] == "payments"


def test_who_asked_and_names_only_itself_is_not_the_callee() -> None:
    silent = row("a", effect_id="ch_1", system=None, source="bank", vantage="provider")
    asking = row("b", effect_id="ch_1", system="payer", source="worker")

    (by_one,) = effects(silent, asking)
    (of_one_trust,) = effects(silent | {"vantage": None}, asking)

    assert (by_one["callee"], of_one_trust["callee"]) == ("bank", "payer")


def test_rows_that_nothing_joins_are_effects_of_their_own() -> None:
    assert witnesses(row("a"), row("b")) == [["a"], ["b"]]


def test_phases_of_one_action_in_one_execution_are_one_effect() -> None:
    start = row("a", 0, phase="start", execution_id="r1", outcome="pending")
    end = row("b", 1, phase="end", execution_id="r1")

    assert witnesses(start, end) == [["a", "b"]]
    assert witnesses(start, end | {"item_key": "2"}) == [["a"], ["b"]]


def test_one_occurrence_read_from_two_files_is_one_effect() -> None:
    told = [row(i, occurrence_id="evt_1", source=i) for i in "ab"]

    assert witnesses(*told) == [["a", "b"]]


@pytest.mark.parametrize(
    ("values", "is_effect"),
    [
        ({"kind": "effect"}, True),
        ({"kind": "write", "effect_class": "ledger"}, True),
        ({"kind": "attempt", "effect_class": "billing"}, True),
        ({"kind": "write"}, False),
        ({"kind": "attempt"}, False),
        ({"kind": "read", "effect_class": "billing"}, False),
        ({"kind": "state", "effect_id": "ch_1"}, False),
    ],
)
def test_what_is_an_effect(values: Row, *, is_effect: bool) -> None:
    assert is_effect == bool(effects(row("a", **values)))


def test_a_state_bears_witness_to_an_effect_that_another_row_tells_of() -> None:
    (effect,) = effects(
        row("a", effect_id="ch_1"), row("b", 1, effect_id="ch_1", kind="state", vantage="provider")
    )

    assert (effect["witnesses"], effect["witness_grade"]) == (["a", "b"], "settled")


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        ({"vantage": "provider"}, "recorded"),
        ({"vantage": "database"}, "recorded"),
        ({"vantage": "server", "target_system": "payments"}, "recorded"),
        ({"vantage": "server", "target_system": "bank", "effect_id": "ch_1"}, "answered"),
        ({"vantage": "client", "effect_id": "ch_1"}, "answered"),
        ({"vantage": "proxy", "effect_id": "ch_1"}, "answered"),
        ({"target_system": "bank", "effect_id": "ch_1"}, "answered"),
        ({"vantage": "client"}, "asserted"),
        ({"vantage": "orchestrator", "effect_id": "ch_1"}, "asserted"),
        ({"effect_id": "ch_1"}, "asserted"),
        ({"vantage": "client", "money_stage": "settled"}, "settled"),
    ],
)
def test_who_tells_of_it_decides_how_much_it_proves(values: Row, grade: str) -> None:
    (effect,) = effects(row("a", **values))

    assert grade == effect["witness_grade"]


def test_the_best_witness_counts() -> None:
    (effect,) = effects(
        row("a", effect_id="ch_1"), row("b", 1, effect_id="ch_1", vantage="provider")
    )

    assert effect["witness_grade"] == "recorded"


def test_guards_that_worked_are_listed() -> None:
    (effect,) = effects(
        row("a", effect_id="ch_1"),
        row("b", 1, effect_id="ch_1", outcome="replayed"),
        row("c", 2, effect_id="ch_1", outcome="rejected"),
        row("d", 3, effect_id="ch_1", outcome="skipped"),
    )

    assert (effect["replays"], effect["refusals"]) == (["b"], ["c", "d"])


def test_the_thing_made_is_not_what_it_is_about() -> None:
    (effect,) = effects(
        row("a", effect_id="ch_1", entity_type="charge", entity_id="ch_1"),
        row("b", 1, effect_id="ch_1", entity_type="order", entity_id="o1"),
    )

    assert (effect["entity_type"], effect["entity_id"]) == ("order", "o1")


def charge_and(*returns: Row) -> Row:
    """A charge of 10 EUR with what took it back."""
    charge = row("a", effect_id="ch_1", amount=Decimal(10), currency="EUR")
    return next(e for e in effects(charge, *returns) if e["effect_id"] == "ch_1")


def refund(event_id: str, minute: float, amount: int | None, **values: object) -> Row:
    """A refund of the charge."""
    money = {"amount": None if amount is None else Decimal(amount), "currency": "EUR"}
    return row(event_id, minute, action="refund", compensates_effect_id="ch_1",
               money_stage="refunded", **money | values)  # fmt: skip


def test_parts_that_were_taken_back_add_up() -> None:
    charge = charge_and(refund("b", 1, 3, effect_id="re_1"), refund("c", 2, 4, effect_id="re_2"))

    assert (Decimal(7), ["b", "c"], MIDNIGHT + timedelta(minutes=2)) == tuple(
        charge[name] for name in ("compensated_amount", "compensations", "compensated_at")
    )


def test_what_was_never_taken_back_has_no_amount() -> None:
    charge = charge_and(refund("b", 1, 3, outcome="error"))

    assert (charge["compensated_amount"], charge["compensated_by"]) == (None, None)


@pytest.mark.parametrize("amount", [None, 25], ids=["without_an_amount", "more_than_it_was"])
def test_no_more_is_taken_back_than_was_there(amount: int | None) -> None:
    assert charge_and(refund("b", 1, amount))["compensated_amount"] == Decimal(10)


def test_a_refund_that_two_lines_tell_of_counts_once() -> None:
    told_by_id = [refund(i, 1, 3, effect_id="re_1") for i in "bc"]
    without_id = refund("d", 1, 3)

    assert charge_and(*told_by_id, without_id)["compensated_amount"] == Decimal(3)


VALUES = st.fixed_dictionaries(
    {
        "effect_id": st.sampled_from([None, "ch_1", "ch_2"]),
        "operation_key": st.sampled_from([None, "k1", "k2"]),
        "tenant": st.sampled_from([None, "a", "b"]),
        "outcome": st.sampled_from(["ok", "timeout", "replayed"]),
        "vantage": st.sampled_from(["client", "provider"]),
        "minute": st.sampled_from([None, 0, 1]),
    }
)


@settings(max_examples=10)
@given(logged=st.lists(VALUES, min_size=1, max_size=8), data=st.data())
def test_every_row_tells_of_one_effect_in_whatever_order_it_is_read(
    logged: Sequence[Row], data: st.DataObject
) -> None:
    told = [row(f"e{n}", values.pop("minute"), **values) for n, values in enumerate(
        dict(values) for values in logged)]  # fmt: skip
    shuffled = data.draw(st.permutations(told))
    without_key = [{k: v for k, v in e.items() if k != "effect_key"} for e in effects(*told)]

    assert sorted(w for e in without_key for w in e["witnesses"]) == [r["event_id"] for r in told]
    assert without_key == [
        {k: v for k, v in e.items() if k != "effect_key"} for e in effects(*shuffled)
    ]
