"""`forensics ingest`, and reading sources for the commands that do more with them."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from forensics.case.case import Case
from forensics.case.configuration import Configuration
from forensics.cli import options, printing, summary
from forensics.cli.progress import progress
from forensics.cli.stopping import stopping
from forensics.model.audit import UNMAPPED, SourceAccount
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec
from forensics.model.words import of_case

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=]SOURCE...",
        help="Files, folders, globs or `-`; default: the sources of forensics.toml.",
    ),
]
Format = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="NAME|FILE",
        help="Force a format or a mapping file; of several each part takes the one of its name,"
        " else the one that fits best.",
    ),
]
Final = Annotated[
    bool, typer.Option(help="Half a record at the end is damage, not a log still being written.")
]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of times that have none.")
]
MaxQuarantine = Annotated[
    float | None, typer.Option(metavar="SHARE", help="Records that may be unreadable; 0.001.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ingest)


def ingest(
    sources: Sources = None,
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    formats: Format = None,
    log_format: options.LogFormat = "",
    timezone: Zone = None,
    final: Final = False,
    follow: Annotated[
        bool, typer.Option(help="Go on reading what is added, until interrupted.")
    ] = False,
    pause: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Between two looks with --follow.")
    ] = 5.0,
    allow_primary: options.AllowPrimary = False,
    allow_marks: options.AllowMarks = False,
    max_quarantine: MaxQuarantine = None,
    config: options.ConfigFile = None,
    wait: options.Wait = 600.0,
    as_json: options.Json = False,
) -> None:
    """Read what is new in the sources into a case. Exit 3: of what was there, some is missing."""
    configuration = options.settings(config, timezone=timezone, max_quarantine=max_quarantine)
    opened = options.open_case(case, configuration)
    specs = specified(
        sources or [],
        configuration,
        formats=tuple(formats or ()),
        final=final,
        log_format=log_format,
        allow=options.allowed(primary=allow_primary, marks=allow_marks),
    )
    if follow:
        accounts = _follow(opened, specs, pause_s=pause, wait_s=wait, as_json=as_json)
    else:
        accounts = read(opened, specs, wait_s=wait)
        say(accounts, as_json=as_json)
    raise typer.Exit(3 if incomplete(accounts, configuration) else 0)


def specified(
    texts: Sequence[str],
    configuration: Configuration,
    *,
    formats: tuple[str, ...],
    final: bool,
    log_format: str,
    allow: frozenset[str],
    held: Path | None = None,
) -> list[SourceSpec]:
    """The sources that were named, else those of `forensics.toml`.

    Args:
        texts: Those that were named.
        configuration: What lists the others.
        formats: Which are forced.
        final: Whether half a record at the end is damage.
        log_format: How lines of an access log are written.
        allow: What reading may do to a source.
        held: A case of which those who name none may mean what it holds.

    Raises:
        UsageError: There are none.
    """
    if texts:
        return [
            SourceSpec.parse(text, formats=formats, final=final, allow=allow, log_format=log_format)
            for text in texts
        ]
    if not configuration.sources:
        raise UsageError(
            "No source was named, and forensics.toml lists none.",
            hint="Name files, folders or globs: `forensics audit events.jsonl --case incident-17`."
            + (f" Of what the case holds: `forensics detect {of_case(held)}`." if held else ""),
        )
    return [
        replace(
            source,
            allow=allow,
            formats=formats or source.formats,
            final=final or source.final,
            log_format=log_format or source.log_format,
        )
        for source in configuration.sources
    ]


def read(case: Case, specs: Sequence[SourceSpec], *, wait_s: float) -> list[SourceAccount]:
    """Read what is new in the sources.

    Raises:
        UsageError: Not one of them could be read.
    """
    with progress() as report:
        accounts = case.ingest(specs, wait_s=wait_s, on_wait=printing.say, report=report)
    if all(account.failed and not account.read for account in accounts):
        sentences = [notice.sentence for account in accounts for notice in account.notices]
        raise UsageError("Nothing could be read. " + " ".join(sentences))
    return accounts


def incomplete(accounts: Sequence[SourceAccount], configuration: Configuration) -> bool:
    """Whether evidence is missing of what was to be read, as an audit would say."""
    return any(
        account.failed
        or account.holed
        or account.unrecognised
        or (account.read and account.quarantined / account.read > configuration.max_quarantine)
        for account in accounts
    )


def say(accounts: Sequence[SourceAccount], *, as_json: bool) -> None:
    """Print what became of every source's records."""
    if as_json:
        printing.document(accounts)
    else:
        summary.accounts(accounts)


def _follow(
    case: Case, specs: Sequence[SourceSpec], *, pause_s: float, wait_s: float, as_json: bool
) -> Sequence[SourceAccount]:
    """Read again and again; a source that fails for a while is told once and tried on.

    An interrupt or SIGTERM ends it after the look that is going on, a second one at once; so does
    that the reader of what is printed has gone. Returned is what became of all that was looked at.
    """
    told: Sequence[SourceAccount] = ()
    altogether: Sequence[SourceAccount] = ()
    with stopping() as stopped_within:
        while not printing.reader_gone():
            accounts = case.ingest(specs, wait_s=wait_s, on_wait=printing.say)
            if _are_news(accounts, told):
                say(accounts, as_json=as_json)
                with printing.to_reader():
                    sys.stdout.flush()
            told, altogether = accounts, _followed(altogether, accounts)
            if stopped_within(pause_s):
                break
    printing.say("Stopped. What was read is stored; the next run goes on from there.")
    return altogether


def _followed(
    before: Sequence[SourceAccount], accounts: Sequence[SourceAccount]
) -> Sequence[SourceAccount]:
    """What became of the records of all looks, where each tells of what it read alone."""
    earlier = {account.source: account for account in before}
    return [_added(earlier.get(account.source), account) for account in accounts]


def _added(before: SourceAccount | None, now: SourceAccount) -> SourceAccount:
    """A source's account with those of earlier looks.

    A failure, and a file of no format, are what the last look found: it tried again. Holes, and
    records that could not be read, stay.
    """
    if before is None:
        return now
    ignored = Counter(now.ignored)
    ignored.update({n: many for n, many in before.ignored.items() if not n.startswith(UNMAPPED)})
    holes = [n for n in before.notices if n.state == "incomplete" and n not in now.notices]
    return replace(
        now,
        read=before.read - sum(before.unmapped.values()) + now.read - now.already_stored,
        mapped=before.mapped + now.mapped,
        ignored=ignored,
        already_stored=before.already_stored,
        quarantined=before.quarantined + now.quarantined,
        events=before.events + now.events,
        notices=[*holes, *now.notices],
    )


def _are_news(accounts: Sequence[SourceAccount], told: Sequence[SourceAccount]) -> bool:
    """Whether a look found records, a hole or a failure that the one before had not.

    What no format recognises is read at each look, in case a format was added.
    """
    waiting = [account.unmapped for account in accounts]
    return (
        any(a.read > a.already_stored + sum(a.unmapped.values()) for a in accounts)
        or (any(waiting) and waiting != [account.unmapped for account in told])
        or not _missing(accounts) <= _missing(told)
    )


def _missing(accounts: Sequence[SourceAccount]) -> set[str]:
    return {
        notice.sentence
        for account in accounts
        for notice in account.notices
        if notice.state in {"failed", "incomplete"}
    }
