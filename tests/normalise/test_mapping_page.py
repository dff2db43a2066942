"""docs/mappings.md says what is so."""

import re
from importlib.resources import files
from pathlib import Path

import orjson

from forensics.normalise.line import KEYS as LINE_KEYS
from forensics.normalise.mapping import parse
from forensics.normalise.mapping_names import KEYS
from tests.normalise.batches import prepared, staged

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
_INTERNAL = {
    "wrapped", "says_zone", "in_24_hours", "day_in_order", "distinct_keys", "first_pairs",
    "unquoted", "control_escaped", "braced_hstore", "fields_in", "is_an_id",
    "only_id", "looks_up", "ids_named_after", "sign_before", "bare_sum", "stage_of_sum",
}  # fmt: skip


def test_every_macro_is_on_the_page() -> None:
    text = files("forensics.normalise").joinpath("macros.sql").read_text(encoding="utf-8")
    defined = set(re.findall(r"MACRO (\w+)\(", text)) - _INTERNAL

    assert {name for name in defined if f"`{name}(" not in PAGE} == set()


def test_a_limit_of_time_is_a_timeout_and_one_in_real_time_or_for_a_lifetime_is_none() -> None:
    said = {
        "TimeLimitExceeded(300,)": "timeout",
        "SoftTimeLimitExceeded()": "timeout",
        "Hard time limit (5.0s) exceeded for a.b[i]": "timeout",
        "CELERY_TASK_TIME_LIMIT exceeded": "timeout",
        "runtime limit exceeded": "timeout",
        "429 Too Many Requests: realtime limit exceeded": "throttle",
        "429 Too Many Requests: real-time limit exceeded": "throttle",
        "Lifetime limit of 3 redemptions reached": "other",
        "One-time limit reached": "other",
    }

    with prepared() as connection:
        kinds = connection.execute(
            "SELECT failure_kind(error) FROM (SELECT unnest($errors) AS error)",
            {"errors": list(said)},
        ).fetchall()

    assert dict(zip(said, [kind for (kind,) in kinds], strict=True)) == said


def test_a_tool_answers_with_the_id_of_what_it_made() -> None:
    answered = {
        ("issue_refund", "re_3Px2KQ8sLm2V"): "re_3Px2KQ8sLm2V",
        ("issue_refund", "done"): None,
        (
            "issue_refund",
            '{"id": "re_3Px2KQ8sLm2V", "order_id": "o_3Px2KQ8sLm2V"}',
        ): "re_3Px2KQ8sLm2V",
        ("issueRefund", '{"refundId": "rf1_3Px2KQ8sLm2V"}'): "rf1_3Px2KQ8sLm2V",
        (
            "create_ticket",
            '{"ticket_id": "tkt_3Px2KQ8s", "user_id": "usr_3Px2KQ8s"}',
        ): "tkt_3Px2KQ8s",
        ("create_ticket", '{"ticket_id": "12"}'): None,
        ("create_ticket", '{"user_id": "usr_3Px2KQ8s"}'): None,
        ("tickets_of_users", '{"ticket_id": "tkt_3Px2KQ8s", "user_id": "usr_3Px2KQ8s"}'): None,
        ("pay", '{"charge": "ch_3Px2KQ8sLm2V", "order_id": "o_3Px2KQ8sLm2V"}'): "ch_3Px2KQ8sLm2V",
        ("get_refund", '{"refund_id": "re_3Px2KQ8sLm2V"}'): None,
        ("stripe__getRefund", "re_3Px2KQ8sLm2V"): None,
        ("budget_refund", "re_3Px2KQ8sLm2V"): "re_3Px2KQ8sLm2V",
        (None, "re_3Px2KQ8sLm2V"): "re_3Px2KQ8sLm2V",
        (None, None): None,
    }

    with prepared() as connection:
        told = connection.execute(
            "SELECT answered_id(told[1], told[2]) FROM (SELECT unnest($told) AS told)",
            {"told": [list(each) for each in answered]},
        ).fetchall()

    assert [made for (made,) in told] == list(answered.values())


def test_every_key_of_a_line_is_on_the_page() -> None:
    assert {key for key in LINE_KEYS if f"| `{key}` |" not in PAGE} == set()


def test_every_key_is_on_the_page() -> None:
    assert {key for key in KEYS if f"`{key}`" not in PAGE and f"[{key}]" not in PAGE} == set()


def test_the_whole_mapping_on_the_page_works() -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    how = parse(example.group(1), where="docs/mappings.md")
    charge = {"op": "CHARGE", "at": 1772359200000, "status": "OK", "sum": "3.50", "shelf": 7}
    document = {
        "journal": [
            {
                "till": "4",
                "lines": [
                    charge | {"psp": {"charge": "ch_1"}, "operator_pin": "9876"},
                    charge | {"status": "TIMEOUT"},
                    {"op": "DRAWER", "at": 1},
                ],
            }
        ]
    }

    with prepared() as connection:
        events, tally, _ = staged(connection, how, [orjson.dumps(document)])

    paid, failed = events
    assert (paid["kind"], paid["effect_id"], paid["system"]) == ("effect", "ch_1", "till-4")
    assert (failed["kind"], failed["error_kind"]) == ("attempt", "timeout")
    assert "9876" not in paid["raw"] + paid["attributes"]
    assert tally.ignored == {"drawer": 1}
