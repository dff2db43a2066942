"""Mechanisms: all that a finding may name are on the page, and only duplicates have any."""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.detect.registry import DETECTORS
from forensics.detect.run import run
from tests.link.linked import linked

_BEGUN = datetime(2026, 11, 2, tzinfo=UTC)


def test_the_page_names_the_mechanisms_of_the_query() -> None:
    query = files("forensics.detect.duplicate_side_effect").joinpath("mechanisms.sql").read_text()
    choice = query[query.index("WHEN m.later.pattern = 'batch_rerun'") :]

    assert {*re.findall(r"THEN\s+'(\w+)'", choice)} == mechanisms().keys()


def test_what_another_detector_finds_in_the_same_lines_has_no_mechanism() -> None:
    events = [
        {"event_id": f"e{n}", "occurred_at": _BEGUN + timedelta(seconds=2 * n), "kind": "effect",
         "action": "charge", "outcome": "partial", "system": "shop", "target_system": "payments",
         "vantage": "client", "operation_key": "k1", "effect_id": f"ch_{n}",
         "execution_id": f"r{n}", "actor": "ann", "actor_kind": "human"}
        for n in range(10)
    ]  # fmt: skip

    with linked(events) as connection:
        run(connection, DETECTORS)
        found = connection.execute("SELECT pattern, facts FROM candidates").fetchall()

    told = {pattern: json.loads(facts).get("mechanism") for pattern, facts in found}
    assert told == {"same_key": "double_submit", "hot_loop": None}
