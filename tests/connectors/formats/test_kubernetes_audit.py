"""What a request to a Kubernetes API server means where it decides over a finding."""

from tests.connectors.formats.reading import DATA, sample

EVENTS = sample(DATA / "kubernetes_audit" / "audit.jsonl").events


def _of(number: int) -> list[dict[str, object]]:
    return [e for e in EVENTS if e["execution_id"].endswith(f"{number:012}")]


def test_stages_are_phases_of_one_action() -> None:
    received, answered = _of(1)

    assert (received["phase"], answered["phase"]) == ("start", "end")
    assert received["outcome"] == "pending"
    assert received["action"] == answered["action"]
    assert "effect_id" not in received
    assert answered["effect_id"] == "u-1"


def test_the_loser_of_a_race_was_refused_and_read_what_the_winner_read() -> None:
    (winner,), (loser,) = _of(2), _of(3)

    assert winner["version_read"] == loser["version_read"] == "100"
    assert winner["conditional"] is loser["conditional"] is True
    assert (loser["outcome"], loser["error_kind"]) == ("rejected", "conflict")
    assert "version_written" not in loser


def test_a_dry_run_changed_nothing() -> None:
    (tried,) = _of(5)

    assert tried["outcome"] == "skipped"
    assert "version_written" not in tried


def test_a_review_asks_and_writes_nothing() -> None:
    (review,) = _of(7)

    assert review["kind"] == "read"
    assert "write_kind" not in review


def test_who_acts_for_whom_is_kept_apart() -> None:
    (looked,) = _of(6)

    assert (looked["actor"], looked["on_behalf_of"]) == ("alice@example.com", "bob@example.com")
