"""What people ask of a case: what became of one id, and which of a list of ids are in a finding."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from forensics.case.acceptance import acceptances, status_now
from forensics.case.configuration import Configuration
from forensics.link.link import link
from forensics.link.names import resolve
from forensics.model.answer import Answer, Checked, Count, Hit, TracedLine
from forensics.model.words import plural, priced
from forensics.scope import trace
from forensics.scope.trace_words import MENTIONED, because, field_word, sentence, word_of
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
def asking(
    folder: Path, configuration: Configuration, ids: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which these ids can be asked for: the case, linked, with its verdicts."""
    with CaseStore.open(folder, read_only=True) as store, engine() as connection:
        store.attach(connection)
        joins = link(connection, resolve(connection, configuration.joins))
        trace.prepare(connection, joins, ids)
        connection.execute(_STANDING)
        yield connection


def traced(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[Answer]:
    """What the case holds of each id, in the order given."""
    return [_answer(connection, one) for one in ids]


def checked(
    connection: duckdb.DuckDBPyConnection, ids: Sequence[str], *, repairs: Path
) -> list[Checked]:
    """Which of the ids are in a finding of the last run, in the order given.

    Args:
        connection: From `asking`.
        ids: Each once.
        repairs: The repair list of that run.
    """
    trace.ask(connection, ids)
    found_as = _found_as(connection)
    counts = _counts(connection)
    hits = _hits(connection, repairs)
    return [
        Checked(
            asked=one,
            sort="in a finding" if one in hits else "seen" if one in found_as else "not seen",
            found_as=found_as.get(one, []),
            findings=hits.get(one, []),
            verdict=_sentences(counts[one]) if one in found_as else "",
            is_once=_all_once(counts[one], found_as.get(one, [])),
        )
        for one in ids
    ]


def _all_once(counts: Sequence[Count], found_as: Sequence[str]) -> bool:
    """Nothing told of it may have been more often, and one effect took its money.

    What is known of a key is nothing of the order that has the same id.
    """
    kinds = {count.name.partition(" ")[0] for count in counts}
    if kinds <= {"key", "message"} and not kinds.issuperset(found_as):
        return False
    taken = {effect for count in counts if count.takes_money for effect in count.effects}
    moved = any(count.money_stage for count in counts)
    return (
        bool(counts)
        and all(count.word == "once" for count in counts)
        and (len(taken) == 1 or not moved)
    )


def _answer(connection: duckdb.DuckDBPyConnection, asked: str) -> Answer:
    trace.ask(connection, [asked])
    lines = trace.lines(connection)
    counts = _counts(connection)[asked]
    return Answer(
        asked=asked,
        found_as=_found_as(connection).get(asked, []),
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
    if not lines:
        return _never_seen(connection, asked)
    in_text = {line.effect_id or line.event_id for line in lines if _only_mentions(line)}
    if counts or not in_text:
        return _sentences(counts)
    return (
        f"It stands in the text or attributes of {plural(len(in_text), 'effect')}, and in no"
        " column: none is counted as its own. A mapping with a column for it says that it is, or,"
        " where it stands in the attributes, --join."
    )


def _only_mentions(line: TracedLine) -> bool:
    return line.kind == "effect" and line.step == 0 and line.reached in MENTIONED.values()


def _sentences(counts: Sequence[Count]) -> str:
    if not counts:
        return (
            "It is named, and by no line as an effect. That nothing was done does not follow: the"
            " line of an effect has to be mapped as one, or the log of whoever did it is not here."
        )
    return " ".join(f"{one.name}: {one.sentence}." for one in counts)


def _never_seen(connection: duckdb.DuckDBPyConnection, asked: str) -> str:
    ((events, sources),) = connection.execute(
        "SELECT count(*), count(DISTINCT source) FROM events"
    ).fetchall()
    return f"`{asked}` was never seen: none of {events:,} events of {sources:,} sources names it."


def _found_as(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Id to what the logs name it as, most lines first."""
    found: dict[str, list[str]] = defaultdict(list)
    for one, field in connection.execute(_FIELDS).fetchall():
        if field_word(field) not in found[one]:
            found[one].append(field_word(field))
    return dict(found)


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Count]]:
    """Id to how often each class of effect happened."""
    counts: dict[str, list[Count]] = defaultdict(list)
    for row in connection.sql(_COUNTS).to_arrow_table().to_pylist():
        counts[row["id"]].append(_count(row))
    return counts


def _count(row: dict[str, Any]) -> Count:
    findings = row["findings"]
    return Count(
        name=f"{field_word(row['field'])} {row['value']}",
        effect_class=row["effect_class"],
        money_stage=row["money_stage"],
        takes_money=row["takes_money"],
        word=word_of(row),
        times=row["times"],
        sentence=sentence(row, findings),
        because=because(row),
        effects=[effect["effect_id"] for effect in row["effects"]],
        findings=[one["finding_id"] for one in findings],
        witnesses=row["witnesses"],
    )


def _hits(connection: duckdb.DuckDBPyConnection, repairs: Path) -> dict[str, list[Hit]]:
    """Id to the findings that it is in, worst first."""
    asked_for = {(row["finding_id"], row["evidence"]): row for row in read_repairs(repairs)}
    words = {word.finding_id: word for word in acceptances(connection)}
    now = datetime.now(UTC)
    hits: dict[str, list[Hit]] = defaultdict(list)
    for row in connection.sql(_HITS).to_arrow_table().to_pylist():
        one, events = row.pop("id"), row.pop("events")
        word = words.get(row["finding_id"])
        row["status"] = status_now(row["status"], row.pop("run_at"), word, now)
        mine = [
            asked_for[row["finding_id"], e] for e in events if (row["finding_id"], e) in asked_for
        ]
        hits[one].append(
            Hit(**row, acts=[f"{r['act']} {r['subject']}" for r in mine], money=_sums(mine))
        )
    return hits


def read_repairs(file: Path) -> list[dict[str, str]]:
    """The rows of a repair list, if there is one."""
    if not file.exists():
        return []
    from forensics.case import frame  # noqa: PLC0415 - Polars costs start-up, needed only here

    return frame.repair_cells(file).to_dicts()


def _sums(rows: Sequence[Mapping[str, str]]) -> list[str]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["amount"]:
            sums[row["currency"]] += Decimal(row["amount"])
    return [priced(total, currency) for currency, total in sorted(sums.items())]


_STANDING = """
    CREATE TEMP VIEW standing_findings AS
    FROM findings SEMI JOIN evidence USING (finding_id)
    QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY run_at DESC) = 1"""
"""Those of the last audit, and of a window that it did not look into those of the one before."""

_FIELDS = """
    SELECT id, field FROM asked_events GROUP BY id, field ORDER BY id, count(*) DESC, field"""

_COUNTS = """
    WITH objecting AS (
        SELECT DISTINCT
            g.group_id,
            {'finding_id': f.finding_id, 'grade': f.grade, 'title': f.title} AS finding
        FROM (SELECT group_id, unnest(witnesses) AS event_id FROM named_groups) AS g
        INNER JOIN evidence AS e USING (event_id)
        INNER JOIN standing_findings AS f USING (finding_id)
        WHERE f.detector = 'duplicate_side_effect' AND e.role IN ('original', 'duplicate')
    )
    SELECT a.id, v.*, coalesce(o.findings, []) AS findings
    FROM asked_groups AS a
    INNER JOIN name_verdicts AS v USING (group_id)
    LEFT JOIN (
        SELECT group_id, list(finding ORDER BY finding.finding_id) AS findings
        FROM objecting GROUP BY group_id
    ) AS o USING (group_id)
    ORDER BY a.id, field, value, effect_class, money_stage, lone_callee, tenant, environment"""

_HITS = """
    WITH shared AS (
        SELECT t.id, e.finding_id, list(DISTINCT t.event_id ORDER BY t.event_id) AS events
        FROM telling_events AS t
        INNER JOIN evidence AS e USING (event_id)
        WHERE e.role <> 'context'
        GROUP BY t.id, e.finding_id
    )
    SELECT s.id, s.finding_id, f.detector, f.pattern, f.severity, f.grade,
        f.status, f.run_at, f.title, s.events
    FROM shared AS s INNER JOIN standing_findings AS f USING (finding_id)
    ORDER BY s.id, list_position(['critical', 'high', 'medium', 'low', 'info'], f.severity),
        list_position(['proven', 'strong', 'probable', 'suspicion'], f.grade), s.finding_id"""
