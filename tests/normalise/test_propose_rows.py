"""What a proposal takes for done, and when it was."""

import pytest

from forensics.normalise import apply
from forensics.normalise.mapping import parse
from forensics.normalise.propose_toml import written
from forensics.store.engine import engine
from tests.normalise.test_propose import columns, proposed, table
from tests.normalise.unknown_logs import Record

MESSAGES = ("charging card", "charge declined", "charging card", "charge ok")


def _told(*messages: str, **more: str) -> list[Record]:
    return [
        {"time": f"2026-11-10T08:00:{n:02}Z", "msg": message, "order": f"ORD-{n % 7}", **more}
        for n, message in enumerate(messages * 5)
    ]


def _under(name: str, *messages: str, **more: str) -> list[Record]:
    """What was told, with the message under this name."""
    return [
        {name if key == "msg" else key: value for key, value in line.items()}
        for line in _told(*messages, **more)
    ]


def _kinds(records: list[Record]) -> dict[str, str]:
    return {row.when.split(" = ")[1]: row.columns["kind"] for row in proposed(records).rows}


def _mapped(records: list[Record], column: str) -> list[str]:
    mapping = parse(written(proposed(records), name="log", title="log"), where="x.toml")
    with engine(threads=1) as connection:
        apply.prepare(connection, timezone="UTC")
        apply.stage(connection, mapping, table(records), source="s", acquisition_id="a")
        return [
            str(row[0])
            for row in connection.execute(
                f"SELECT {column}::VARCHAR FROM staged WHERE disposition = 'event'"
            ).fetchall()
        ]


def test_what_is_about_to_be_tried_was_not_done() -> None:
    kinds = _kinds(_told(*MESSAGES))

    assert kinds == {
        "'charging card'": "'other'",
        "'charge ok'": "'effect'",
        "'charge declined'": "'effect'",
    }


@pytest.mark.parametrize(
    "message", ["payout requested", "charge request", "trying to charge", "will be charged"]
)
def test_what_was_asked_for_under_a_key_is_a_call(message: str) -> None:
    told = _told(message, "payout succeeded")
    kinds = _kinds([{**line, "idempotency_key": f"k-{n // 2}"} for n, line in enumerate(told)])

    assert kinds[f"'{message}'"] == "'attempt'"


@pytest.mark.parametrize("message", ["billing run charged", "payment request paid", "billing"])
def test_a_noun_and_an_end_announce_nothing(message: str) -> None:
    assert _kinds(_told(message, "email sent"))[f"'{message}'"] == "'effect'"


def _sense(value: str, *beside: str) -> tuple[str | None, str | None]:
    """Kind and stage of what one value says in a log that has others."""
    rows = proposed(_told(value, *beside)).rows
    (columns,) = [row.columns for row in rows if row.when.endswith(f"= '{value}'")]
    return columns["kind"].strip("'"), columns.get("money_stage", "").strip("'")


@pytest.mark.parametrize(
    ("value", "beside", "kind"),
    [
        ("payment.created", "payment.captured", "other"),
        ("payment.created", "payment.authorized", "other"),
        ("payment.initiated", "payment.succeeded", "other"),
        ("charge created", "charge succeeded", "other"),
        ("email.created", "email.sent", "other"),
        ("refund.created", "refund.succeeded", "other"),
        # Of another thing, or of one that failed, or of nothing that was done.
        ("payment.created", "email.sent", "effect"),
        ("payment.created", "payment.failed", "effect"),
        ("payment.created", "payment.refunded", "effect"),
        ("refund.created", "payment.captured", "effect"),
        ("charge.created", "payment.captured", "effect"),
        ("payment.captured", "payment.created", "effect"),
        ("order.created", "order.paid", "write"),
    ],
)
def test_what_was_made_is_no_charge_where_the_taking_is_told_too(
    value: str, beside: str, kind: str
) -> None:
    assert _sense(value, beside, "other words")[0] == kind


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({"payment.captured": 1}, "effect"),
        ({"payment.captured": 4}, "effect"),
        ({"payment.captured": 5}, "other"),
        ({"payment.captured": 1, "payment.failed": 4}, "other"),
        ({"payment.failed": 9}, "effect"),
        ({"payment.captured": 2, "payment.succeeded": 3}, "other"),
        # The same payments, at two stages.
        ({"payment.authorized": 4, "payment.captured": 4}, "effect"),
        ({"payment.captured": 1, "payment.initiated": 9}, "effect"),
        ({"payment.captured": 1, "payment.refunded": 9}, "effect"),
    ],
    ids=str,
)
def test_what_was_made_is_no_charge_where_most_of_it_is_told_to_have_ended(
    counts: dict[str, int], kind: str
) -> None:
    beside = [name for name, count in counts.items() for _ in range(count)]

    assert _sense("payment.created", *["payment.created"] * 9, *beside, "other words")[0] == kind


@pytest.mark.parametrize(
    ("value", "beside", "stage"),
    [
        ("payment.settled", "payment.captured", "settled"),
        ("payment.settled", "payment.authorized", "captured"),
        ("payment.settled", "payment.created", "captured"),
        ("payment.settled", "payment.refunded", "captured"),
        ("invoice settled", "payment.captured", "captured"),
        ("payment.captured", "payment.settled", "captured"),
    ],
)
def test_what_was_captured_before_is_settled(value: str, beside: str, stage: str) -> None:
    assert _sense(value, beside) == ("effect", stage)


def test_the_side_that_a_field_tells_outranks_what_money_is_called_and_not_where_it_went() -> None:
    told = _told("transfer", "refund", "ledger posted", "fee")
    sided: list[Record] = [
        {**line, "side": ("debit", "credit")[n % 2]} for n, line in enumerate(told)
    ]
    stages = {
        row.when.split(" = ")[1]: row.columns.get("money_stage") for row in proposed(sided).rows
    }

    assert stages == {
        "'fee'": "'fee'", "'ledger posted'": None, "'refund'": "'refunded'", "'transfer'": None,
    }  # fmt: skip
    assert _mapped(sided[::4], "money_stage") == ["debited"] * 5
    assert _mapped(sided, "money_stage").count("None") == 0
    assert {row.columns.get("money_stage") for row in proposed(told).rows} == {
        "'debited'", "'fee'", "'refunded'", None,
    }  # fmt: skip


def test_what_was_asked_for_was_done_where_a_field_says_so() -> None:
    records = _told("payment request", "refund request", status="succeeded")

    assert set(_kinds(records).values()) == {"'effect'"}


def test_what_failed_by_its_own_word_failed_whatever_the_status_is_of() -> None:
    records = _told(
        "refund failed", "refund issued", "retry failed payment", "charge cancelled", status="ok"
    )
    outcomes = {
        row.when.split(" = ")[1]: row.columns.get("outcome") for row in proposed(records).rows
    }

    assert outcomes == {
        "'refund failed'": "'error'",
        "'refund issued'": None,
        "'retry failed payment'": None,
        "'charge cancelled'": "'cancelled'",
    }


@pytest.mark.parametrize(
    "name",
    [
        "transaction_type",
        "Buchungsart",
        "entry_type",
        "tool",
        "tool.name",
        "Typ",
        "Transaktionstyp",
        "Type opération",
    ],
)
def test_the_type_of_a_transaction_says_what_was_done(name: str) -> None:
    assert _kinds(_under(name, "charge", "void")) == {"'charge'": "'effect'", "'void'": "'effect'"}


@pytest.mark.parametrize(
    ("name", "value", "kinds"),
    [
        ("object", "charge", {"'charge'": "'effect'"}),
        ("kind", "email", {"'email'": "'effect'"}),
        # A program may be called so, and what was not done is no effect.
        ("name", "payment", {}),
        ("object", "order", {}),
    ],
)
def test_an_object_that_is_a_charge_says_what_was_done(
    name: str, value: str, kinds: dict[str, str]
) -> None:
    assert _kinds(_under(name, value)) == kinds


@pytest.mark.parametrize(
    "name", ["card_type", "account_type", "Zahlungsart", "Kartentyp", "tool_version", "tooling"]
)
def test_the_type_of_a_card_does_not(name: str) -> None:
    assert _kinds(_under(name, "debit", "credit")) == {}


def test_what_a_payment_is_called_by_a_provider_is_known() -> None:
    told = _under("Typ", "PayPal Express-Zahlung", "Rückzahlung", "Allgemeine Abbuchung")

    assert {r.when.split(" = ")[1]: r.columns.get("money_stage") for r in proposed(told).rows} == {
        "'Allgemeine Abbuchung'": "'debited'",
        "'PayPal Express-Zahlung'": "'captured'",
        "'Rückzahlung'": "'refunded'",
    }


@pytest.mark.parametrize(
    ("tools", "event", "action"),
    [
        (("issue_refund", "look_up"), "tool_called", "tool"),
        (("stripe", "adyen"), "refund.issued", "event"),
    ],
)
def test_a_tool_says_what_was_done_where_its_words_are_known(
    tools: tuple[str, str], event: str, action: str
) -> None:
    assert columns(proposed(_under("tool", *tools, event=event)))["action"] == f"{{{action}}}"


def test_whatever_field_is_said_to_be_the_action_its_verbs_are_known() -> None:
    told = _under("memo", "charge", "void", "memo", type="log")
    for value in ("memo", "lower({memo})"):
        rows = proposed(told, action=value).rows

        assert {row.when: row.columns["kind"] for row in rows} == {
            "{memo} = 'charge'": "'effect'",
            "{memo} = 'void'": "'effect'",
            "{memo} = 'memo'": "'other'",
        }
    assert {row.when for row in proposed(told, action="type").rows} == {"{type} = 'log'"}


def test_a_method_that_is_said_to_be_the_action_is_one() -> None:
    told: list[Record] = [
        {**line, "path": f"/orders/{n}"}
        for n, line in enumerate(_under("event", "order.deleted", "order.new", method="DELETE"))
    ]

    assert {row.when for row in proposed(told, action="method").rows} == {"{method} = 'DELETE'"}
    assert len(proposed(told).rows) == 2


def test_a_write_is_one() -> None:
    assert _kinds(_told("read", "write")) == {"'read'": "'read'", "'write'": "'write'"}


@pytest.mark.parametrize(
    ("day", "clock", "expression", "resolution"),
    [
        ("2026-11-10", "08:00:07", "iso_time({date} || ' ' || {time})", "1000000"),
        ("2026-11-10", "08:07", "iso_time({date} || ' ' || {time})", "60000000"),
        ("13.11.2026", "08:00:07.25", "iso_time(day_first({date} || ' ' || {time}))", "10000"),
        ("13.11.2026", "late", "iso_time(day_first({date}))", "86400000000"),
        ("2026-11-10 08:00:07", "08:00:07", "iso_time({date})", "1000000"),
    ],
)
def test_the_day_and_the_time_of_the_day_are_one_time(
    day: str, clock: str, expression: str, resolution: str
) -> None:
    found = columns(proposed([{"date": day, "time": clock, "n": n} for n in range(20)]))

    assert (found["occurred_at"], found["clock_resolution_us"]) == (expression, resolution)


def test_two_times_of_the_day_are_not_chosen_from() -> None:
    records = [{"date": "13.11.2026", "from": "08:00", "to": "09:00", "n": n} for n in range(20)]

    assert columns(proposed(records))["occurred_at"] == "iso_time(day_first({date}))"


@pytest.mark.parametrize(
    ("name", "value"), [("call_duration", "08:07"), ("cutoff", "18:00"), ("lap", "27:30")]
)
def test_how_long_or_until_when_is_no_time_of_the_day(name: str, value: str) -> None:
    found = columns(proposed([{"date": "13.11.2026", name: value, "n": n} for n in range(20)]))

    assert found["occurred_at"] == "iso_time(day_first({date}))"


def test_a_date_alone_can_be_read() -> None:
    records: list[Record] = [{"date": "13.11.2026", "n": n} for n in range(20)]

    assert len(_mapped(records, "occurred_at")) == len(records)


def test_what_is_told_in_the_past_was_done_and_what_is_not_tells_nothing() -> None:
    rows = proposed(
        _told("contact.updated", "update contact", "order not updated", "dry run: order updated")
    ).rows
    outcomes = {row.when.split(" = ")[1]: row.columns.get("outcome") for row in rows}

    assert outcomes == {
        "'contact.updated'": "'ok'",
        "'update contact'": None,
        "'order not updated'": None,
        "'dry run: order updated'": None,
    }


def test_what_could_not_be_done_is_no_call_that_waits_for_its_answer() -> None:
    told = _told("refund could not be issued", "refund succeeded")
    kinds = _kinds([{**line, "idempotency_key": f"k-{n // 2}"} for n, line in enumerate(told)])

    assert kinds["'refund could not be issued'"] == "'effect'"


def test_a_key_or_an_error_that_is_empty_is_none() -> None:
    records: list[Record] = [
        {
            "time": f"2026-11-10T08:{n:02}:00Z",
            "action": "charge",
            "idempotency_key": f"k-{n}" if n % 2 else "",
            "error": "declined" if n % 10 == 0 else "",
        }
        for n in range(40)
    ]

    assert _mapped(records, "operation_key").count("None") == 20
    assert _mapped(records, "outcome").count("error") == 4


def _charges(status: str, *words: str) -> list[Record]:
    """Charges of which all but the first bear the first of these words, the first the last."""
    return [
        {**line, status: words[-1] if n == 0 else words[0]}
        for n, line in enumerate(_told("invoice.charged"))
        for line in [{**line, "transaction_id": f"txn_{n}"}]
    ]


def test_what_a_status_says_was_not_done_was_not_though_its_other_words_are_unknown() -> None:
    records = _charges("status", "applied", "skipped")
    (doubt,) = (line.doubt for line in proposed(records).lines if line.column == "outcome")

    assert _mapped(records, "outcome") == ["skipped", "ok", "ok", "ok", "ok"]
    assert "`applied` in `status` means; it is left to what else a record says" in doubt


@pytest.mark.parametrize(
    ("status", "words"),
    [
        pytest.param("status", ("shipped", "cancelled"), id="the order, of which money came back"),
        pytest.param("order_status", ("shipped", "rejected"), id="another thing's"),
        pytest.param("note", ("applied", "skipped"), id="no status"),
        pytest.param("status", ("applied", "not skipped"), id="the word is denied"),
    ],
)
def test_what_may_be_of_something_else_decides_nothing(status: str, words: tuple[str, str]) -> None:
    assert _mapped(_charges(status, *words), "outcome") == ["ok"] * 5


def test_where_a_record_has_no_status_its_verb_says_what_came_of_it() -> None:
    records = _told("webhook received", "order shipped", "shipping order")
    for line in records:
        if line["msg"] == "webhook received":
            line["http_status"] = 503 if line["order"] == "ORD-0" else 200
    outcomes = {
        (str(line["msg"]), outcome)
        for line, outcome in zip(records, _mapped(records, "outcome"), strict=True)
    }

    assert outcomes == {
        ("webhook received", "error"),
        ("webhook received", "ok"),
        ("order shipped", "ok"),
        ("shipping order", "unknown"),
    }


def test_a_status_of_something_inside_the_record_says_nothing_of_the_record() -> None:
    records: list[Record] = [
        {**line, "delivery": {"status": "failed" if n % 4 == 1 else "ok"}} if n % 2 else line
        for n, line in enumerate(_told("order shipped", "order.updated"))
    ]

    assert set(_mapped(records, "outcome")) == {"unknown"}


def test_where_a_record_has_no_status_its_id_or_its_error_says_what_came_of_it() -> None:
    records = [
        {**line, "status": "ok"} if n % 3 == 0 else {**line, "charge_id": f"ch_{n}"}
        for n, line in enumerate(_told("op", "op", "op"))
    ]

    assert set(_mapped(records, "outcome")) == {"ok"}
