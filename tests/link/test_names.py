"""Which fields of two sources name one thing: what is learned, and what must not be."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import orjson
import pytest

from forensics.link.names import SPREAD, learn, resolve
from forensics.model.errors import UsageError
from forensics.model.joins import DeclaredJoin, Join
from tests.link.linked import linked

START = datetime(2026, 11, 2, tzinfo=UTC)
Row = dict[str, Any]
T = TypeVar("T")
Name = Callable[[int], str]


def mixed(items: Sequence[T], *, seed: int) -> list[T]:
    """The items in an order that depends on the seed alone."""
    order_of = {n: sha256(b"%d/%d" % (seed, n)).digest() for n in range(len(items))}
    return [items[n] for n in sorted(order_of, key=order_of.__getitem__)]


def log(
    source: str, count: int, *, lag_s: float = 0, shuffled: int = 0, **fields: Name
) -> list[Row]:
    """One event a minute, or in an order of its own; names that are no column are attributes."""
    places = list(range(count))
    if shuffled:
        places = mixed(places, seed=shuffled)
    rows = []
    for number, place in enumerate(places):
        said = {name: of(number) for name, of in fields.items()}
        columns = {name: said.pop(name) for name in ("effect_id", "entity_id") if name in said}
        entity = {"entity_type": "order"} if "entity_id" in columns else {}
        rows.append(
            {
                "event_id": f"{source}-{number}",
                "source": source,
                "kind": "other",
                "occurred_at": START + timedelta(seconds=60 * place + lag_s),
                "attributes": orjson.dumps(said).decode() if said else None,
            }
            | columns
            | entity
        )
    return rows


def learned(events: Sequence[Row], *declared: str) -> list[Join]:
    with linked(events) as connection:
        return learn(connection, resolve(connection, map(DeclaredJoin.parse, declared)))


def token(number: int) -> str:
    return f"ch_{sha256(b'%d' % number).hexdigest()[:16]}"


def order(number: int) -> str:
    return f"ORD-{1000 + number}"


def bare(number: int) -> str:
    return str(1000 + number)


def other(of: Name) -> Name:
    """The names of other things, but for the first twenty."""
    return lambda number: of(number if number < 20 else number + 5000)


SHARED = [
    ("unique_values", log("a", 30, effect_id=token), log("b", 30, ref=token), "unique"),
    (
        "unique_values_at_unrelated_times",
        log("a", 30, effect_id=token),
        log("b", 30, shuffled=1, ref=token),
        "unique",
    ),
    (
        "numbers_behind_a_name",
        log("a", 40, entity_id=order),
        log("b", 40, lag_s=7, ref=order),
        "numbered",
    ),
    (
        "a_settlement_three_days_later",
        log("a", 40, entity_id=order),
        log("b", 40, lag_s=259_200, ref=order),
        "numbered",
    ),
    (
        "bare_numbers_in_fields_of_one_name",
        log("a", 40, entity_id=bare),
        log("b", 40, lag_s=7, orderId=bare),
        "plain",
    ),
]

FALSE_FRIENDS = [
    (
        "nineteen_are_too_few",
        log("a", 19, effect_id=token, more=token),
        log("b", 30, ref=lambda n: token(n if n < 19 else n + 5000)),
        None,
    ),
    (
        "a_field_of_which_a_twentieth_was_pasted",
        log("a", 500, effect_id=token),
        log("b", 500, ref=other(token)),
        "Only 4% of the smaller field's values are shared; 10% is needed.",
    ),
    (
        "two_counters_that_overlap_in_part",
        log("a", 60, entity_id=order),
        log("b", 60, ref=other(order)),
        "Only 33% of the smaller field's values are shared; 50% is needed.",
    ),
    (
        "two_counters_of_one_name_that_count_at_other_times",
        log("a", 60, entity_id=order),
        log("b", 60, shuffled=3, order=order),
        "Such values may be equal by chance, and the times of the two do not go together.",
    ),
    (
        "two_bare_counters_in_step",
        log("a", 60, entity_id=bare),
        log("b", 60, ticket=bare),
        "Bare numbers or words may be equal by nature, and the fields have different names.",
    ),
    (
        "words",
        log("a", 60, city=lambda n: "town" + chr(97 + n % 26) + chr(97 + n // 26)),
        log("b", 60, branch=lambda n: "town" + chr(97 + n % 26) + chr(97 + n // 26)),
        "Bare numbers or words may be equal by nature, and the fields have different names.",
    ),
]

NO_NAMES = [
    ("amounts", "amount", lambda n: str(100 + n)),
    ("sums_under_any_name", "figure", lambda n: f"{100 + n}.50"),
    ("times", "seen", lambda n: (START + timedelta(minutes=n)).isoformat()),
    ("seconds", "seen", lambda n: str(int(START.timestamp()) + n)),
    ("addresses", "peer", lambda n: f"192.0.2.{n}"),
    ("sentences", "note", lambda n: f"order {n} was paid"),
    ("few_values", "region", lambda n: f"region-{n % 19}"),
]


@pytest.mark.parametrize(
    ("left", "right", "values"), [pytest.param(*c[1:], id=c[0]) for c in SHARED]
)
def test_a_join_is_learned(left: list[Row], right: list[Row], values: str) -> None:
    (join,) = learned([*left, *right])

    assert (join.standing, join.values, join.cardinality) == ("learned", values, "one-to-one")
    assert (join.left_share, join.right_share, join.shared) == (1, 1, len(left))


@pytest.mark.parametrize(
    ("left", "right", "reason"), [pytest.param(*c[1:], id=c[0]) for c in FALSE_FRIENDS]
)
def test_a_false_friend_is_shown_and_not_used(
    left: list[Row], right: list[Row], reason: str | None
) -> None:
    found = learned([*left, *right])

    assert [join.reason for join in found if join.used] == []
    assert [join.reason for join in found] == ([reason] if reason else [])


@pytest.mark.parametrize(("field", "of"), [pytest.param(*c[1:], id=c[0]) for c in NO_NAMES])
def test_what_names_nothing_is_not_compared(field: str, of: Name) -> None:
    assert learned([*log("a", 60, **{field: of}), *log("b", 60, **{field: of})]) == []


@pytest.mark.parametrize("key", ["", "*", "a\\", 'a"b'])
def test_keys_that_no_path_can_name_are_passed_over(key: str) -> None:
    told = {"attributes": orjson.dumps({key: "a1", "inner": {key: "a1"}}).decode()}
    events = [row | told for row in (*log("shop", 30, id=token), *log("bank", 30, id=token))]

    assert learned(events) == []


def test_one_source_shares_nothing_with_itself() -> None:
    assert learned(log("a", 30, effect_id=token, ref=token)) == []


def test_a_value_of_several_things_is_many() -> None:
    payments = log("a", 60, entity_id=order, payer=lambda n: token(n // 2))
    customers = log("b", 30, account=token)

    (join,) = learned([*payments, *customers])

    assert (join.name, join.cardinality) == ("a.payer = b.account", "many-to-one")


def test_samples_of_large_fields_hold_the_same_values() -> None:
    (join,) = learned([*log("a", 9000, effect_id=token), *log("b", 6000, ref=token)])

    assert join.compared == "sample"
    assert join.left_share == pytest.approx(6000 / 9000, abs=0.03)
    assert join.right_share == 1


@pytest.mark.parametrize("seed", range(20))
def test_unrelated_times_do_not_go_together(seed: int) -> None:
    rows = [
        *log("a", 40, shuffled=seed + 1, entity_id=order),
        *log("b", 40, shuffled=seed + 101, order=order),
    ]

    (join,) = learned(rows)

    assert join.times == "differ", SPREAD


def test_the_order_of_events_does_not_matter() -> None:
    rows = [*log("a", 60, effect_id=token, ref=order), *log("b", 60, lag_s=9, of=token, no=order)]

    assert learned(rows) == learned(mixed(rows, seed=5))


DEEP = log("b.2", 30, data=lambda n: {"order": {"ref": f"x-{n}"}}, **{"dotted.key": order})  # type: ignore[dict-item,return-value]


@pytest.mark.parametrize(
    "text",
    [
        "a:entity_id:order=b.2:data.order.ref",
        "b.2.data.order.ref=a.entity_id:order",
        "b.2:attributes.data.order.ref=a:entity_id:order",
    ],
)
def test_a_declared_join_is_used_whatever_it_shares(text: str) -> None:
    found = learned([*log("a", 30, entity_id=bare), *DEEP], text)

    assert [(j.name, j.standing, j.shared) for j in found] == [
        ("a.entity_id:order = b.2.data.order.ref", "declared", 0)
    ]


def test_a_declared_join_says_how_many_values_are_shared() -> None:
    found = learned([*log("a", 30, entity_id=order), *DEEP], "a:entity_id:order=b.2:dotted.key")

    assert [(j.standing, j.shared, j.examples) for j in found] == [
        ("declared", 30, ["ORD-1000", "ORD-1001", "ORD-1002"])
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:entity_id:order", "is not a join"),
        ("c:ref=a:entity_id:order", "There is no source `c`"),
        ("a:entity_id:ordr=b.2:dotted.key", "There is no field `entity_id:ordr`"),
        ("a:entity_id:order=b.2:dotted.kee", "There is no field `dotted.kee`"),
        ("a:customer_id=b.2:dotted.key", "There is no field `customer_id`"),
        ("a:entity_id:order=a:entity_id:order", "names one source, `a`, on both sides"),
    ],
)
def test_a_join_of_what_does_not_exist_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        learned([*log("a", 30, entity_id=order), *DEEP], text)


BESIDE = {
    "in one column": ({"effect_id": token}, set()),
    "in one column but for one event": (
        {"effect_id": lambda n: token(n + 100 * (n == 7))}, {"noted"}
    ),
    "in one column or another": (
        {
            "operation_key": lambda n: None if n % 2 else token(n),
            "delivery_id": lambda n: token(n) if n % 2 else None,
        },
        {"noted"},
    ),
    "on the record itself": ({"entity_type": lambda _: "order", "entity_id": token}, {"noted"}),
    "in a column of what many obligations share": ({"transaction_id": token}, {"noted"}),
    "on related records": ({"related": lambda n: [{"type": "order", "id": token(n)}]}, set()),
    "on related records of two kinds": (
        {"related": lambda n: [{"type": ("order", "cart")[n % 2], "id": token(n)}]}, {"noted"}
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "fields"), BESIDE.values(), ids=BESIDE.keys())
def test_what_another_name_of_an_obligation_says_as_well_has_no_second_one(
    columns: dict[str, Callable[[int], Any]], fields: set[str]
) -> None:
    noting = log("a", 44, noted=token)
    for number, row in enumerate(noting):
        row |= {name: of(number) for name, of in columns.items()}
    joins = learned(noting + log("b", 44, lag_s=5, effect_id=token))

    assert {join.left_field for join in joins if join.used} & {"noted"} == fields


def test_a_declared_join_may_name_what_a_column_holds_as_well() -> None:
    rows = log("a", 40, effect_id=token, noted=token) + log("b", 40, effect_id=token)

    (join,) = [j for j in learned(rows, "a:noted=b:effect_id") if j.left_field == "noted"]
    assert join.used
