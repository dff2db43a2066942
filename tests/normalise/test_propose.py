"""Proposed mappings: what each log is recognised as, and what must not be taken for something."""

from collections.abc import Sequence
from functools import cache

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from forensics.model.errors import UsageError
from forensics.normalise import apply
from forensics.normalise.apply import DOCUMENTS, Tally
from forensics.normalise.mapping import parse
from forensics.normalise.profile import profile
from forensics.normalise.propose import Proposal, propose
from forensics.normalise.propose_given import said
from forensics.normalise.propose_toml import written
from forensics.store.engine import engine
from tests.normalise.unknown_logs import LOGS, Log, Record, not_what_they_seem, snake_case

by_log = pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)


def table(records: Sequence[Record]) -> pa.Table:
    rows = [
        {
            "part": "p",
            "path": "log",
            "offset": n,
            "line": n + 1,
            "document": orjson.dumps(record).decode(),
        }
        for n, record in enumerate(records)
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENTS)


def proposed(records: Sequence[Record], **given: str) -> Proposal:
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone="UTC")
        log = profile(connection, table(records))
        return propose(log, given=said(given, log))


def columns(proposal: Proposal) -> dict[str, str]:
    return {line.column: line.expression for line in proposal.lines}


@by_log
def test_the_columns_that_matter_come_from_the_right_fields(log: Log) -> None:
    found = columns(proposed(list(log.records())))

    assert {column: found.get(column) for column in log.expected} == log.expected


@by_log
def test_the_written_mapping_loads_and_maps_every_record(log: Log) -> None:
    records = list(log.records())
    mapping = parse(written(proposed(records), name=log.name, title=log.name), where="x.toml")
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone="UTC")
        apply.stage(connection, mapping, table(records), source="s", acquisition_id="a")
        tally = sum(apply.tallies(connection).values(), start=Tally.nothing())

    assert (tally.mapped, tally.ignored, tally.quarantined) == (len(records), {}, 0)


def test_names_that_mean_something_else_are_not_proposed() -> None:
    found = columns(proposed(list(not_what_they_seem())))

    assert found.keys() == {"occurred_at"}


def test_what_stands_beside_the_right_fields_is_left_alone() -> None:
    proposal = proposed(list(snake_case()))

    assert {entry.path for entry in proposal.left} == {
        "user_agent", "total_pages", "version", "api_key",
    }  # fmt: skip


def test_a_field_serves_one_column_only() -> None:
    for log in LOGS:
        lines = [line for line in proposed(list(log.records())).lines if line.column in _PLAIN]
        paths = [path for line in lines for path in line.paths]

        assert len(paths) == len(set(paths)), log.name


_PLAIN = {
    "occurrence_id", "delivery_id", "operation_key", "effect_id", "cause_id",
    "trace_id", "customer_id", "attempt", "amount", "system", "workflow", "actor",
}  # fmt: skip


@cache
def as_it_stands(log: Log) -> str:
    return written(proposed(list(log.records())), name="x", title="x")


@settings(max_examples=10)
@given(data=st.data(), log=st.sampled_from(LOGS))
def test_the_order_of_records_and_of_names_never_matters(data: st.DataObject, log: Log) -> None:
    records = list(log.records())
    shuffled = data.draw(st.permutations(records))
    names = data.draw(st.permutations(sorted({name for record in records for name in record})))
    turned = [{name: record[name] for name in names if name in record} for record in shuffled]

    assert written(proposed(turned), name="x", title="x") == as_it_stands(log)


NAMES = st.one_of(
    st.sampled_from(["ts", "id", "event", "status", "amount", "order_id", "key", "a.b", "parent"]),
    st.text(min_size=1, max_size=8),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["2026-11-02T08:00:00Z", "'); DROP TABLE x; --", "{id}", '"""', "# x\ny = 1"]),
)
RECORDS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=6,
)


@settings(max_examples=20)
@given(records=st.lists(RECORDS, min_size=1, max_size=6))
@example(records=[{"*": [{"ts": "2026-11-02T08:00:00Z"}]}])
@example(records=[{"*": None}])
def test_whatever_a_log_holds_the_mapping_can_be_used(records: list[Record]) -> None:
    try:
        sample = table(records)
    except TypeError:
        reject()  # surrogates and integers beyond 64 bits, which orjson does not write
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone="UTC")
        proposal = propose(profile(connection, sample))
        mapping = parse(written(proposal, name="x", title="#\n'x'"), where="x.toml")
        apply.stage(connection, mapping, sample, source="s", acquisition_id="a")
        tally = sum(apply.tallies(connection).values(), start=Tally.nothing())

    assert tally.read >= len(records)
    assert tally.read == tally.mapped + sum(tally.ignored.values()) + tally.quarantined


def test_a_german_export_is_read_with_its_decimal_commas() -> None:
    records = [
        {
            "Datum": f"{n + 1:02}.11.2026 10:03:{n:02}",
            "Bestellnummer": f"B-{n}",
            "Kundennummer": f"K-{n % 7}",
            "Betrag": f"1.2{n:02},50",
            "Währung": "EUR",
        }
        for n in range(28)
    ]
    found = columns(proposed(records))
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone="UTC")
        (amounts,) = connection.execute(
            "SELECT comma_units('1.234,50'), comma_units('-7,5'), comma_units('1''000'),"
            " comma_units('1.50'), comma_units('1,2,3'), comma_units('12')"
        ).fetchall()

    assert found["occurred_at"] == "iso_time(day_first({Datum}))"
    assert found["entity_id"] == "{Bestellnummer}"
    assert found["customer_id"] == "{Kundennummer}"
    assert found["amount"] == "comma_units({Betrag})"
    assert found["currency"] == 'upper({"Währung"})'
    assert [str(amount) for amount in amounts] == [
        "1234.5000", "-7.5000", "1000.0000", "None", "None", "12.0000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["received_at"], {"occurred_at": "received_at", "time_means": "'received'"}),
        (["finished_at"], {"occurred_at": "finished_at", "time_means": "'end'"}),
        (["indexed_at"], {"occurred_at": "indexed_at"}),
        (
            ["received_at", "created_at"],
            {"occurred_at": "created_at", "recorded_at": "received_at"},
        ),
        # When it is due, or was put in a queue, is not when it was.
        (["scheduled_at"], {"scheduled_for": "scheduled_at"}),
        (["enqueued_at"], {"enqueued_at": "enqueued_at"}),
    ],
)
def test_the_only_time_there_is_says_when_it_was(
    names: list[str], expected: dict[str, str]
) -> None:
    records = [
        {"note": "x", **dict.fromkeys(names, f"2026-11-02T08:{n:02}:00.123Z")} for n in range(30)
    ]
    found = columns(proposed(records))
    found.pop("clock_resolution_us", None)

    assert {c: read.removeprefix("iso_time({").removesuffix("})") for c, read in found.items()} == (
        expected
    )


def test_the_words_of_a_german_till_are_known() -> None:
    records = [
        {
            "zeit": f"2026-11-02T08:{n:02}:00Z",
            "Vorgang": ("Zahlung", "Erstattung", "Rücklastschrift")[n % 3],
            "Status": "erfolgreich" if n % 5 else "abgelehnt",
            "Referenz": f"R-{n // 2}",
            "Betrag": f"1.2{n:02},50",
        }
        for n in range(40)
    ]
    proposal = proposed(records)
    found = columns(proposal)

    assert found["occurred_at"] == "iso_time({zeit})"
    assert found["action"] == "{Vorgang}"
    assert found["entity_id"] == "{Referenz}"
    assert "WHEN 'abgelehnt' THEN 'rejected' WHEN 'erfolgreich' THEN 'ok'" in found["outcome"]
    assert {row.columns["money_stage"] for row in proposal.rows} == {
        "'captured'", "'refunded'", "'reversed'",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [
        ("Buchungstag", "13.09.2026", "occurred_at"),
        ("vendor", "V-{}", "customer_id"),
        ("supplier_id", "V-{}", "customer_id"),
        ("guest_id", "G-{}", "customer_id"),
        # Of whoever keeps the log, or of no thing.
        ("vendor", "ours", None),
        ("Vorgang", "V-{}", None),
    ],
)
def test_words_of_the_trade_are_known(name: str, value: str, column: str | None) -> None:
    records = [{name: value.format(n), "note": "x"} for n in range(30)]

    assert [c for c, read in columns(proposed(records)).items() if name in read] == (
        [column] if column else []
    )


@pytest.mark.parametrize(
    ("values", "reading"),
    [
        (["80.00", "1,234.50"], "point_units"),
        (["80.00", "1,234"], "point_units"),
        (["80"] * 99 + ["1,234.50"], "point_units"),
        (["1,234,567", "12"], "point_units"),
        (["$212.50", "$1,992.00", "-$3.00", "($4.00)"], "point_units"),
        (["212.50 €", "€ 5"], "point_units"),
        (["212,50 €", "1.234,50 €"], "comma_units"),
        (["212,50\u00a0€", "1.234,50\u00a0€"], "comma_units"),
        (["212,50\u202f€", "1\u202f234,50\u202f€"], "comma_units"),
        (["1 234,50", "12,00"], "comma_units"),
        (["$.50", "$12.00"], "point_units"),
        (["80.00", "12.50"], "major_units"),
        (["1,234", "5,678"], None),
        (["1,234.50", "1.234,50"], None),
        (["€1.234", "€5.678"], None),
        (["$5", "five"], None),
    ],
)
def test_sums_are_read_as_their_signs_show(values: list[str], reading: str | None) -> None:
    records: list[Record] = [
        {"ts": f"2026-11-02T08:00:{n % 60:02}Z", "amount": value, "currency": "EUR"}
        for n, value in enumerate(values * 20)
    ]

    assert columns(proposed(records)).get("amount") == (
        f"{reading}({{amount}})" if reading else None
    )


def test_what_was_paid_in_all_is_the_amount_and_not_its_fee() -> None:
    records: list[Record] = [
        {
            "Date": f"2026-11-02T08:00:{n:02}Z",
            "Currency": "EUR",
            "Gross": "1,234.50",
            "Fee": "-0.90",
            "Net": "1,233.60",
        }
        for n in range(40)
    ]

    assert columns(proposed(records))["amount"] == "point_units({Gross})"


def test_sums_with_parted_thousands_are_read() -> None:
    sums = {
        "1,234.50": "1234.5000", "$1,234.50": "1234.5000", "-$5.00": "-5.0000",
        "($5.00)": "-5.0000",
        "$5.00-": "-5.0000", "$.50": "0.5000", "-$.50": "-0.5000", "$.": "None",
        "$\u00a05": "5.0000", "5.00\u202f$": "5.0000",
        "$ 5": "5.0000", "5.00 $": "5.0000", ".5": "0.5000", "12": "12.0000",
        "1,2,3": "None", "1,50": "None", "1.234,50": "None",
        "": "None", "$": "None", "$1$2": "None",
    }  # fmt: skip
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone="UTC")
        found = connection.execute(
            "SELECT point_units(s), comma_units('1.234,50 €') FROM (SELECT unnest($sums) AS s)",
            {"sums": list(sums)},
        ).fetchall()

    assert [str(amount) for amount, _ in found] == list(sums.values())
    assert {str(amount) for _, amount in found} == {"1234.5000"}


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [("old_version", "new_version", True), ("build_version", "app_version", False)],
)
def test_versions_before_and_after_a_change_are_those_of_a_record_though_few_differ(
    old: str, new: str, *, read: bool
) -> None:
    records: list[Record] = [
        {
            "changed_at": f"2026-11-02T08:{n:02}:00Z",
            "order_no": f"A-{n}",
            old: n % 2,
            new: n % 2 + 1,
        }
        for n in range(60)
    ]
    found = columns(proposed(records))

    assert (found.get("version_read"), found.get("version_written")) == (
        (f"{{{old}}}", f"{{{new}}}") if read else (None, None)
    )


@pytest.mark.parametrize(
    ("field", "is_read"),
    [
        ("idempotency_key", True),
        pytest.param("request_key", False, id="a name that says less"),
    ],
)
def test_lines_that_were_cut_out_of_a_log_may_all_be_of_one_operation(
    field: str, *, is_read: bool
) -> None:
    line = {"action": "orders.post", "status": "503", field: "idem-ORD-9-7fa91c"}
    cut_out = [{**line, "time": f"2026-11-03T10:00:{n:02}Z", "attempt": n} for n in range(1, 31)]

    assert ("operation_key" in columns(proposed(cut_out))) is is_read


@pytest.mark.parametrize(
    "name",
    [
        "original_payment_id",
        "refund_of",
        "parent_payment_id",
        "reverses",
        "Reference Txn ID",
        "Zugehöriger Transaktionscode",
        "Transaction origine",
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_what_a_refund_took_back_is_named_where_its_values_are_ids_of_effects(
    name: str, *, known: bool
) -> None:
    rows: list[Record] = [
        {
            "payment_id": f"pay_{n:08d}",
            "created_at": f"2026-11-09T{n // 60:02d}:{n % 60:02d}:00Z",
            "action": "refund" if n >= 40 else "charge",
            "order_id": f"ORD-{n % 40}",
            "amount": "19.90",
            "currency": "EUR",
            name: f"{'pay' if known else 'other'}_{n - 40:08d}" if n >= 40 else None,
        }
        for n in range(44)
    ]

    assert columns(proposed(rows)).get("compensates_effect_id", "").replace('"', "") == (
        f"{{{name}}}" if known else ""
    )
    assert columns(proposed(rows))["effect_id"] == "{payment_id}"


@pytest.mark.parametrize("known", [True, False])
def test_what_a_refund_took_back_is_not_the_refund(*, known: bool) -> None:
    rows: list[Record] = [
        {
            "created_at": f"2026-11-09T{n // 60:02d}:{n % 60:02d}:00Z",
            "action": "refund" if n >= 40 else "charge",
            "payment_id": None if n >= 40 else f"pay_{n:08d}",
            "original_payment_id": f"{'pay' if known else 'old'}_{n - 40:08d}" if n >= 40 else None,
            "refund_id": f"re_{n:08d}" if n >= 40 else None,
        }
        for n in range(80)
    ]
    found = columns(proposed(rows))

    assert found["effect_id"] == "coalesce({payment_id}, {refund_id})"
    assert found.get("compensates_effect_id") == ("{original_payment_id}" if known else None)


def test_what_a_person_named_for_one_thing_does_not_fill_another_beside_it() -> None:
    rows: list[Record] = [
        {
            "created_at": f"2026-11-09T08:{n:02d}:00Z",
            "action": "refund" if n % 2 else "charge",
            "payment_id": None if n % 2 else f"pay_{n:08d}",
            "sale_transaction_id": f"pay_{n - 1:08d}" if n % 2 else None,
        }
        for n in range(40)
    ]
    joined = columns(proposed(rows))
    said_so = columns(proposed(rows, compensates_effect_id="sale_transaction_id"))

    assert joined["effect_id"] == "coalesce({payment_id}, {sale_transaction_id})"
    assert said_so["effect_id"] == "{payment_id}"


def test_a_field_that_is_empty_as_yet_can_be_named_and_one_that_is_not_there_cannot() -> None:
    rows: list[Record] = [
        {"created_at": f"2026-11-09T08:{n:02d}:00Z", "taken_back": "", "back": {"sum": None}}
        for n in range(40)
    ]
    proposal = proposed(rows, compensates_effect_id="taken_back", amount="back.sum")
    doubts = {line.column: line.doubt for line in proposal.lines if line.doubt}

    assert columns(proposal)["compensates_effect_id"] == "{taken_back}"
    assert columns(proposal)["amount"] == "major_units({back.sum})"
    assert doubts.keys() == {"compensates_effect_id", "amount"}
    assert "empty in every sampled record" in doubts["amount"]
    assert "taken_back" not in columns(proposed(rows)).values()
    with pytest.raises(UsageError, match="no sampled record has a field `taken`"):
        proposed(rows, compensates_effect_id="taken")
