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
    "only_id", "sign_before", "bare_sum", "stage_of_sum",
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
