"""Conservation: nothing is counted, given back or repaired twice, whatever was taken back."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.scope import money
from forensics.scope.reconcile import reconcile
from forensics.scope.repair import repairs
from forensics.scope.story import incidents
from tests.scope.scoped import charge, measured, refund

_CURRENCIES = st.sampled_from(["EUR", "USD"])


@st.composite
def logs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Charges that repeat each other by key and content, some given back, in part or wholly."""
    events = []
    for number in range(draw(st.integers(2, 6))):
        name = f"ch{number}"
        events.append(
            charge(
                name,
                draw(st.integers(0, 8)),
                key=draw(st.sampled_from(["k1", "k2", None])),
                amount=draw(st.sampled_from(["143.37", "86.10"])),
                currency=draw(_CURRENCIES),
                money_stage=draw(st.sampled_from(["captured", "captured", "authorised"])),
                customer_id=draw(st.sampled_from(["c1", "c2"])),
            )
        )
        if draw(st.booleans()):
            part = draw(st.sampled_from(["143.37", "50", None]))
            back = refund(
                f"re{number}", 20 + number, of=name, amount=part, currency=draw(_CURRENCIES),
                customer_id=None, outcome=draw(st.sampled_from(["ok", "error", "pending"])),
            )  # fmt: skip
            events.append(back)
    return events


@settings(max_examples=12)
@given(logs(), st.randoms(use_true_random=False))
def test_money_is_conserved(events: list[dict[str, Any]], chance: Any) -> None:
    with measured(events) as (connection, findings):
        sums = money.in_all(connection)
        incidents = money.by_incident(connection)
        rows = repairs(connection, findings)
        chance.shuffle(findings)
        again = repairs(connection, findings)

    totals = {total.exposure.currency: total.exposure for total in sums}
    assert all(sum(total.by_witness.values()) == total.exposure.net for total in sums)

    every = [m for f in findings for m in f.exposure] + list(totals.values())
    assert all(0 <= m.compensated <= m.gross and m.net >= 0 for m in every)

    subjects = [row.subject for row in rows]
    assert len(subjects) == len(set(subjects))
    assert len({row.idempotency_key for row in rows}) == len(rows)

    asked: dict[str, Decimal] = {}
    for row in rows:
        if row.amount:
            asked[row.currency] = asked.get(row.currency, Decimal(0)) + Decimal(row.amount)
    assert asked == {currency: total.net for currency, total in totals.items()}
    assert all(not row.amount or Decimal(row.amount) == 0 for row in rows if row.act == "none")

    summed: dict[str, Decimal] = {}
    for one in (m for exposure in incidents.values() for m in exposure):
        summed[one.currency] = summed.get(one.currency, Decimal(0)) + one.net
    assert summed == asked

    assert sorted(rows, key=str) == sorted(again, key=str)


@settings(max_examples=12)
@given(logs())
def test_the_parts_of_the_blast_radius_add_up(events: list[dict[str, Any]]) -> None:
    with measured(events) as (connection, findings):
        reconcile(connection)
        found = incidents(connection, findings, ())
        reached = "SELECT effect_key FROM radius_effects"
        effects = connection.execute(reached).fetchall() if found else []
        exposure = money.by_incident(connection)

    assert len(effects) == len(set(effects))
    for incident in found:
        radius = incident.blast_radius
        assert all(0 <= one.compensated <= one.gross for one in radius.money)
        assert all(sum(one.by_witness.values()) == one.net for one in radius.money)
        for whole in exposure.get(incident.incident_id, ()):
            parts = [one for one in radius.money if one.currency == whole.currency]
            assert sum(one.gross for one in parts) == whole.gross
            assert sum(one.compensated for one in parts) == whole.compensated
        for span in radius.still_out:
            parts = [one for one in radius.money if one.currency == span.currency]
            unknown = sum(o.gross for o in radius.unresolved if o.currency == span.currency)
            assert span.low == sum(one.net for one in parts if one.certain == "confirmed")
            assert span.high == sum(one.net for one in parts) + unknown
