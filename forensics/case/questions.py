"""What people ask of a case: what became of one id, and of a list of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from forensics.case.configuration import Configuration
from forensics.link.link import link
from forensics.link.names import resolve
from forensics.model.answer import Answer, Count, TracedLine
from forensics.scope import trace
from forensics.scope.trace_words import because, field_word, sentence, word_of
from forensics.store.case_store import CaseStore
from forensics.store.engine import engine

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer on one id, for notebooks.

    Attributes:
        answer: As an object.
    """

    answer: Answer

    @property
    def verdict(self) -> str:
        """One sentence a class of effect, or that it was never seen."""
        return self.answer.verdict

    @property
    def frame(self) -> "pl.DataFrame":
        """One row a line; columns as the attributes of `forensics.model.answer.TracedLine`."""
        import polars as pl  # noqa: PLC0415 - costs start-up, needed only here

        rows = [asdict(line) for line in self.answer.lines]
        names = [field.name for field in fields(TracedLine)]
        frame = pl.DataFrame(rows, schema=names, infer_schema_length=None)
        return frame.with_columns(pl.col("occurred_at", "true_at").cast(pl.Datetime("us", "UTC")))

    def __repr__(self) -> str:
        return f"{self.answer.asked}: {self.verdict}"


@contextmanager
def asking(folder: Path, configuration: Configuration) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which questions can be asked: the case, linked, with every verdict."""
    with CaseStore.open(folder, read_only=True) as store, engine() as connection:
        store.attach(connection)
        joins = link(connection, resolve(connection, configuration.joins))
        trace.prepare(connection, joins)
        yield connection


def traced(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[Answer]:
    """What the case holds of each id, in the order given."""
    return [_answer(connection, one) for one in ids]


def _answer(connection: duckdb.DuckDBPyConnection, asked: str) -> Answer:
    trace.ask(connection, [asked])
    found = connection.execute(
        "SELECT field FROM asked_events GROUP BY field ORDER BY count(*) DESC, field"
    ).fetchall()
    lines = trace.lines(connection)
    counts = _counts(connection)
    return Answer(
        asked=asked,
        found_as=list(dict.fromkeys(field_word(field) for (field,) in found)),
        counts=counts,
        lines=lines,
        verdict=_verdict(connection, asked, counts, lines),
    )


def _verdict(
    connection: duckdb.DuckDBPyConnection,
    asked: str,
    counts: Sequence[Count],
    lines: Sequence[TracedLine],
) -> str:
    if counts:
        return " ".join(f"{one.name}: {one.sentence}." for one in counts)
    if lines:
        return f"`{asked}` is told of, and no effect of it."
    ((events, sources),) = connection.execute(
        "SELECT count(*), count(DISTINCT source) FROM events"
    ).fetchall()
    return f"`{asked}` was never seen: none of {events:,} events of {sources:,} sources names it."


def _counts(connection: duckdb.DuckDBPyConnection) -> list[Count]:
    """Of the names that were asked for, else of the thing that the lines are about."""
    rows = connection.sql(_COUNTS).to_arrow_table().to_pylist()
    return [_count(row) for row in rows]


def _count(row: dict[str, Any]) -> Count:
    findings = row["findings"]
    return Count(
        name=f"{field_word(row['field'])} {row['value']}",
        effect_class=row["effect_class"],
        money_stage=row["money_stage"],
        word=word_of(row),
        times=row["times"],
        sentence=sentence(row, findings),
        because=because(row),
        effects=[effect["effect_id"] for effect in row["effects"]],
        findings=findings,
        witnesses=row["witnesses"],
    )


_COUNTS = """
    WITH wanted AS (
        SELECT v.*, v.value IN (SELECT id FROM asked) AS is_asked FROM name_verdicts AS v
        WHERE value IN (SELECT id FROM asked)
            OR (field, value) IN (SELECT (field, value) FROM own_things)
    ),
    chosen AS (
        FROM wanted
        WHERE is_asked OR (
            NOT (SELECT bool_or(is_asked) FROM wanted)
            AND list_has_any(witnesses, (SELECT list(event_id) FROM asked_events))
        )
        QUALIFY is_asked OR row_number() OVER (
            PARTITION BY tenant, environment, effect_class, money_stage, lone_callee
            ORDER BY field = 'customer_id', possible, field
        ) = 1
    ),
    found AS (
        SELECT e.event_id, e.finding_id FROM evidence AS e
        INNER JOIN findings AS f USING (finding_id)
        WHERE e.role IN ('original', 'duplicate')
            AND f.run_at = (SELECT max(run_at) FROM runs)
            AND f.detector = 'duplicate_side_effect'
    )
    SELECT c.*, coalesce((
        SELECT list(DISTINCT finding_id ORDER BY finding_id) FROM found
        WHERE list_contains(c.witnesses, found.event_id)
    ), []) AS findings
    FROM chosen AS c
    ORDER BY field, value, effect_class, money_stage, lone_callee, tenant, environment"""
