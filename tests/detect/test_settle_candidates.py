"""Which proposal becomes which candidate."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from forensics.store import queries
from tests.link.linked import linked

NIGHT = datetime(2026, 11, 2, tzinfo=UTC)
Proposal = dict[str, Any]


def proposal(*event_ids: str, **other: Any) -> Proposal:
    """A finding of one problem: its first event, repeated by the others."""
    roles = ("original", *("duplicate" for _ in event_ids[1:]))
    evidence = [
        {"event_id": event_id, "role": role}
        for event_id, role in zip(event_ids, roles, strict=True)
    ]
    return {
        "detector": "duplicate_side_effect",
        "pattern": "same_key",
        "rank": 2,
        "subject": ["payments", "charge", "order o1"],
        "grade": "proven",
        "suppressor": None,
        "evidence": evidence,
        "excess": 1,
        "facts": "{}",
    } | other


def settled(proposals: Sequence[Proposal]) -> dict[tuple[str, ...], str]:
    """Finding id of each candidate by what held it back, its facts and its evidence."""
    events = [
        {"event_id": f"e{n}", "kind": "effect", "action": "charge", "outcome": "ok",
         "occurred_at": NIGHT + timedelta(minutes=n)}
        for n in range(4)
    ]  # fmt: skip
    with linked(events) as connection:
        queries.run(connection, "forensics.detect", "open_candidates")
        for made in proposals:
            columns = ", ".join(f"${name}" for name in made)
            connection.execute(f"INSERT INTO proposed VALUES ({columns})", made)
        queries.run(connection, "forensics.detect", "settle_candidates")
        rows = connection.execute("""
            SELECT finding_id, coalesce(c.suppressor, ''), facts, list(event_id ORDER BY event_id)
            FROM candidates AS c INNER JOIN candidate_evidence USING (finding_id)
            GROUP BY ALL""").fetchall()
    return {(held, facts, *ids): finding_id for finding_id, held, facts, ids in rows}


ALIKE = (
    proposal("e0", "e1"),
    proposal("e0", "e2"),
    proposal("e0", "e2", facts='{"n": 1}'),
    proposal("e0", "e1", suppressor="fan_out"),
)


def test_candidates_that_begin_with_one_event_have_ids_of_their_own() -> None:
    found = settled(ALIKE)

    assert len(set(found.values())) == len(found) == len(ALIKE)


def test_the_order_of_proposals_gives_nobody_another_id() -> None:
    expected = settled(ALIKE)

    assert all(settled(order) == expected for order in permutations(ALIKE))


def test_what_is_held_back_takes_no_id_from_what_was_found() -> None:
    finding = proposal("e1", "e2", "e3")
    alone = settled([finding])
    beside = settled([proposal("e1", "e2", suppressor="fan_out"), finding])

    assert alone.items() <= beside.items()


def test_an_episode_that_grows_keeps_its_id() -> None:
    short, long = settled([proposal("e0", "e1")]), settled([proposal("e0", "e1", "e2")])

    assert list(short.values()) == list(long.values())


def test_another_subject_or_first_event_is_another_finding() -> None:
    found = [
        proposal("e0", "e1"),
        proposal("e1", "e2"),
        proposal("e0", "e1", subject=["payments", "charge", "order o2"]),
        proposal("e0", "e1", pattern="redelivery"),
    ]

    ids = {next(iter(settled([made]).values())) for made in found}
    assert len(ids) == len(found)
