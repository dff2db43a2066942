"""Which log lines stand beside a finding."""

from forensics.scope.evidence import LINES_OF_THE_REST, LINES_PER_FINDING, evidence_lines
from forensics.store.engine import engine
from tests.detect.scenario import arrow


def test_only_what_is_shown_gets_many_lines_with_their_records() -> None:
    many = LINES_PER_FINDING + 10
    rows = [
        {"event_id": f"e{n:03d}", "kind": "effect", "action": "a", "outcome": "ok", "raw": "r"}
        for n in range(many)
    ]
    with engine(threads=1) as connection:
        connection.register("events_table", arrow(rows))
        connection.execute("CREATE VIEW events AS FROM events_table")
        connection.execute("""
            CREATE TABLE lines AS
            SELECT finding_id, event_id, CASE event_id WHEN 'e059' THEN 'original'
                ELSE 'duplicate' END AS role
            FROM events, (VALUES ('shown'), ('rest')) AS f (finding_id)""")
        found = evidence_lines(connection, "lines", shown=["shown"])

    shown = [line for line in found if line.finding_id == "shown"]
    rest = [line for line in found if line.finding_id == "rest"]
    assert (len(shown), len(rest)) == (LINES_PER_FINDING, LINES_OF_THE_REST)
    assert {line.raw for line in shown} == {"r"}
    assert {line.raw for line in rest} == {None}
    assert "e059" in {line.event_id for line in rest}
