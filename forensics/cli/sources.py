"""`forensics sources`, `preserve` and `forget`: what can be read, what first, and what not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

import connectors.registry
from connectors.live.source import PartFacts
from forensics.cli import options, printing
from forensics.cli.ingest import incomplete, read, say
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import SourceSpec

_NEVER = datetime.max.replace(tzinfo=UTC)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(sources)
    app.command()(preserve)
    app.command()(forget)


def sources(
    address: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="Say what is there, without reading it.")
    ] = None,
    *,
    as_json: options.Json = False,
) -> None:
    """List the kinds of live sources, or what there is at one address."""
    if address is None:
        _list_kinds(as_json=as_json)
        return
    spec = SourceSpec.parse(address)
    facts = _facts(spec)
    if facts is None and not Path(spec.address).expanduser().exists():
        raise UsageError(
            f"There is no file or folder `{spec.address}`, and it is no address of a live source.",
            hint="`forensics sources` lists the kinds there are, each with an example.",
        )
    if facts is None:
        raise UsageError(
            f"`{spec.address}` is a file or folder, not a live source.",
            hint=f"`forensics map {spec.address}` says what is in it.",
        )
    if as_json:
        printing.document(facts)
        return
    printing.table(
        ("part", "records", "size", "oldest", "newest", "expires", "read on by", "note"),
        [
            (
                part.name,
                f"{part.records:,}" if part.records is not None else "?",
                "" if part.bytes is None else f"{part.bytes / 2**20:,.1f} MiB",
                _moment(part.oldest_at),
                _moment(part.newest_at) or part.newest,
                _moment(part.expires_at),
                part.order,
                part.note,
            )
            for part in facts
        ],
    )


def preserve(
    addresses: Annotated[list[str], typer.Argument(metavar="[NAME=]SOURCE...")],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    allow_primary: options.AllowPrimary = False,
    allow_marks: options.AllowMarks = False,
    config: options.ConfigFile = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Read into a case first what expires first, and print each deadline."""
    allow = options.allowed(primary=allow_primary, marks=allow_marks)
    urgent = sorted(
        (_urgency(SourceSpec.parse(text, allow=allow)) for text in addresses),
        key=lambda source: source.deadline or _NEVER,
    )
    if not as_json:
        for source in urgent:
            printing.line(f"{source.spec.name or source.spec.address}: {source.sentence}")
    settings = options.settings(config)
    opened = options.open_case(case, settings)
    accounts = read(opened, [source.spec for source in urgent], wait_s=wait)
    say(accounts, as_json=as_json)
    raise typer.Exit(3 if incomplete(accounts, settings) else 0)


def forget(
    address: Annotated[
        str, typer.Argument(metavar="SOURCE", help="As it was typed when it could not be read.")
    ],
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    wait: options.Wait = 600.0,
) -> None:
    """Let a source that was mistyped, and never read, no longer count as missing."""
    name = SourceSpec.parse(address)
    options.open_case(case).forget(name.address, wait_s=wait)
    printing.line(f"`{name.address}` is no longer missing.")


def _list_kinds(*, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "source": source.title,
            "example": source.example,
            "rights": source.rights,
            "leaves": source.leaves,
            "secrets": {name: list(variables) for name, variables in source.secrets.items()},
            "extra": source.extra,
            "installed": source.installed,
        }
        for source in connectors.registry.LIVE
    ]
    if as_json:
        printing.document(rows)
        return
    printing.table(
        ("source", "example", "needs", "secret from", "leaves behind"),
        [
            (
                row["source"],
                row["example"],
                row["rights"]
                if row["installed"]
                else f"{row['rights']}; `pip install 'event-forensics[{row['extra']}]'`,"
                f" in a clone `uv sync --extra {row['extra']}`",
                ", ".join(name for variables in row["secrets"].values() for name in variables),
                row["leaves"],
            )
            for row in rows
        ],
    )
    printing.line()
    printing.line(
        "`forensics sources EXAMPLE` says what is there, `forensics ingest EXAMPLE` reads it."
    )
    printing.line("Files need no address: `forensics formats` lists what is recognised in them.")


def _facts(spec: SourceSpec) -> Sequence[PartFacts] | None:
    kind = connectors.registry.live_source(spec.address)
    return kind.open(spec).facts() if kind else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Urgency:
    """A source and when the first of it will be gone.

    Attributes:
        spec: The source.
        deadline: When; None where nothing says so.
        sentence: The same in words.
    """

    spec: SourceSpec
    deadline: datetime | None
    sentence: str


def _urgency(spec: SourceSpec) -> _Urgency:
    try:
        parts = _facts(spec) or ()
    except SourceError as error:
        # It is tried all the same, after those of which more is known.
        return _Urgency(spec=spec, deadline=None, sentence=f"{error} {error.hint}".rstrip())
    deadline = min((part.expires_at for part in parts if part.expires_at), default=None)
    kept = min((part.kept for part in parts if part.kept), default=None)
    if deadline:
        said = f"the oldest record expires {_moment(deadline)}"
    elif kept:
        deadline = datetime.now(UTC)
        said = f"each record is kept for {kept.days} days only: the oldest go all the time"
    else:
        said = "no known deadline"
    return _Urgency(spec=spec, deadline=deadline, sentence=said)


def _moment(when: datetime | None) -> str:
    return printing.moment(when) if when else ""
