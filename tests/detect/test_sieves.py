"""What there is nothing to find in is looked at no longer than it takes to know that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forensics.detect.contract import Detector
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from tests.link.linked import linked

_AT = datetime(2026, 11, 2, tzinfo=UTC)
_QUIET = [
    {
        "event_id": f"e{n}",
        "occurred_at": _AT + timedelta(seconds=n),
        "kind": "effect",
        "action": "charge",
        "effect_id": f"ch_{n}",
    }
    for n in (1, 2)
]
_LOUD = [{**event, "operation_key": "k1", "outcome": "timeout"} for event in _QUIET]


_NAMES = """
    SELECT table_name FROM duckdb_tables()
    UNION
    SELECT function_name FROM duckdb_functions()"""


@pytest.mark.parametrize("detector", [d for d in DETECTORS if d.sieve], ids=lambda d: d.name)
@pytest.mark.parametrize(("events", "goes_on"), [(_QUIET, False), (_LOUD, True)])
def test_what_comes_after_a_sieve_is_made_where_something_is_left(
    detector: Detector, events: list[dict[str, Any]], goes_on: bool
) -> None:
    assert detector.sieve is not None
    stem, sifted = detector.sieve
    last = detector.relations[-1]
    assert detector.relations.index(stem) < detector.relations.index(last)

    with linked(events) as connection:
        run(connection, [detector])
        made = {name for (name,) in connection.execute(_NAMES).fetchall()}

    assert sifted in made or goes_on
    assert (last in made) == goes_on
