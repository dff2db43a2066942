"""Runs detectors over the views of a case and settles which pattern keeps what.

Leaves three tables behind:

    candidates          one row a candidate: finding_id, problem_id, detector, pattern, rank,
                        subject, grade, suppressor (NULL for a finding), excess, facts,
                        first_at, last_at, events
    candidate_evidence  finding_id, detector, pattern, event_id, role, suppressor
    exposures           what has not happened yet but can: detector, pattern, subject, weight, facts
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager

import duckdb

from forensics.detect.chance import weigh
from forensics.detect.contract import Detector, Pattern, named_in
from forensics.model.declarations import Declarations
from forensics.model.errors import DetectorError
from forensics.store import queries
from forensics.store.engine import beside

_PACKAGE = "forensics.detect"

Settings = Mapping[str, Mapping[str, int | float]]
"""Pattern name to parameter name to value, from `forensics.toml`."""


def run(
    connection: duckdb.DuckDBPyConnection,
    detectors: Iterable[Detector],
    *,
    settings: Settings | None = None,
    declarations: Declarations | None = None,
) -> None:
    """Fill `candidates`, `candidate_evidence` and `exposures` from the linked case.

    Args:
        connection: Has the views `events`, `effects`, `executions`, `clocks`.
        detectors: Which to run.
        settings: Parameters other than the defaults.
        declarations: What is known of the systems besides.

    Raises:
        DetectorError: A query failed or returned other columns than the contract says.
    """
    queries.run(connection, _PACKAGE, "open_candidates", "key_lifetimes")
    if any("key_lifetime_s" in chosen for chosen in (settings or {}).values()):
        # What somebody has set outranks what a provider says of its own memory.
        connection.execute("DELETE FROM key_lifetimes")
    _declare(connection, declarations or Declarations())
    chosen = [d for d in detectors if _has_rows(connection, d.drawn_from)]
    suspicious = _propose_side_by_side(connection, chosen, settings or {})
    queries.run(connection, _PACKAGE, "settle_candidates")
    for detector in suspicious:
        _conclude(connection, detector, settings or {})


def _propose_side_by_side(
    connection: duckdb.DuckDBPyConnection, detectors: Sequence[Detector], settings: Settings
) -> list[Detector]:
    """Let two detectors look at a time: while one query is planned, on one core, another works.

    Returns:
        Those that found something to look at.
    """
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=2) as pool:
        connections = [stack.enter_context(beside(connection)) for _ in detectors]
        looking = [
            pool.submit(_propose, own, detector, settings)
            for own, detector in zip(connections, detectors, strict=True)
        ]
        try:
            left = set(looking)
            while left:
                # An interrupt that another thread was given is not heard before a wait is over.
                done, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
                for each in done:
                    each.result()
        except BaseException:
            for each in looking:
                each.cancel()
            _interrupt(connections)
            # Who was between two queries has not heard it.
            while wait(looking, timeout=0.1).not_done:
                _interrupt(connections)
            raise
    return [detector for detector, own in zip(detectors, looking, strict=True) if own.result()]


def _interrupt(connections: Iterable[duckdb.DuckDBPyConnection]) -> None:
    for each in connections:
        each.interrupt()


def _propose(connection: duckdb.DuckDBPyConnection, detector: Detector, settings: Settings) -> bool:
    """Add to `proposed` what one detector finds; whether there was what to look at."""
    last, sifted = detector.sieve or ("", "")
    for stem, statement in zip(detector.relations, detector.relation_sql(), strict=True):
        queries.execute(connection, statement)
        if stem == last and not _has_rows(connection, sifted):
            return False
    for pattern in detector.patterns:
        values = values_of(detector, pattern, settings)
        _run_pattern(connection, pattern, _PROPOSE, values | {"_rank": pattern.rank})
    return True


def _conclude(
    connection: duckdb.DuckDBPyConnection, detector: Detector, settings: Settings
) -> None:
    """Add what can be said once it is settled what was found."""
    for statement in detector.conclusion_sql():
        queries.execute(connection, statement)
    for pattern in detector.patterns:
        with _blamed_on(pattern):
            found = f"candidates WHERE pattern = '{pattern.name}' AND suppressor IS NULL"
            if pattern.conclusions and _has_rows(connection, found):
                for statement in pattern.conclusion_sql():
                    queries.execute(connection, statement)
            if pattern.chance_of:
                weigh(connection, pattern, values_of(detector, pattern, settings))
    for pattern in detector.latent:
        values = values_of(detector, pattern, settings)
        _run_pattern(connection, pattern, _FORESEE, values)


def _declare(connection: duckdb.DuckDBPyConnection, declared: Declarations) -> None:
    for field in declared.last_write_wins_fields:
        connection.execute("INSERT INTO declared_fields VALUES ($1)", [field])
    for system in sorted({*declared.last_write_wins_systems, *declared.isolation}):
        last_wins = system in declared.last_write_wins_systems
        connection.execute(
            "INSERT INTO declared_systems VALUES ($1, $2, $3)",
            [system, last_wins, declared.isolation.get(system)],
        )
    for callee, seconds in declared.key_lifetimes.items():
        connection.execute(
            "INSERT INTO key_lifetimes VALUES ($1, $2, NULL, NULL)", [callee, seconds]
        )
    for edge, told in declared.retries.items():
        caller, _, callee = edge.partition(" -> ")
        connection.execute(
            "INSERT INTO declared_retries VALUES ($1, $2, row($3, $4, $5, $6, $7))",
            [caller, callee or None, *_declared_policy(told)],
        )


def _declared_policy(told: Mapping[str, float]) -> tuple[float | None, ...]:
    """Attempts, first pause, factor, longest pause, and how far nine in ten pauses lie apart."""
    base = told.get("base_s")
    factor = None if base is None else told.get("factor", 1)
    spread = None if "jitter" not in told else 2 * told["jitter"]
    return told.get("attempts"), base, factor, told.get("cap_s"), spread


def values_of(detector: Detector, pattern: Pattern, settings: Settings) -> dict[str, int | float]:
    """The pattern's own settings, before those it shares with its sisters, before the defaults."""
    values = {name: parameter.default for name, parameter in pattern.parameters.items()}
    shared = values.keys() & set(detector.shared)
    for sister in detector.patterns:
        values |= {k: v for k, v in settings.get(sister.name, {}).items() if k in shared}
    return values | dict(settings.get(pattern.name, {}))


_PROPOSE = """
    INSERT INTO proposed
    SELECT $_detector, $_pattern, $_rank, subject, grade, suppressor, evidence, excess, facts
    FROM ({query})"""

_FORESEE = """
    INSERT INTO exposures
    SELECT $_detector, $_pattern, subject, weight, facts FROM ({query})"""


def _run_pattern(
    connection: duckdb.DuckDBPyConnection,
    pattern: Pattern,
    statement: str,
    parameters: Mapping[str, int | float],
) -> None:
    bound = {**parameters, "_detector": pattern.detector, "_pattern": pattern.name}
    with _blamed_on(pattern):
        if not _has_rows(connection, pattern.drawn_from, parameters):
            return
        if pattern.prepare:
            pattern.prepare(connection)
        queries.execute(connection, statement.format(query=pattern.sql), bound)


def _has_rows(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    parameters: Mapping[str, int | float] | None = None,
) -> bool:
    query = f"SELECT EXISTS (FROM {relation})"
    return connection.execute(query, named_in(query, parameters or {})).fetchall() == [(True,)]


@contextmanager
def _blamed_on(pattern: Pattern) -> Iterator[None]:
    """Say of which pattern a query is that fails."""
    try:
        yield
    except (duckdb.BinderException, duckdb.ConversionException, duckdb.ParserException) as error:
        raise DetectorError(
            f"The pattern `{pattern.name}` could not run: {str(error).splitlines()[0]}",
            hint="Please report this; the other patterns can be run with --detector.",
        ) from error
