"""A run is read back whole: with no other status its document is the same."""

from pathlib import Path

import orjson
import pytest

from forensics.report.restated import restated
from tests.report.recorded import page_of


@pytest.mark.parametrize(
    "name", ["crm_erp_loop", "key_forgotten", "lost_update", "provider_dies", "refunded_twice"]
)
def test_what_nobody_accepted_is_told_as_it_was(name: str, tmp_path: Path) -> None:
    document = orjson.loads((page_of(name, tmp_path).parent / "findings.json").read_bytes())

    assert restated(document, {}) == document
    every = {finding["finding_id"]: "accepted" for finding in document["findings"]}
    told = restated(document, every)["headline"]
    assert told["accepted"] == len(document["incidents"])
    assert (told["worst"], told["money"], told["customers_confirmed"]) == ([], [], 0)
