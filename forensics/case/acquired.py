"""What was read of a source before, from the table `acquisitions`."""

import duckdb

from forensics.case.mapping_choice import MappingChoice
from forensics.model.record import KnownPart, Part


def generation(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    """How often the source was mapped anew."""
    found = connection.execute(
        "SELECT coalesce(max(generation), 0) FROM acquisitions WHERE source = $source",
        {"source": source},
    ).fetchall()
    return int(found[0][0])


def known_parts(connection: duckdb.DuckDBPyConnection, source: str) -> list[KnownPart]:
    """How far each part of the source was read, in its newest generation."""
    rows = (
        connection.sql(
            """
            SELECT *, sum(records_read) OVER (PARTITION BY part)::BIGINT AS records
            FROM acquisitions WHERE source = $source AND generation = (
                SELECT max(generation) FROM acquisitions WHERE source = $source)
            QUALIFY row_number() OVER (PARTITION BY part ORDER BY page DESC, end_offset DESC)
                = 1
            ORDER BY part""",
            params={"source": source},
        )
        .to_arrow_table()
        .to_pylist()
    )
    return [
        KnownPart(
            part=Part(identity=row["part"], display=row["path"]),
            end=row["end_offset"],
            lines=row["lines"],
            records=row["records"],
            milestones=row["milestones"],
            cursor=row["cursor"] or "",
            sha256=row["sha256"],
            head_length=row["head_length"],
            head_sha256=row["head_sha256"],
            framing=row["framing"],
            format=row["format"],
        )
        for row in rows
    ]


def outdated(connection: duckdb.DuckDBPyConnection, source: str, choice: MappingChoice) -> bool:
    """Whether the source was read with another mapping than it would be read with now."""
    rows = connection.execute(
        """
        SELECT DISTINCT format, arg_max(mapping_digest, page) FROM acquisitions
        WHERE source = $source AND generation = $generation GROUP BY part, format""",
        {"source": source, "generation": generation(connection, source)},
    ).fetchall()
    return any(digest != choice.digest(name, otherwise=digest) for name, digest in rows)
