"""Calls that name their callee otherwise than it names itself, joined by the key that both bear."""

import pytest

from tests.link.effect_rows import PROVIDER, Row, row, witnesses

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER_KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def asked(event_id: str, minute: float, callee: str, **values: object) -> Row:
    """A call that the shop made for one job."""
    caller = {"system": "shop", "target_system": callee, "vantage": "client", "source": "shop"}
    return row(event_id, minute, operation_key=KEY, cause_id="job", **caller) | values


@pytest.mark.parametrize("outcome", ["ok", "timeout"])
@pytest.mark.parametrize("effect_id", [None, "pay_1"])
def test_one_key_for_two_callees_says_of_neither_whom_the_effect_was_asked_of(
    outcome: str, effect_id: str | None
) -> None:
    first = asked("a", 0, "payments", outcome="timeout")
    failed_over = asked("b", 1, "wallet", outcome=outcome, effect_id=effect_id)
    gone_on = asked("c", 2, "gateway", outcome="timeout")
    made = row("p", 0, operation_key=KEY, effect_id="ch_1", **PROVIDER)

    assert witnesses(first, failed_over, made) == [["a", "p"], ["b"]]
    assert witnesses(failed_over, gone_on, made) == [["b"], ["c"], ["p"]]


def test_what_a_callee_logs_of_itself_is_no_call_to_another() -> None:
    call = asked("a", 0, "gateway", outcome="timeout")
    made = row("p", 0, operation_key=KEY, effect_id="ch_1", **PROVIDER)
    taken_in = row("q", 0, operation_key=KEY, action="POST", **PROVIDER) | {"kind": "attempt"}
    kept = row("s", 0, kind="state", operation_key=KEY, effect_id="x_1", source="shop")

    assert witnesses(call, made, taken_in) == [["a", "p", "q"]]
    assert ["a", "p"] in witnesses(call, made, kept)


def test_an_answer_of_another_callee_is_not_renamed_for_a_doubt_of_its_cause() -> None:
    doubted = asked("a", 0, "payments", outcome="timeout")
    answered = asked("b", 1, "wallet", operation_key=OTHER_KEY)
    made = row("p", 1, operation_key=OTHER_KEY, effect_id="ch_2", **PROVIDER)

    assert witnesses(doubted, answered, made) == [["a"], ["b"], ["p"]]
    assert witnesses(doubted | {"target_system": "wallet"}, answered, made) == [["a"], ["b", "p"]]
