"""What is live has one name in every log, and other environments keep theirs."""

import orjson
import pytest

from tests.normalise.batches import mapping, prepared, staged


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        *[(name, "live") for name in ("live", "Live", "prod", "PROD", "production", "Production")],
        *[(name, "live") for name in ("prd", "PRD")],
        *[(name, name) for name in ("test", "staging", "Dev", "sandbox", "eu-prod", "preprod")],
        *[(name, name) for name in ("non-production", "alive", " prod")],
        ("", None),
        (None, None),
    ],
)
def test_what_is_live_has_one_name_whatever_its_log_calls_it(
    named: str | None, expected: str | None
) -> None:
    own = mapping("""
        [[event]]
        [event.columns]
        action = "{a}"
        environment = "{env}"
    """)
    canonical = mapping("""
        by_name = "{<column>}"
        [[event]]
        [event.columns]
        attributes = "{*}"
    """)
    record = {"a": "x", "action": "x", "env": named, "environment": named}

    with prepared() as connection:
        for how in (own, canonical):
            ((event,), _, _) = staged(connection, how, [orjson.dumps(record)])

            assert event.get("environment") == expected
