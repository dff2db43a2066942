"""What a proposed mapping makes of the sample, and which patterns could see something with it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from forensics.detect.registry import DETECTORS
from forensics.detect.verdicts import judge
from forensics.model.audit import SourceVerdict
from forensics.model.columns import BY_NAME
from forensics.model.finding import Verdict
from forensics.normalise import apply
from forensics.normalise.apply import Tally, Zoneless
from forensics.normalise.mapping import Mapping
from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose import Proposal
from forensics.normalise.propose_readings import placeholder, plain_value
from forensics.normalise.propose_rows import Row
from forensics.normalise.propose_toml import row_lines
from forensics.normalise.sql_types import text

_SOURCE = "sample"
_KIND = "kind "
_NO_SUCH_KIND = "Say in [[event.classify]] which records are of such a kind, if any are."
_NEARLY_ALL = 0.9
_FEW_ACTIONS = 60
_WANTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A pattern that would see nothing in this log.

    Attributes:
        detector: Its detector.
        pattern: Its name.
        missing: Columns or kinds that it lacks.
        cure: What would cure it.
        maybe: Fields of this log that may be a missing column, as `column = {path}`.
    """

    detector: str
    pattern: str
    missing: Sequence[str]
    cure: str
    maybe: Sequence[str]

    @property
    def of_other_kinds(self) -> bool:
        """Whether no record is of a kind that it looks at."""
        return any(need.startswith(_KIND) for need in self.missing)

    @property
    def enough(self) -> Sequence[str]:
        """Columns of which any one is all that it wants besides; none for other kinds."""
        if self.of_other_kinds or not self.missing:
            return ()
        first, *others = (need.split("|") for need in self.missing)
        return [name for name in first if all(name in other for other in others)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the proposed mapping makes of the sample.

    Attributes:
        tally: What became of the sampled records.
        blind: Patterns that would see nothing.
        seeing: Patterns that have what they need.
        promised: Where nothing is seen: kind to the patterns that would see records of that kind.
        wanted: Where nothing is seen, whatever the kind: the columns that most patterns lack.
        nearest: Where nothing is seen: of the patterns that look at such records, those that lack
            one thing only.
        example: Where nothing is seen: an `[[event.classify]]` for the most frequent action.
        zoneless: Events whose time carries no zone, and how it is read.
    """

    tally: Tally
    blind: Sequence[Blind]
    seeing: Sequence[str]
    promised: Dictionary[str, Sequence[str]]
    wanted: Sequence[str]
    nearest: Sequence[Blind]
    example: str
    zoneless: Zoneless


def tried(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    sample: pa.Table,
    proposal: Proposal,
    log: Profile,
) -> Trial:
    """Map the sample and ask every pattern what it could see.

    Args:
        connection: One that `apply.prepare` has seen.
        mapping: The proposal as a mapping.
        sample: Rows of `apply.DOCUMENTS`.
        proposal: What was proposed.
        log: The sample's profile.
    """
    apply.stage(connection, mapping, sample, source=_SOURCE, acquisition_id=_SOURCE)
    tally = sum(apply.tallies(connection).values(), start=Tally.nothing())
    zoneless = apply.zoneless(connection)
    verdicts = _verdicts(connection)
    seeing = _seeing(verdicts)
    supposed = [] if seeing else _supposed(connection)
    promised = {
        kind: patterns
        for kind in dict.fromkeys(v.source for v in supposed)
        if (patterns := _seeing(v for v in supposed if v.source == kind))
    }
    blind = [_blind(v, proposal) for v in verdicts if v.verdict is Verdict.BLIND]
    return Trial(
        tally=tally,
        blind=blind,
        seeing=seeing,
        promised=promised,
        wanted=() if promised else _wanted(supposed),
        nearest=[] if seeing else [b for b in blind if b.enough],
        example="" if seeing else _example(proposal, log, promised),
        zoneless=zoneless,
    )


def _verdicts(connection: duckdb.DuckDBPyConnection) -> list[SourceVerdict]:
    """What each pattern could say of the sample, were there nothing to find."""
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW events AS FROM staged WHERE disposition = 'event';
        CREATE OR REPLACE TEMP TABLE candidate_evidence (
            event_id VARCHAR, pattern VARCHAR, suppressor VARCHAR, role VARCHAR)""")
    named = connection.execute("SELECT DISTINCT source FROM events").fetchall()
    return judge(connection, DETECTORS, incomplete={}, sources=[source for (source,) in named])


def _seeing(verdicts: Iterable[SourceVerdict]) -> list[str]:
    return [v.pattern for v in verdicts if v.verdict is not Verdict.BLIND]


def _supposed(connection: duckdb.DuckDBPyConnection) -> list[SourceVerdict]:
    """What could be seen if all records were of one kind; the source of a verdict is the kind."""
    kinds = sorted({k for detector in DETECTORS for p in detector.patterns for k in p.kinds})
    # One scan judges all kinds, each as a source of its own.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told AS SELECT unnest($kinds::VARCHAR[]) AS kind",
        {"kinds": kinds},
    )
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW events AS
        SELECT staged.* REPLACE (told.kind AS kind, told.kind AS source)
        FROM staged CROSS JOIN told WHERE disposition = 'event'""")
    return judge(connection, DETECTORS, incomplete={}, sources=kinds)


def _wanted(verdicts: Iterable[SourceVerdict]) -> list[str]:
    """The columns that the most patterns lack."""
    lacking = {
        (v.pattern, column)
        for v in verdicts
        for need in v.missing
        for column in need.split("|")
        if column in BY_NAME
    }
    counted = Counter(column for _, column in lacking)
    order = list(BY_NAME)
    return sorted(counted, key=lambda column: (-counted[column], order.index(column)))[:_WANTED]


def _example(proposal: Proposal, log: Profile, promised: Dictionary[str, Sequence[str]]) -> str:
    """A classification of the most frequent action, as the kind that would show most."""
    entry = _action(proposal, log)
    frequent = entry.frequent if entry else ()
    value, count = next(((v, n) for v, n in frequent if plain_value(v)), ("", 0))
    if entry is None or not value:
        return ""
    kind = max(promised, key=lambda kind: len(promised[kind]), default="effect")
    row = Row(
        when=f"{placeholder(entry)} = {text(value)}",
        columns={"kind": text(kind)},
        comment=f"{count:,} sampled records; `{kind}` if that is what they are",
    )
    return "\n".join(row_lines(row))


def _action(proposal: Proposal, log: Profile) -> Field | None:
    """The field with the verb; where none is known, the one with the most of few words."""
    paths = [path for line in proposal.lines if line.column == "action" for path in line.paths]
    if found := next((log.fields[path] for path in paths if path in log.fields), None):
        return found
    few = [
        entry
        for entry in proposal.left
        if entry.shape in {"word", "text"}
        and entry.fill >= _NEARLY_ALL
        and 1 < entry.distinct <= min(_FEW_ACTIONS, entry.filled // 2)
    ]
    return max(few, key=lambda entry: (entry.distinct, entry.path), default=None)


def _blind(verdict: SourceVerdict, proposal: Proposal) -> Blind:
    columns = {column for need in verdict.missing for column in need.split("|")}
    maybe = [
        f"{line.column}={line.paths[0]}"
        for line in proposal.alternatives
        if line.column in columns and line.paths
    ]
    return Blind(
        detector=verdict.detector,
        pattern=verdict.pattern,
        missing=verdict.missing,
        cure=verdict.reason if verdict.events else f"{_NO_SUCH_KIND} {verdict.reason}",
        maybe=maybe[:3],
    )
