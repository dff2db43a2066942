"""Which of two effects stays: the one that the newest row of a record names, else the first."""

from typing import Any

import pytest

from tests.scope.scoped import charge, names, of_order, refund, row_of, scoped

UNNAMED = "it came first; no record names one of them alone"
CHARGE_B = {"type": "charge", "id": "charge-b"}


@pytest.mark.parametrize(
    ("records", "keep", "because"),
    [
        ([], "charge-a", UNNAMED),
        ([row_of("o1", 3, **names("charge-b"))], "charge-b", "order o1 names it"),
        (
            [row_of("o1", 2, **names("charge-b")), row_of("o1", 3, **names("charge-a"))],
            "charge-a",
            "order o1 names it",
        ),
        # Each of two records names another: neither decides.
        (
            [
                row_of("o1", 3, **names("charge-b")),
                row_of("o1", 3, source="ledger", event_id="l", **names("charge-a")),
            ],
            "charge-a",
            UNNAMED,
        ),
        # A record that bears the charge's id as its own; the provider's own record of it is none.
        (
            [row_of("charge-b", 3, entity_type="payments")],
            "charge-b",
            "payments charge-b names it",
        ),
        (
            [row_of("charge-b", 3, entity_type="charge", system="payments")],
            "charge-a",
            UNNAMED,
        ),
        # Neither does part of an id, digits in a time, an older line, or what asks to undo one.
        *(
            ([row_of("o1", 2 + n, **line) for n, line in enumerate(named)], "charge-a", UNNAMED)
            for named in (
                [{"raw": '{"charge": "charge-b7"}'}],
                [{"raw": "charge-b"}],
                [names("charge-b"), names("charge-c")],
                [{"raw": '{"duplicate_to_refund": "charge-b"}'}],
                [{"raw": '{"refund": {"charge": "charge-b"}}'}],
            )
        ),
        (
            [row_of("t1", 3, entity_type="ticket", trace_id="t", **names("charge-b"))],
            "charge-a",
            UNNAMED,
        ),
        (
            [row_of("t1", 3, entity_type="ticket", related=[CHARGE_B])],
            "charge-a",
            UNNAMED,
        ),
        (
            [row_of("s1", 3, entity_type="shipment", related=[CHARGE_B])],
            "charge-b",
            "shipment s1 names it",
        ),
        ([row_of("o1", 3, raw='{"to": ["charge-b"]}')], "charge-b", "order o1 names it"),
        # Another order's row says nothing of this one.
        (
            [row_of("o2", 3, **names("charge-b"))],
            "charge-a",
            UNNAMED,
        ),
        (
            [refund("back", 3, of="charge-b", amount="4")],
            "charge-a",
            "the other was taken back, in part or wholly",
        ),
        (
            [row_of("o1", 3, **names("charge-b")), refund("back", 4, of="charge-b", amount="4")],
            "charge-b",
            "order o1 names it",
        ),
        # What was taken back is not kept because a record still names it.
        (
            [row_of("o1", 3, **names("charge-b")), refund("back", 4, of="charge-b")],
            "charge-a",
            "the other was taken back, in part or wholly",
        ),
    ],
)
def test_what_another_record_names_is_kept(
    records: list[dict[str, Any]], keep: str, because: str
) -> None:
    charges = charge("charge-a", 0, trace_id="t"), charge("charge-b", 1, trace_id="t")
    found = scoped(of_order(*charges, *records))

    (row,) = found.repairs
    assert (row.keep, row.keep_because) == (keep, because)


def test_digits_alone_name_no_charge() -> None:
    order = row_of("o1", 3, raw='{"at": "456789", "changed": 1714567890}')
    found = scoped(of_order(charge("170000", 0), charge("456789", 1), order))

    assert [(row.keep, row.keep_because) for row in found.repairs] == [("170000", UNNAMED)]
