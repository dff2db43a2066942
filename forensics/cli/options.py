"""What several commands take, and how it is read."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

import connectors.registry
from forensics.case.case import Case
from forensics.case.configuration import Configuration, load
from forensics.detect.registry import named
from forensics.model import audit
from forensics.model.audience import Audience
from forensics.model.errors import UsageError
from forensics.model.finding import Severity
from forensics.model.joins import DeclaredJoin

CaseFolder = Annotated[
    Path, typer.Option("--case", metavar="DIR", help="The case: a folder that is made when new.")
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings; default: ./forensics.toml."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Report what reaches beyond this time: ISO 8601, or `7d`."),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Look only at what happened before this time.")
]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detector", metavar="NAME", help="Run only this one; may be repeated."),
]
FailOn = Annotated[
    Severity | None,
    typer.Option(help="Exit with 1 when a new finding is at least this bad; default: high."),
]
LogFormat = Annotated[
    str,
    typer.Option(
        metavar="FORMAT",
        help="How nginx, Apache or Envoy was told to write its lines, in single quotes.",
    ),
]
Every = Annotated[
    bool, typer.Option("--all", help="Let findings of earlier runs count for the exit code too.")
]
Wait = Annotated[
    float, typer.Option(metavar="SECONDS", help="How long to wait for another process.")
]
Threads = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Worker threads; default: all cores.")
]

AllowPrimary = Annotated[
    bool, typer.Option("--allow-primary", help="Read long from a database that serves others.")
]
AllowMarks = Annotated[
    bool, typer.Option("--allow-marks", help="Read where reading changes something at the source.")
]
Joins = Annotated[
    list[str] | None,
    typer.Option(
        "--join",
        metavar="SOURCE:FIELD=SOURCE:FIELD",
        help="Two fields that name one thing; may be repeated.",
    ),
]

Title = Annotated[str, typer.Option(metavar="TEXT", help="First line of the page.")]
NamePeople = Annotated[
    bool, typer.Option("--name-people", help="Name people; else they have pseudonyms.")
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact",
        help="The copy at --out has pseudonyms for customers and all ids, and no records as read.",
    ),
]
For = Annotated[
    str,
    typer.Option(
        "--for", metavar="customer:ID", help="The copy at --out holds that customer's rows alone."
    ),
]

DEFAULT_CASE = Path(audit.DEFAULT_CASE)
_AGO = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EXAMPLE = "Write it as 2026-11-01, 2026-11-01T08:30:00Z, or 7d for seven days ago."


def open_case(folder: Path, configuration: Configuration | None = None) -> Case:
    """The case with the connectors of this installation."""
    return Case(folder, connectors.registry, configuration)


def settings(
    config: Path | None,
    *,
    fail_on: Severity | None = None,
    timezone: str | None = None,
    max_quarantine: float | None = None,
    joins: list[str] | None = None,
) -> Configuration:
    """`forensics.toml`, with what the command line says over it."""
    found = load(config)
    if timezone is not None:
        check_zone(timezone)
    return replace(
        found,
        joins=(*found.joins, *map(DeclaredJoin.parse, joins or ())),
        fail_on=fail_on or found.fail_on,
        timezone=timezone or found.timezone,
        max_quarantine=found.max_quarantine if max_quarantine is None else max_quarantine,
    )


def audience(*, title: str, name_people: bool, redact: bool, customer: str) -> Audience:
    """For whom the report is.

    Raises:
        UsageError: The customer is not written as `customer:ID`.
    """
    return Audience(
        title=title,
        name_people=name_people,
        redact=redact,
        customer=Audience.customer_of(customer) if customer else "",
    )


def allowed(*, primary: bool, marks: bool) -> frozenset[str]:
    """What the user has allowed that is refused otherwise; see `SourceSpec.allow`."""
    said = {"primary": primary, "marks": marks}
    return frozenset(name for name, is_allowed in said.items() if is_allowed)


def check_zone(name: str) -> None:
    """Raise a sentence for a time zone that does not exist."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(
            f"There is no time zone `{name}`.", hint="Write it as Europe/Berlin or UTC."
        ) from None


def detectors(names: list[str] | None) -> list[str]:
    """The detectors that were named; none when all are meant.

    Raises:
        UsageError: One of them does not exist.
    """
    return [detector.name for detector in named(names)] if names else []


def window(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The time that was asked for, in UTC.

    Raises:
        UsageError: One end is not a time, or the window is empty.
    """
    begin, end = instant(since, option="--since"), instant(until, option="--until")
    if begin and end and begin >= end:
        raise UsageError(f"--since {since} is not before --until {until}.")
    return begin, end


def instant(text: str | None, *, option: str) -> datetime | None:
    """A time as it was typed, in UTC; without a zone it is UTC.

    Raises:
        UsageError: It is not a time.
    """
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: `{text}` is not a time.", hint=_EXAMPLE) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def ahead(text: str | None, *, option: str) -> datetime | None:
    """A time to come as it was typed, in UTC; `30d` is thirty days from now.

    Raises:
        UsageError: It is not a time, or has passed.
    """
    moment, now = instant(text, option=option), datetime.now(UTC)
    if moment is None or text is None:
        return None
    if _AGO.fullmatch(text):
        return now + (now - moment)
    if moment <= now:
        raise UsageError(f"{option}: {text} has passed.", hint="Name a time to come.")
    return moment


def require_case(folder: Path) -> None:
    """Raise a sentence when there is no case to work on.

    Raises:
        UsageError: The folder holds no case.
    """
    if not (folder / "case.json").exists():
        raise UsageError(
            f"There is no case in `{folder}`.",
            hint="Name one with --case, or make one: `forensics ingest SOURCE... --case DIR`.",
        )
