"""A format's mapping: which canonical column comes from which field, read from TOML.

    format = "stripe"
    title = "Stripe events"
    records = ["data"]                    # where the records are inside a document, if anywhere

    recognise = "{object} = 'event'"      # true for a record of this format

    [let]                                 # named once, used below as plain names
    created = "epoch_seconds({created})"
    parent = { values = "{name}", where = "{id}", is = "{parent}" }    # of other records beside it

    [[ignore]]
    name = "heartbeat"
    when = "{type} = 'worker-heartbeat'"
    reason = "says that a worker lives, not what it did"

    [[event]]                             # each gives at most one event a record
    when = "{type} IS NOT NULL"
    [event.columns]
    occurrence_id = "{id}"
    occurred_at = "created"
    [[event.classify]]                    # the first row that holds sets several columns
    when = "{type} = 'charge.succeeded'"
    columns = { kind = "'effect'", effect_class = "'billing'" }

Every value is a DuckDB expression; `{a.b}` stands for the text at that path of the record,
`{"a.b"}` for a name with a dot in it, `{a[0]}` for an element and `{$}` for the whole record.
"""

import hashlib
import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from forensics.model.errors import UsageError
from forensics.normalise.line import Line, read_line
from forensics.normalise.log_format import pattern_of
from forensics.normalise.mapping_names import wrong_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What other records of the same document say: a sorted list without repetitions.

    Attributes:
        values: Expression over those records; what is null is left out.
        where: Expression over those records.
        equals: Expression over the record that asks; it must give the same as `where`.
    """

    values: str
    where: str
    equals: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Records that are read but say nothing about what happened.

    Attributes:
        name: Under which they are counted.
        when: Expression that is true for them.
        reason: Why they are ignored, for people.
    """

    name: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """Columns that are set together where `when` holds; the first that holds wins."""

    when: str
    columns: Dictionary[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """One event that a record may give.

    Attributes:
        when: Expression that must hold; `true` when always.
        columns: Canonical column to expression.
        classify: Classifications, in order; they outrank `columns`.
    """

    when: str
    columns: Dictionary[str, str]
    classify: tuple[Classification, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A format, ready to be compiled.

    Attributes:
        format: Its name.
        title: What people call it.
        line: How a record that is text is taken apart; None when all are JSON.
        records: Paths inside a document at which lists of records stand; `a[].b[].c` for lists
            inside the elements of lists.
        unwrap: Paths inside a record at which the record proper stands, as an object or as JSON
            in a string.
        recognise: Expression that is true for a record of this format.
        typical: Expression that is true for a record which can hardly be of another format;
            decides when nobody said which format it is. The same as `recognise` when not given.
        let: Named expressions and named looks at other records, in order; later ones may use
            earlier ones.
        ignore: What is counted but gives no event.
        events: What a record gives.
        by_name: Where a record may carry canonical columns under their own names (see `readings`);
            what stands there outranks the events' columns. Empty when nowhere.
        absent: Texts that stand for no value, in whatever field.
        secrets: Names of further fields whose values are masked.
        coverage: Expression over a *document* that is true when the list was cut off.
        kept_days: Days after which the source itself deletes such records; 0 where that is its
            operator's choice.
        queue: Whether its records are read from the queue itself, so that what is pending in them
            waits there.
        digest: SHA-256 of the text, to notice a changed mapping.
        where: The file it was read from, for errors.
    """

    format: str
    title: str
    line: Line | None
    records: tuple[str, ...]
    unwrap: tuple[str, ...]
    recognise: str
    typical: str
    let: Dictionary[str, str | Beside]
    ignore: tuple[Ignored, ...]
    events: tuple[EventRule, ...]
    by_name: str
    absent: tuple[str, ...]
    secrets: tuple[str, ...]
    coverage: str
    kept_days: int
    queue: bool
    digest: str
    where: str

    def recognised_loosely(self) -> "Mapping":
        """The same mapping, for when somebody said that it is the right one."""
        return replace(self, typical=self.recognise)

    def written_as(self, log_format: str) -> "Mapping":
        """The same mapping for lines that a web server writes in this format.

        Raises:
            UsageError: The mapping is not one of lines, or the format has no variable.
        """
        if self.line is None:
            raise UsageError(
                f"`{self.format}` is not made of lines that a log format could describe.",
                hint="Leave `--format` out, or name a mapping that has a `[line]`.",
            )
        pattern = pattern_of(log_format, where="--log-format")
        return replace(
            self,
            line=replace(self.line, patterns=(pattern,)),
            digest=hashlib.sha256(f"{self.digest}{log_format}".encode()).hexdigest(),
        )


def load(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        UsageError: It is not TOML, lacks a key, or names something that does not exist.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), where=path.name)
    except OSError as error:
        raise UsageError(
            f"The mapping `{path}` cannot be read: {error.strerror}.",
            hint="`forensics formats` lists the formats that need no mapping file.",
        ) from None


@cache
def parse(text: str, *, where: str) -> Mapping:
    """Build a mapping from the text of its file; `where` names it in errors.

    Raises:
        UsageError: As for `load`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where} is not TOML: {error}.") from None
    if wrong := list(wrong_names(document, where=where)):
        raise UsageError.of(wrong)
    return Mapping(
        format=document["format"],
        title=document.get("title", document["format"]),
        line=read_line(document["line"], where=where) if "line" in document else None,
        records=tuple(document.get("records", ())),
        unwrap=tuple(document.get("unwrap", ())),
        recognise=document["recognise"],
        typical=document.get("typical", document["recognise"]),
        let={
            name: value if isinstance(value, str) else _beside(value)
            for name, value in document.get("let", {}).items()
        },
        ignore=tuple(Ignored(**row) for row in document.get("ignore", ())),
        events=tuple(_event(row) for row in document["event"]),
        by_name=document.get("by_name", ""),
        absent=tuple(document.get("absent", ())),
        secrets=tuple(document.get("secrets", ())),
        coverage=document.get("coverage", ""),
        kept_days=document.get("kept_days", 0),
        queue=document.get("queue", False),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        where=where,
    )


def _beside(row: dict[str, str]) -> Beside:
    return Beside(values=row["values"], where=row["where"], equals=row["is"])


def _event(row: dict[str, Any]) -> EventRule:
    return EventRule(
        when=row.get("when", "true"),
        columns=row.get("columns", {}),
        classify=tuple(
            Classification(when=entry["when"], columns=entry["columns"])
            for entry in row.get("classify", ())
        ),
    )
