"""What a pattern is, and what its query owes the rest.

A pattern is four files of one stem: `x.py` (what it asks, needs and says), `x.sql` (how it finds),
`x.md` (its page) and `tests/detect/scenarios/x.toml` (its labelled cases). One that rests on
coincidence has `x_chance.sql` besides (`chance.py`).

Its query reads the views `events`, `effects`, `executions`, `clocks`, what is declared of the
systems and when each log ends (`open_candidates.sql`) and its detector's own relations, and returns
candidates:

    subject     VARCHAR[]   what it is about; its fingerprint, the same next week; never null
    grade       VARCHAR     a `Grade`
    suppressor  VARCHAR     name of the innocent explanation that holds; NULL for a finding
    evidence    STRUCT(event_id VARCHAR, role VARCHAR)[]   every event, once
    excess      BIGINT      effects, attempts, writes or runs that should not have been
    facts       VARCHAR     JSON object with what `explain` needs; names are the pattern's own, but
                            for `coincidence` and `chance` (`chance.py`)

What has not happened yet but can is asked by patterns of `Detector.latent`, once it is settled what
was found. They have no evidence, no suppressors and no rank, and nothing of theirs is a finding:

    subject     VARCHAR[]   as above
    weight      DOUBLE      what they are listed by within the pattern, the greatest first
    facts       VARCHAR     as above

One thing that went wrong, or can, is one row. Rows may come in any order; the result must not
depend on the order of the events, on thread counts or on time zones.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import duckdb

from forensics.model.finding import Explanation

ROLES = ("original", "duplicate", "cause", "guard", "context", "compensation")
CANDIDATE_COLUMNS = ("subject", "grade", "suppressor", "evidence", "excess", "facts")

CALIBRATED = "calibrated"
"""Measured on training logs at values around it: docs/thresholds.md."""

DERIVED = "derived"
"""Follows from what its `why` says."""

Facts = Mapping[str, Any]

_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number a pattern depends on.

    Attributes:
        default: Its value unless `forensics.toml` says otherwise.
        unit: Such as `seconds` or `attempts`.
        why: The reason for the default.
        source: Whose word it is, as the page's sources begin it; or `CALIBRATED`, or `DERIVED`.
    """

    default: int | float
    unit: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """An innocent explanation that a pattern's query looks for, and what a log must say for that.

    Attributes:
        text: The explanation, one sentence.
        needs: Columns that the lines in question must fill for the log to show it; `a|b` where
            either will do. `isolation` is what `forensics.toml` declares of the line's system.
        elsewhere: Columns that some line of the case must fill, as locks stand on lines of their
            own.
    """

    text: str
    needs: Sequence[str] = ()
    elsewhere: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One kind of failure that one query finds.

    Attributes:
        detector: Folder and detector name.
        name: Stem and pattern name.
        question: What it asks, one sentence that ends in a question mark.
        kinds: Event kinds that make up its population; a source without any is not its business.
        needs: Columns without which it is blind; `a|b` where either will do.
        cure: Which log or field would cure the blindness.
        drawn_from: A relation of the detector, or some of its rows (`relation WHERE condition`,
            which may bind parameters), without which there is nothing to find, so that the query
            need not be planned.
        partition_key: Expression whose equal values must be analysed together, or `none`.
        rank: Strength among the detector's patterns: of two that claim the same events, the
            lower one stays. 0 where nothing is claimed to have happened.
        explain: Facts of a candidate to words.
        prepare: Makes what its query reads, where SQL cannot; its page says why.
        parameters: Names as the query binds them.
        suppressors: Name to the innocent reading that it stands for.
        disproved_by: The suppressor that asks what the pattern's `Explanation.disproof` says;
            empty where no log could decide it.
        conclusions: Stems of `.sql` files that add to the facts of what it found.
        chance_of: Of a pattern that rests on coincidence, what chance gives some of; its query is
            `x_chance.sql`, see `chance.py`.
        outcomes_of: Other lines whose outcomes it needs as well, `read` or `write`; `read|column`
            where a line that fills the column needs none of them.
    """

    detector: str
    name: str
    question: str
    kinds: Sequence[str]
    needs: Sequence[str]
    cure: str
    drawn_from: str
    partition_key: str
    rank: int
    explain: Callable[[Facts], Explanation]
    prepare: Callable[[duckdb.DuckDBPyConnection], None] | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    suppressors: Mapping[str, Reading] = field(default_factory=dict)
    disproved_by: str = ""
    conclusions: Sequence[str] = ()
    chance_of: str = ""
    outcomes_of: Sequence[str] = ()

    @property
    def sql(self) -> str:
        """The query."""
        return self._text(".sql")

    @property
    def chance_sql(self) -> str:
        """The query of what may coincide."""
        return self._text("_chance.sql")

    @property
    def page(self) -> str:
        """The page, Markdown."""
        return self._text(".md")

    def conclusion_sql(self) -> list[str]:
        """The statements that add to what it found."""
        return _texts(self.detector, self.conclusions)

    def _text(self, ending: str) -> str:
        return _text(self.detector, f"{self.name}{ending}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """Patterns that share a question and a prepared relation.

    Attributes:
        name: Folder and public name.
        question: What it asks.
        patterns: Strongest first.
        drawn_from: A relation of the linked case, or some of its rows (`relation WHERE condition`),
            without which there is nothing to find, so that none of its queries need be planned.
        relations: Stems of `.sql` files in its folder that prepare its own tables, in order;
            each file holds whole statements. Detectors run side by side: no other makes one of a
            name of theirs.
        sieve: One of the relations, and a table that is then there: where it has no rows there is
            nothing to find, and what comes after need not be prepared.
        shared: Parameters that mean the same in all its patterns: set for one, set for all.
        conclusions: Stems of `.sql` files that add to the facts of `candidates` once it is settled
            what was found; those that one pattern alone has are the pattern's.
        latent: Patterns of what has not happened yet but can.
        calls_wasted: Calls that a finding with these facts was too many; None where a finding is no
            matter of calls.
    """

    name: str
    question: str
    patterns: Sequence[Pattern]
    drawn_from: str = "events"
    relations: Sequence[str] = ()
    sieve: tuple[str, str] | None = None
    shared: Sequence[str] = ()
    conclusions: Sequence[str] = ()
    latent: Sequence[Pattern] = ()
    calls_wasted: Callable[[Facts], int] | None = None

    @property
    def every_pattern(self) -> tuple[Pattern, ...]:
        """Those of findings, then those of what can happen."""
        return (*self.patterns, *self.latent)

    def relation_sql(self) -> list[str]:
        """The statements that prepare the detector's relations."""
        return _texts(self.name, self.relations)

    def conclusion_sql(self) -> list[str]:
        """The statements that add to what was found."""
        return _texts(self.name, self.conclusions)


def named_in(query: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that the query binds: DuckDB refuses others."""
    names = set(_PARAMETER.findall(query))
    return {name: value for name, value in values.items() if name in names}


def _texts(detector: str, stems: Sequence[str]) -> list[str]:
    return [_text(detector, f"{stem}.sql") for stem in stems]


def _text(detector: str, name: str) -> str:
    return files(f"forensics.detect.{detector}").joinpath(name).read_text(encoding="utf-8")
