"""Redis' MONITOR shows commands and no replies."""

from tests.connectors.formats.reading import DATA, sample

EVENTS = sample(DATA / "redis_monitor" / "monitor.txt").events


def test_nobody_knows_what_came_of_a_command() -> None:
    assert {e["outcome"] for e in EVENTS} == {"unknown"}


def test_a_relative_and_a_guarded_write_are_told_from_a_blind_one() -> None:
    writes = [e for e in EVENTS if e["kind"] == "write"]
    blind = {e["action"] for e in writes if not e.get("commutative") and not e.get("conditional")}

    assert {"incrby", "hincrby", "sadd", "rpush"} <= {
        e["action"] for e in writes if e.get("commutative")
    }
    assert {e["entity_id"] for e in writes if e.get("conditional")} == {"lock:job"}
    assert {"set", "del", "hset"} <= blind


def test_what_a_script_does_is_no_run_of_a_client() -> None:
    scripted = [e for e in EVENTS if "actor" not in e]

    assert [e["action"] for e in scripted] == ["get", "del"]
    assert all(e["execution_id"] == e["event_id"] for e in scripted)


def test_an_entry_that_two_workers_acknowledge_is_one_delivery_of_the_stream() -> None:
    acknowledged = [e for e in EVENTS if e["action"] == "xack"]

    assert {e["delivery_id"] for e in acknowledged} == {"payments/1795661057393-0"}
    assert len({e["execution_id"] for e in acknowledged}) == 2


def test_one_key_in_two_databases_is_two_keys() -> None:
    assert {e["system"] for e in EVENTS} == {"redis/0", "redis/3"}
