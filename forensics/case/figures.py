"""Figures of the last run of a case, drawn from its tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from forensics.link.link import link
from forensics.link.names import resolve
from forensics.model.audit import Audit
from forensics.model.errors import UsageError
from forensics.model.figure import Drawn
from forensics.model.joins import DeclaredJoin
from forensics.scope import money

if TYPE_CHECKING:
    from forensics.timeline.draw import Picture
    from forensics.timeline.subject import Subject


def figures_of(connection: duckdb.DuckDBPyConnection, result: Audit) -> Mapping[str, Drawn]:
    """The figures of an audit's page, while its relations are still there."""
    # Plotly costs a second of start-up, which most commands can do without.
    from forensics.timeline.draw import for_page  # noqa: PLC0415 - see above

    return for_page(connection, result)


def overview_of(connection: duckdb.DuckDBPyConnection, result: Audit) -> Mapping[str, Drawn]:
    """The overview alone, of the lines of one customer; after `forensics.case.one_customer.mark`.

    The other figures add up what hit everybody.
    """
    from forensics.timeline.draw import drawn, picture  # noqa: PLC0415 - see `figures_of`
    from forensics.timeline.lines import gather  # noqa: PLC0415 - see `figures_of`
    from forensics.timeline.subject import subject  # noqa: PLC0415 - see `figures_of`

    subjects = [subject(finding) for finding in result.findings if finding.first_at]
    if not subjects:
        return {}
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE candidate_evidence AS
        FROM candidate_evidence SEMI JOIN customer_events USING (event_id)""")
    gather(connection, subjects)
    return {"overview": drawn(picture(connection, subjects, kind="overview"))}


def picture_of(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    kind: str,
    declared: Sequence[DeclaredJoin] = (),
) -> "Picture":
    """The figure of the findings under a name; see `forensics.timeline.draw.picture`.

    Args:
        connection: Has the case's views, and may make tables in memory.
        name: The beginning of a finding's or an incident's id; all findings when empty.
        kind: Which figure, where not the one that fits.
        declared: Fields that the configuration says name one thing.

    Raises:
        UsageError: The last run has nothing under that name, or there is no such figure.
    """
    from forensics.timeline.draw import picture  # noqa: PLC0415 - see `figures_of`

    subjects = gathered(connection, name, declared)
    if kind == "growth":
        money.measure(connection)
    return picture(connection, subjects, kind=kind)


def gathered(
    connection: duckdb.DuckDBPyConnection, name: str = "", declared: Sequence[DeclaredJoin] = ()
) -> "list[Subject]":
    """The findings under a name, with the relations that their figures are drawn from.

    Raises:
        UsageError: The last run has nothing under that name.
    """
    from forensics.timeline.lines import gather  # noqa: PLC0415 - see `figures_of`
    from forensics.timeline.subject import Subject  # noqa: PLC0415 - see `figures_of`

    rows = connection.sql(_SUBJECTS, params={"name": f"{name}%"}).to_arrow_table().to_pylist()
    if name:
        _require_one(name, rows)
    names = Subject.__dataclass_fields__
    subjects = [
        Subject(**{n: row[n] for n in names} | {"facts": orjson.loads(row["facts"])})
        for row in rows
    ]
    link(connection, resolve(connection, declared))
    connection.execute(_AS_IN_AN_AUDIT)
    gather(connection, subjects)
    return subjects


def _require_one(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A name stands for one finding, or for all those of one incident."""
    found = {row[key] for row in rows for key in ("finding_id", "incident_id")}
    meant = {one for one in found if one and one.startswith(name)}
    if not meant:
        raise UsageError(
            f"The last audit has no finding or incident `{name}`.",
            hint="`forensics show` lists them.",
        )
    if len(meant) > 1:
        raise UsageError(
            f"`{name}` is the beginning of {len(meant)} findings and incidents: write more of it."
        )


_SUBJECTS = """
    SELECT incident_id, finding_id, detector, pattern, title, severity, first_at, last_at, excess,
        document->'facts' AS facts
    FROM findings
    WHERE finding_id LIKE $name OR incident_id LIKE $name
    ORDER BY list_position((
        SELECT arg_max(document->>'$.findings[*].finding_id', run_at) FROM runs
    ), finding_id)"""

_AS_IN_AN_AUDIT = """
    CREATE OR REPLACE TEMP VIEW candidate_evidence AS
    SELECT *, NULL::VARCHAR AS suppressor FROM evidence;
    CREATE OR REPLACE TEMP VIEW candidates AS
    SELECT *, NULL::VARCHAR AS suppressor FROM findings"""
