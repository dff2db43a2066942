"""Groups findings into incidents: connected components over what they share."""

import duckdb

from forensics.scope.components import components
from forensics.scope.queries import execute

_HUB_FINDINGS = 50
"""A record in no more findings than this joins them, however few findings there are."""
_HUB_SHARE = 0.2
"""Beyond that, a record that this share of all findings touches (a merchant's account, a settings
row) says no more about their cause than that they come from one business."""


def group(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `finding_incidents(finding_id, incident_id)`.

    An incident's name is made of the smallest finding id in it, and depends on nothing else; it is
    another name than the finding's, so that either can be asked for.

    Args:
        connection: Has `candidates`, `finding_events`, `finding_effects` and `executions`.
    """
    execute(connection, "incidents")
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE joining_things AS
        SELECT finding_id AS member, thing FROM shared_things
        QUALIFY kind <> 'record' OR count(*) OVER (PARTITION BY thing) <= greatest(
            $most, $share * (SELECT count(*) FROM candidates WHERE suppressor IS NULL))
        UNION ALL
        SELECT finding_id AS member, NULL AS thing FROM candidates WHERE suppressor IS NULL""",
        {"most": _HUB_FINDINGS, "share": _HUB_SHARE},
    )
    components(connection, "joining_things", "incident_members")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE finding_incidents AS
        SELECT member AS finding_id, left(md5('incident ' || component), 16) AS incident_id
        FROM incident_members""")
