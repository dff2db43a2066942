"""Other people's SQL over a case: it can read the case's tables, and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from forensics.model.errors import UsageError
from forensics.store.case_store import CaseStore
from forensics.store.engine import engine
from forensics.store.views import literal, quoted


@contextmanager
def read_only_engine(
    store: CaseStore, *, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with a view of every table of the case that can open no other file.

    Add further views before anything of a user is run: the settings are locked, but tables in
    memory can still be made.

    Args:
        store: The case.
        threads: Worker threads; all cores when None.
    """
    with engine(threads=threads) as connection:
        paths = store.attach(connection)
        # DuckDB asks for the pattern first and then for the file that it found.
        listed = ", ".join(f"{quoted(path)}, {literal(str(path))}" for path in paths)
        connection.execute(_LAST_RUN)
        connection.execute("SET python_enable_replacements = false")
        connection.execute(f"SET allowed_paths = [{listed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


_LAST_RUN = """
    ALTER VIEW findings RENAME TO finding_history;
    CREATE VIEW findings AS
    FROM finding_history WHERE run_at = (SELECT max(run_at) FROM runs);
    CREATE VIEW exposures AS
    SELECT e->>'exposure_id' AS exposure_id, e->>'detector' AS detector, e->>'pattern' AS pattern,
        e->>'$.explanation.title' AS title, e AS document
    FROM (
        SELECT unnest(from_json(document->'exposures', '["JSON"]')) AS e
        FROM runs WHERE run_at = (SELECT max(run_at) FROM runs))"""
"""`evidence` holds the last run's lines: a query that joins the two means that run."""

_QUERIES = "Begin with SELECT, FROM, WITH, SHOW, DESCRIBE or SUMMARIZE."


def ask(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, object] | None = None,
) -> pa.Table:
    """Run one query of a user and return its rows.

    Only a query may run: `COPY` could overwrite the very files that the views are allowed to read.

    Args:
        connection: From `read_only_engine`.
        query: One `SELECT`, `FROM`, `WITH`, `VALUES`, `SHOW`, `DESCRIBE` or `SUMMARIZE`.
        parameters: Values for its `$names`.

    Raises:
        UsageError: It is not one query, or DuckDB cannot run it; the sentence is DuckDB's.
    """
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1:
            count = len(statements) or "no"
            raise UsageError(f"One query can be asked at a time; this is {count}.", hint=_QUERIES)
        if statements[0].type != duckdb.StatementType.SELECT:
            raise UsageError("A case can be asked, not changed: this is no query.", hint=_QUERIES)
        return connection.sql(query, params=parameters).to_arrow_table()
    except duckdb.Error as error:
        raise UsageError(
            " ".join(str(error).split()),
            hint="`SHOW TABLES` and `DESCRIBE events` say what there is.",
        ) from error
