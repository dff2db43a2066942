"""Groups findings into incidents: connected components over what they share."""

from importlib.resources import files

import duckdb

_ROUNDS = 64


def group(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `finding_incidents(finding_id, incident_id)`.

    An incident is named after the smallest finding id in it, so the name depends on nothing
    else. Labels spread over shared things until none changes.
    """
    package = files("forensics.scope")
    connection.execute(package.joinpath("incidents.sql").read_text(encoding="utf-8"))
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE finding_incidents AS
        SELECT finding_id, finding_id AS incident_id FROM candidates WHERE suppressor IS NULL""")
    for _ in range(_ROUNDS):
        changed = connection.execute("""
            CREATE OR REPLACE TEMP TABLE spread AS
            WITH smallest AS (
                SELECT thing, min(incident_id) AS incident_id
                FROM shared_things JOIN finding_incidents USING (finding_id) GROUP BY thing
            ),
            offered AS (
                SELECT finding_id, min(s.incident_id) AS incident_id
                FROM shared_things JOIN smallest AS s USING (thing) GROUP BY finding_id
            )
            SELECT finding_id, least(f.incident_id, coalesce(o.incident_id, f.incident_id))
                AS incident_id, o.incident_id < f.incident_id AS moved
            FROM finding_incidents AS f LEFT JOIN offered AS o USING (finding_id);
            SELECT count(*) FROM spread WHERE moved""").fetchall()[0][0]
        connection.execute("""
            CREATE OR REPLACE TEMP TABLE finding_incidents AS
            SELECT finding_id, incident_id FROM spread""")
        if not changed:
            return
