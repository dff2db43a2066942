"""What is said of a log in which a pattern found nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from forensics.detect.registry import DETECTORS
from forensics.detect.run import Settings, run
from forensics.detect.verdicts import judge
from forensics.model.audit import SourceVerdict
from tests.link.linked import linked

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
UNSAID = "nothing says how they ended"


def row(second: int, kind: str, execution: str, **values: object) -> dict[str, Any]:
    return {
        "event_id": f"{kind}{second}",
        "occurred_at": NOON + timedelta(seconds=second),
        "kind": kind,
        "action": f"{kind} price",
        "system": "shop",
        "entity_type": "product",
        "entity_id": "p1",
        "execution_id": execution,
        **values,
    }


def cached(**values: object) -> list[dict[str, Any]]:
    """Two runs read one version from a cache; both write, without a word of what they had read."""
    return [
        row(0, "read", "run-1", version_read="3", **values),
        row(1, "read", "run-2", version_read="3", **values),
        row(2, "write", "run-1", version_written="4", **values),
        row(3, "write", "run-2", version_written="4", **values),
    ]


def verdicts(
    rows: list[dict[str, Any]], settings: Settings | None = None
) -> dict[str, SourceVerdict]:
    with linked(rows) as connection:
        run(connection, DETECTORS, settings=settings)
        judged = judge(connection, DETECTORS, incomplete={}, sources=["log"], settings=settings)
        return {verdict.pattern: verdict for verdict in judged}


def test_where_outcomes_are_unknown_that_is_what_is_missing() -> None:
    told = verdicts(cached(outcome="unknown"))

    for pattern in ("lost_update", "stale_write", "check_then_act", "out_of_order"):
        assert (told[pattern].verdict, told[pattern].missing) == ("blind", ("outcome",))
        assert UNSAID in told[pattern].reason
        assert "version" not in told[pattern].reason
    assert told["read_skew"].missing == ("transaction_id", "outcome")
    assert UNSAID in told["read_skew"].reason
    assert "transaction" in told["read_skew"].reason


def test_a_version_that_the_run_had_read_is_not_missing() -> None:
    told = verdicts(cached(outcome="ok"))

    assert told["lost_update"].verdict == "found"
    assert told["stale_write"].missing == ()
    assert UNSAID not in told["read_skew"].reason


@pytest.mark.parametrize(
    ("settings", "reach"),
    [
        ({}, " It looks no further than 10 min (`window_s`) or 6 d (`record_window_s`)."),
        (
            {"same_content": {"record_window_s": 3_600}},
            " It looks no further than 10 min (`window_s`) or 1 h (`record_window_s`).",
        ),
    ],
)
def test_clear_says_how_far_it_looked(settings: Settings, reach: str) -> None:
    paid = {"outcome": "ok", "amount": Decimal(20), "effect_class": "billing"}
    told = verdicts(
        [row(0, "effect", "a", **paid, effect_id="1", entity_id="p0")], settings=settings
    )

    assert told["same_content"].verdict == "clear"
    assert (
        told["same_content"].reason
        == f"None among the 1 of 1 events that say what it takes.{reach}"
    )


@pytest.mark.parametrize("name", ["execution_id", "transaction_id"])
def test_a_version_that_another_run_had_read_does_not_tell(name: str) -> None:
    apart = [
        one | {name: f"{one['kind']}-{number}", "outcome": "ok"}
        for number, one in enumerate(cached())
    ]

    told = verdicts(
        apart if name == "execution_id" else [o | {"execution_id": o["event_id"]} for o in apart]
    )

    assert told["stale_write"].missing == ("version_read|version_seen",)


def test_a_version_that_the_transaction_had_read_tells() -> None:
    of_one = [
        one | {"execution_id": one["event_id"], "transaction_id": one["execution_id"]}
        for one in cached(outcome="ok")
    ]

    assert verdicts(of_one)["stale_write"].missing == ()


def paid(phase: str, outcome: str, second: int = 0) -> list[dict[str, Any]]:
    """One line of each of two payments."""
    money = {"effect_class": "billing", "amount": Decimal("9.50"), "currency": "EUR"}
    return [
        row(second + n, "effect", f"run-{n}", effect_id=f"ch_{n}", phase=phase, **money)
        | {"entity_id": f"o{n}", "customer_id": f"o{n}", "outcome": outcome}
        for n in (0, 1)
    ]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (paid("single", "unknown"), "blind"),
        (paid("end", "unknown"), "blind"),
        (paid("start", "unknown"), "blind"),
        (paid("start", "unknown") + paid("end", "unknown", 2), "blind"),
        (
            [*paid("start", "unknown"), paid("end", "unknown", 2)[0], paid("end", "ok", 2)[1]],
            "clear",
        ),
        (paid("start", "unknown") + paid("end", "ok", 2), "clear"),
        (paid("progress", "unknown") + paid("end", "ok", 2), "clear"),
    ],
)
def test_what_has_begun_need_not_say_what_came_of_it_where_the_ends_do(
    rows: list[dict[str, Any]], verdict: str
) -> None:
    told = verdicts(rows)["same_content"]

    assert told.verdict == verdict
    assert ("outcome" in told.missing) == (verdict == "blind")


def test_starts_of_another_kind_or_log_are_told_by_no_ends_but_their_own() -> None:
    begun = paid("start", "unknown")
    written = [one | {"kind": "write", "event_id": f"w{n}"} for n, one in enumerate(begun)]
    elsewhere = [one | {"source": "other"} for one in paid("end", "ok", 2)]

    assert (
        verdicts(begun + [one | {"outcome": "ok", "phase": "end"} for one in written])[
            "same_content"
        ].verdict
        == "blind"
    )
    assert verdicts(begun + elsewhere)["same_content"].verdict == "blind"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"amount": None}, "clear"),
        ({"effect_id": None}, "clear"),
        ({"effect_id": None, "amount": None}, "blind"),
    ],
)
def test_effects_of_neither_id_nor_amount_are_not_compared(
    said: dict[str, Any], verdict: str
) -> None:
    sent = [one | {"payload_hash": n} | said for n, one in enumerate(paid("single", "ok"))]

    told = verdicts(sent)["same_content"]

    assert told.verdict == verdict
    assert ("effect_id|amount" in told.missing) == (verdict == "blind")


def held(*outcomes: str) -> list[dict[str, Any]]:
    """Two runs take a lock one after the other, keep it alive and let go of it."""
    return [
        row(10 * n + second, "lock", f"run-{n}", phase=phase, outcome=outcome, lock=lock)
        for n in (0, 1)
        for second, (phase, outcome) in enumerate(
            zip(("start", "progress", "end"), outcomes, strict=True)
        )
        for lock in [{"mode": "exclusive", "expires_at": None, "fencing_token": None}]
    ]


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (("unknown", "unknown", "unknown"), "blind"),
        (("unknown", "unknown", "ok"), "partial"),
        (("ok", "unknown", "unknown"), "clear"),
        (("ok", "ok", "ok"), "clear"),
    ],
)
def test_of_a_lock_the_taking_must_say_what_came_of_it(
    outcomes: tuple[str, str, str], verdict: str
) -> None:
    assert verdicts(held(*outcomes))["lease_overlap"].verdict == verdict


def serial(read: str, write: str) -> list[dict[str, Any]]:
    """Two runs read a record in a serial log; one writes, then the other."""
    return [
        row(n, kind, f"run-{n % 2}", source_seq=n, write_kind=write_kind, outcome=outcome)
        for n, (kind, write_kind, outcome) in enumerate(
            2 * [("read", None, read)] + 2 * [("write", "update", write)]
        )
    ]


@pytest.mark.parametrize("pattern", ["lost_update", "check_then_act"])
@pytest.mark.parametrize(("read", "write"), [("unknown", "ok"), ("ok", "unknown")])
def test_what_was_read_and_what_was_written_must_both_say_what_came_of_it(
    pattern: str, read: str, write: str
) -> None:
    told = verdicts(serial(read, write))[pattern]

    assert (told.verdict, told.missing) == ("blind", ("outcome",))
    assert "each " in told.reason
    assert "read" in told.reason.partition(UNSAID)[0]
    assert verdicts(serial("ok", "ok"))[pattern].missing == ()


def test_writes_of_another_log_must_say_what_came_of_them_where_the_own_has_none() -> None:
    reads, writes = serial("ok", "unknown")[:2], serial("ok", "unknown")[2:]
    apart = [one | {"source": "other"} for one in writes]

    assert verdicts(reads + apart)["check_then_act"].verdict == "blind"
    assert verdicts(reads)["check_then_act"].verdict == "clear"
    told = [one | {"event_id": f"a{n}", "outcome": "ok"} for n, one in enumerate(writes)]
    others = [one | {"execution_id": "run-9"} for one in told]
    assert verdicts(reads + apart + others)["check_then_act"].verdict == "clear"


def test_a_write_that_names_its_version_needs_no_outcome_of_reads() -> None:
    named = [
        one | {"version_read": str(n), "version_written": str(n + 1)}
        for n, one in enumerate(serial("unknown", "ok"))
    ]

    assert verdicts(named)["lost_update"].verdict == "clear"
    assert verdicts(named)["stale_write"].verdict == "clear"


def test_a_version_that_was_read_without_a_word_of_the_outcome_does_not_tell() -> None:
    told = verdicts(
        [one | {"outcome": "unknown" if one["kind"] == "read" else "ok"} for one in cached()]
    )

    assert (told["stale_write"].verdict, told["stale_write"].missing) == ("blind", ("outcome",))


@pytest.mark.parametrize(("read", "write"), [("unknown", "ok"), ("ok", "unknown")])
def test_what_orders_transactions_are_reads_and_writes_that_both_say_what_came_of_them(
    read: str, write: str
) -> None:
    told = verdicts(
        [
            one | {"transaction_id": one["execution_id"], "version_read": "1"}
            for one in serial(read, write)
        ]
    )

    for pattern in ("read_skew", "write_skew", "dependency_cycle"):
        assert (told[pattern].verdict, told[pattern].missing) == ("blind", ("outcome",))


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ({"trace_id": "t", "entity_id": None}, True),
        ({"cause_id": "c", "entity_id": None}, True),
        ({"attempt": 2, "entity_id": None}, True),
        ({"payload_hash": 7, "entity_id": None}, True),
        ({"payload_hash": 7}, True),
        ({"trace_id": "t", "entity_type": "tool"}, True),
        ({"trace_id": "t", "entity_type": "model"}, True),
        ({"trace_id": "t", "entity_type": "url"}, True),
        ({"trace_id": "t", "entity_type": "destination"}, True),
        ({"attempt": 2, "entity_type": "tool"}, True),
        ({"trace_id": "t", "entity_type": "tool", "payload_hash": 7}, False),
        ({"cause_id": "c", "entity_id": None, "payload_hash": 7}, False),
        ({"trace_id": "t"}, False),
        ({"trace_id": "t", "entity_type": None}, False),
        ({"attempt": 2}, False),
        ({"attempt": 2, "entity_type": None}, False),
        ({"delivery_id": "m", "entity_id": None}, False),
        ({"operation_key": "k", "entity_id": None}, False),
    ],
    ids=str,
)
def test_what_names_no_operation_is_no_sight_of_its_tries(
    told: dict[str, Any], *, lacks: bool
) -> None:
    judged = verdicts([row(n, "attempt", f"run-{n}", outcome="ok", **told) for n in range(2)])

    needed = "operation_key|delivery_id|traced_call|numbered_record"
    for pattern in ("hot_loop", "synchronised"):
        assert judged[pattern].missing == ((needed,) if lacks else ())
        assert judged[pattern].verdict == ("blind" if lacks else "clear")


def test_the_number_of_a_try_is_enough_where_all_of_them_are_counted() -> None:
    tries = [row(n, "attempt", f"run-{n}", outcome="ok", attempt=2, entity_id=None) for n in (0, 1)]
    judged = verdicts(tries)

    assert {judged[p].verdict for p in ("fleet", "metastable", "drain_burst")} == {"clear"}


def flipped(**values: object) -> dict[str, SourceVerdict]:
    """What is said of two writes of one record, one after the other."""
    changes = [{"name": "tier", "before": 1, "after": 2}]
    return verdicts(
        [row(n, "write", f"run-{n}", outcome="ok", changes=changes, **values) for n in (0, 1)]
    )


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ({"vantage": "database"}, True),
        ({"vantage": "provider"}, True),
        ({"vantage": "server"}, False),
        ({"vantage": None}, False),
        ({"vantage": "database", "actor": "importer"}, False),
        ({"vantage": "database", "workflow": "import"}, False),
    ],
    ids=str,
)
def test_the_name_of_a_store_is_not_that_of_who_wrote_in_it(
    told: dict[str, Any], *, lacks: bool
) -> None:
    judged = flipped(**told)["flip_flop"]

    assert judged.verdict == ("blind" if lacks else "clear")
    assert judged.missing == (("writing_system|workflow|actor|session_actor",) if lacks else ())


def test_who_wrote_may_stand_in_the_log_of_statements() -> None:
    changes = [{"name": "tier", "before": 1, "after": 2}]
    common = {"vantage": "database", "clock": "db", "transaction_id": "7"}
    written = row(0, "write", "xid/7", outcome="ok", changes=changes, **common)
    said = row(
        1, "write", "session-1", outcome="unknown", source="said", actor="importer", **common
    )

    assert verdicts([written, said])["flip_flop"].verdict == "clear"
    assert verdicts([written, said | {"actor": None}])["flip_flop"].verdict == "blind"
