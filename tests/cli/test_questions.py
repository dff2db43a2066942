"""`forensics trace` as an investigator types it."""

from pathlib import Path

import orjson
import pytest

from tests.case.shop import BEGIN, charges, lines
from tests.cli.test_commands import run


def order(number: int) -> dict[str, str]:
    """The shop's own line on an order, a second before its charge."""
    at = BEGIN.replace(second=10 * number % 60, minute=10 * number // 60)
    return {
        "event_id": f"o{number}",
        "occurred_at": at.isoformat(),
        "kind": "trigger",
        "action": "order.placed",
        "outcome": "ok",
        "system": "shop",
        "entity_type": "order",
        "entity_id": f"order-{number}",
        "trace_id": f"trace-{number}",
    }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an audited case: the provider's log, in which one key took effect twice."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "provider.jsonl").write_bytes(lines(list(charges(20))))
    (folder / "shop.jsonl").write_bytes(lines([order(7), order(9)]))
    run(folder, "audit", "provider.jsonl", "shop.jsonl")
    return folder


def test_an_order_charged_once_is_said_to_be_so_with_what_that_rests_on(audited: Path) -> None:
    done = run(audited, "trace", "order-7")

    assert done.returncode == 0
    text = done.stdout.decode()
    assert (
        "order order-7: charged once (`ch_000007` 12.50 EUR), within this coverage: `provider`"
        in text
    )
    assert "shop shop.jsonl:1" in text


def test_an_order_charged_twice_is_given_its_finding(audited: Path) -> None:
    (answer,) = orjson.loads(run(audited, "trace", "order-0", "--json").stdout)

    (count,) = answer["counts"]
    assert (count["word"], count["times"], len(count["findings"])) == ("several", 2, 1)
    assert count["effects"] == ["ch_000000", "ch_000001"]


def test_a_charge_leads_to_its_order(audited: Path) -> None:
    (answer,) = orjson.loads(run(audited, "trace", "ch_000009", "--json").stdout)

    assert answer["found_as"] == ["effect"]
    assert [count["name"] for count in answer["counts"]] == ["order order-9"]


def test_what_no_log_names_was_never_seen(audited: Path) -> None:
    done = run(audited, "trace", "order-77")

    assert done.returncode == 1
    assert b"`order-77` was never seen: none of 22 events of 2 sources names it." in done.stdout
