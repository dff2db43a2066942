"""What incidents say of themselves: beginning, story, end and reach."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.model.finding import Grade
from forensics.scope.reconcile import reconcile
from forensics.scope.story import incidents
from tests.scope.scoped import charge, measured, refund
from tests.scope.told import DETECTORS, row, storm, told


def test_two_incidents_within_an_hour_stay_two() -> None:
    pairs = [charge(f"{who}{n}", n, key=who, customer_id=who) for who in "ab" for n in range(2)]
    with told(pairs) as (found, _):
        assert [len(incident.findings) for incident in found] == [1, 1]
        assert sorted(incident.customers for incident in found) == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("later", "relation", "by"),
    [
        # A run that a retry of the storm caused, and one that its first try did.
        ({"cause_id": "call-11"}, "caused", "chain"),
        ({"cause_id": "call-0"}, "followed", "chain"),
        # The same record, an hour later by the same clock.
        ({"entity_type": "order", "entity_id": "o1"}, "followed", "record"),
        # The same record, by a clock that is not known to agree to the second.
        (
            {"entity_type": "order", "entity_id": "o1", "clock": "other", "at": 0.01},
            "coincided",
            "record",
        ),
    ],
)
def test_the_word_is_as_strong_as_the_evidence(
    later: dict[str, Any], relation: str, by: str
) -> None:
    given = dict(later)
    begin = given.pop("at", 60)
    doubled = [
        charge(name, begin + n, execution_id=f"run-{name}", **given) for n, name in enumerate("ab")
    ]
    begun = row("order", -1, execution_id="order-run", workflow="checkout")
    with told([begun, *storm(12), *doubled]) as (found, _):
        (incident,) = found
        first, second = incident.story
        assert (first.relation, second.relation, second.after, second.by) == (None, relation, 1, by)


def test_an_incident_says_how_it_came_about_and_what_to_do_about_that() -> None:
    doubled = [
        charge(name, minute, operation_key=name, actor="ann", actor_kind="human")
        for name, minute in (("a", 0), ("b", 1 / 60))
    ]
    with told(doubled) as (found, _):
        (incident,) = found
        assert incident.mechanisms == {"double_submit": 1}
        assert incident.remedies == [mechanisms()["double_submit"].remedy]


def test_it_began_with_what_failed_first_and_the_run_above_is_the_alternative() -> None:
    begun = row("order", -1, execution_id="order-run", workflow="checkout")
    changed = row("deploy", -30, kind="change", action="deploy")
    long_ago = row("old-deploy", -2000, kind="change", action="deploy")
    with told([long_ago, changed, begun, *storm(12)]) as (found, _):
        (incident,) = found
        assert [root.event_id for root in incident.roots[:2]] == ["try-0", "order"]
        assert [root.weight for root in incident.roots] == [1] * len(incident.roots)
        assert [change.event_id for change in incident.preceded_by] == ["deploy"]


def published(name: str, minute: float, text: str, **other: Any) -> dict[str, Any]:
    """A line with a body that is not taken apart."""
    return row(name, minute, kind="other", delivery_id=name, raw=text, **other)


@pytest.mark.parametrize(
    ("before", "root"),
    [
        ([published("m", -5, '{"order": "ORD-17"}')], "m"),
        # Of two pieces of work the later set it off; what was looked at set off nothing.
        (
            [
                row("made", -60, kind="write", action="insert", raw="ORD-17"),
                published("m", -5, "ORD-17"),
                row("seen", -1, kind="read", action="view", raw="ORD-17"),
            ],
            "m",
        ),
        # What was published twice led to one of the two at most.
        (
            [
                row("made", -60, kind="write", action="insert", raw="ORD-17"),
                published("m1", -5, "ORD-17"),
                published("m2", -4, "ORD-17"),
            ],
            "made",
        ),
        ([published("m1", -5, "ORD-17"), published("m2", -4, "ORD-17")], "m1"),
        # Another order; and what came after.
        ([published("m", -5, "ORD-171"), published("n", -4, "XORD-17")], "e-a"),
        ([published("m", 5, "ORD-17")], "e-a"),
    ],
)
def test_repeated_work_began_with_the_line_that_it_goes_back_to(
    before: list[dict[str, Any]], root: str
) -> None:
    pair = [charge(name, n, entity_type="order", entity_id="ORD-17") for n, name in enumerate("ab")]
    with told([*before, *pair]) as (found, _):
        assert found[0].roots[0].event_id == root


def test_a_race_began_with_no_line_of_another_tenant() -> None:
    def write(name: str, minute: float, tenant: str, transaction: str, **of: Any) -> dict[str, Any]:
        given = {"kind": "write", "action": "update", "entity_type": "order", "entity_id": "17"}
        given |= {"tenant": tenant, "transaction_id": transaction, "execution_id": transaction}
        return row(name, minute, **(given | of))

    seven = {"version_read": "7"}
    raced = [
        write("theirs", 0, "b", "t101", version_read="3", version_written="4", after_hash=1),
        write("one", 10, "a", "t101", version_written="8", after_hash=2, **seven),
        write("two", 11, "a", "t102", version_written="9", after_hash=3, **seven),
    ]
    with told(raced) as ((incident,), _):
        assert [root.event_id for root in incident.roots] == ["one"]


def test_a_cause_before_the_log_is_said() -> None:
    with told(storm(12)) as (found, _):
        (incident,) = found
        assert {root.before_log for root in incident.roots if root.event_id != "try-0"} <= {True}


@pytest.mark.parametrize(
    ("charges", "last", "state"),
    [
        (3, 2, "running"),
        (3, 4, "unknown"),
        (3, 60, "quiet"),
        # One pause says nothing of the next.
        (2, 1, "unknown"),
        (2, 60, "quiet"),
    ],
)
def test_whether_it_goes_on_is_said_up_to_the_end_of_its_log(
    charges: int, last: float, state: str
) -> None:
    """The charges are a minute apart."""
    end = charge("other", last + 0.5, key="z", customer_id="z", amount="3")
    made = [charge(name, minute) for minute, name in enumerate("abc"[:charges])]
    with told([*made, end]) as (found, _):
        (incident,) = found
        assert incident.standing.state == state
        assert incident.standing.reaches_to == end["occurred_at"]


def test_a_log_that_is_not_whole_is_never_quiet() -> None:
    end = charge("other", 60, key="z", customer_id="z", amount="3")
    with told([charge("a", 0), charge("b", 1), end], incomplete=["log"]) as (found, _):
        assert found[0].standing.state == "unknown"


def test_each_stream_ends_for_itself_and_the_future_ends_nothing() -> None:
    streams = [
        charge("a", 0, source_stream="p0"),
        charge("b", 1, source_stream="p0"),
        charge("b2", 2, source_stream="p0"),
        charge("c", 600, key="z", customer_id="z", amount="3", source_stream="p1"),
        charge("d", 60 * 24 * 365 * 70, key="y", customer_id="y", amount="4", source_stream="p0"),
    ]
    with told(streams) as (found, _):
        assert found[0].standing.state == "running"


@pytest.mark.parametrize(
    ("mine", "state"),
    [
        pytest.param({"execution_id": "run"}, "quiet", id="a run's own"),
        pytest.param({"actor": "run", "execution_id": "x"}, "quiet", id="a worker's of one run"),
        pytest.param({"actor": "run"}, "running", id="a worker's of many runs"),
        pytest.param({}, "running", id="a partition"),
        pytest.param({"execution_id": "run", "phase": "start"}, "running", id="not ended"),
        pytest.param(
            {"actor": "run", "execution_id": "x", "phase": "start"}, "running", id="still at work"
        ),
    ],
)
def test_a_stream_of_one_run_ends_with_the_run_and_its_log_goes_on(
    mine: dict[str, str], state: str
) -> None:
    made = [charge(name, n, source_stream="run", **mine) for n, name in enumerate("abc")]
    later = charge("d", 600, key="z", customer_id="z", amount="3", source_stream="other")
    with told([*made, later]) as (found, _):
        assert found[0].standing.state == state


def test_a_log_that_ends_before_the_incident_does_tells_nothing() -> None:
    ends_first = [charge("a", 0, source="one"), charge("b", 60)]
    goes_on = charge("c", 6000, key="z", customer_id="z", amount="3")
    with told([*ends_first, goes_on]) as (found, _):
        assert (found[0].standing.state, found[0].standing.source) == ("unknown", "one")


def test_a_refund_is_no_sign_that_it_goes_on() -> None:
    with told([charge("a", 0), charge("b", 1), refund("re", 60, of="b")]) as (found, _):
        assert found[0].standing.state == "quiet"
        assert found[0].blast_radius.corrected_s == 59 * 60


def test_money_is_split_by_certainty_and_stage_and_what_came_back_is_told() -> None:
    events = [
        charge("a", 0),
        charge("b", 1),
        charge("c", 2),
        refund("re", 9, of="c", customer_id=None),
        # The caller's word alone.
        *[
            charge(
                name,
                n,
                key="x",
                customer_id="other",
                effect_id=None,
                system="shop",
                vantage="client",
            )
            for n, name in enumerate("mn")
        ],
    ]
    with told(events) as (found, _):
        money = [one for incident in found for one in incident.blast_radius.money]
        harms = {
            (harm.harm, harm.certain): harm.customers
            for incident in found
            for harm in incident.blast_radius.harms
        }
    sure = next(one for one in money if one.certain == "confirmed")
    assert (sure.effects, sure.gross, sure.compensated, sure.stage) == (2, 20, 10, "captured")
    assert sum((one.gross for one in money), start=Decimal(0)) == 30
    assert harms["charged", "confirmed"] == ["customer"]
    assert sure.by_witness == {"recorded": 10}


def test_a_call_of_unknown_outcome_moves_the_upper_end_alone() -> None:
    sure = [charge("a", 0), charge("b", 1)]
    asked = charge("c", 2, outcome="timeout", kind="attempt", effect_id=None, vantage="client")
    with told(sure) as (found, _):
        assert [(o.low, o.high) for o in found[0].blast_radius.still_out] == [(10, 10)]
    with told([*sure, asked]) as (found, _):
        (incident,) = found
        radius = incident.blast_radius
        unknown = sum(call.gross for call in radius.unresolved)
        assert [(o.low, o.high) for o in radius.still_out] == [(10, 10 + unknown)]


@pytest.mark.parametrize(
    ("tenants", "hit"),
    [
        (("one", "two"), {("one", "customer"), ("two", "customer")}),
        (("one", "one"), {("one", "customer")}),
        # Where one log names no tenant, that of the others is meant.
        (("one", None), {("one", "customer")}),
        ((None, None), {("", "customer")}),
    ],
)
def test_one_id_with_two_tenants_is_two_customers(
    tenants: tuple[str | None, str | None], hit: set[tuple[str, str]]
) -> None:
    pairs = [
        charge(f"{key}{n}", n, key=key, tenant=tenant)
        for key, tenant in zip("xy", tenants, strict=True)
        for n in range(2)
    ]
    with told(pairs) as (found, _):
        harms = [harm for incident in found for harm in incident.blast_radius.harms]
        assert set().union(*(harm.owned for harm in harms)) == hit
        assert all(len(harm.customers) == len(harm.owned) for harm in harms)


def test_what_the_second_run_led_to_is_counted_as_further_on() -> None:
    mails = [
        row(
            f"mail-{of}",
            2,
            kind="effect",
            action="mail",
            effect_class="messaging",
            effect_id=f"mail-{of}",
            execution_id=f"mail-run-{of}",
            cause_id=f"run-{of}",
        )
        for of in "ab"
    ]
    pair = [charge("a", 0, execution_id="run-a"), charge("b", 1, execution_id="run-b")]
    with told([*pair, *mails]) as (found, _):
        radius = found[0].blast_radius
        assert radius.followed == [("messaging", 1)]
        assert [(one.certain, one.effects, one.amount) for one in radius.reached] == [
            ("confirmed", 1, None)
        ]


@pytest.mark.parametrize(
    ("grade", "confidence", "certain", "expected"),
    [
        # Explicit ids lead on from what is proven; a confidence below one takes nothing from it.
        ("proven", 0.9, "confirmed", Decimal(12)),
        ("strong", None, "confirmed", Decimal(12)),
        # What was inferred counts with the probability that it is right, where that is known.
        ("probable", 0.75, "possible", Decimal(9)),
        ("probable", None, "possible", None),
        ("suspicion", 0.5, None, None),
    ],
)
def test_what_was_reached_from_an_inferred_chain_is_possible(
    grade: str, confidence: float | None, certain: str | None, expected: Decimal | None
) -> None:
    further = charge("far", 2, key="other", amount="12", cause_id="run-b", execution_id="run-far")
    pair = [charge("a", 0, execution_id="run-a"), charge("b", 1, execution_id="run-b")]
    with measured([*pair, further], DETECTORS) as (connection, findings):
        reconcile(connection)
        connection.execute("UPDATE candidates SET grade = $1", [grade])
        judged = [replace(f, grade=Grade(grade), confidence=confidence) for f in findings]
        (incident,) = incidents(connection, judged, ())

    reached = [
        (one.certain, one.effects, one.amount, one.expected)
        for one in incident.blast_radius.reached
    ]
    assert reached == ([(certain, 1, Decimal(12), expected)] if certain else [])
