"""Reports for others than the case's owner, made anew from what the case holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from forensics.case.audit import audit
from forensics.case.configuration import Configuration
from forensics.case.figures import figures_of
from forensics.case.other_logs import OtherLogs
from forensics.case.told import key_of, told
from forensics.detect.registry import named
from forensics.model.audience import Audience
from forensics.model.audit import Audit
from forensics.model.errors import CaseError, UsageError
from forensics.normalise.mapping import Mapping as Format
from forensics.report.files import write
from forensics.store.case_store import CaseStore
from forensics.store.engine import engine


def check_place(out: Path | None, case: Path, audience: Audience) -> None:
    """Raise a sentence where a report that lacks something would take the place of the whole one.

    Raises:
        UsageError: It has no place of its own.
    """
    if not audience.is_outside:
        return
    if out is None:
        raise UsageError(
            "A report that is redacted, or for one customer, needs a place of its own.",
            hint="Name one with --out DIR; the case's own report stays whole.",
        )
    if out.resolve().is_relative_to(case.resolve()):
        raise UsageError(f"`{out}` lies in the case, whose own report stays whole.")


def remade(
    folder: Path,
    configuration: Configuration,
    last: Mapping[str, Any],
    audience: Audience,
    out: Path,
    *,
    changed: Mapping[str, str],
    formats: Sequence[Format],
    other_logs: OtherLogs,
) -> list[Path]:
    """Write the report of the last audit again, for that audience; the case stays as it is.

    Args:
        folder: The case.
        configuration: As it was when it was audited.
        last: The last run, as `findings.json` has it.
        audience: For whom.
        out: Where to.
        changed: Finding id to its status, of those that have another since the run.
        formats: As for `forensics.case.audit.audit`.
        other_logs: Likewise.

    Raises:
        CaseError: Records or settings are not those of the last audit any more.
    """
    run = last["run"]
    since, until = (datetime.fromisoformat(run[n]) if run[n] else None for n in ("since", "until"))
    with CaseStore.open(folder, read_only=True) as store, engine() as connection:
        store.attach(connection)
        result = audit(
            store,
            connection,
            named(run["detectors"]),
            configuration,
            since=since,
            until=until,
            formats=formats,
            other_logs=other_logs,
            say=lambda _: None,
        )
        if {f.finding_id for f in result.findings} != {f["finding_id"] for f in last["findings"]}:
            raise CaseError(
                "The case or the settings have changed since the last audit.",
                hint="Run `forensics detect` with the same options.",
            )
        result = _as_it_was(result, last, changed)
        return written(connection, result, audience, key_of(folder), out)


def written(
    connection: duckdb.DuckDBPyConnection,
    result: Audit,
    audience: Audience,
    key: bytes,
    out: Path,
) -> list[Path]:
    """Write a report for that audience, in a folder outside the case."""
    if not result.figures and not audience.customer:
        result = replace(result, figures=figures_of(connection, result))
    return write(told(connection, result, audience, key), connection, out)


def _as_it_was(result: Audit, last: Mapping[str, Any], changed: Mapping[str, str]) -> Audit:
    """With the time of the run, and each finding's status in it, or since."""
    statuses = {f["finding_id"]: f["status"] for f in last["findings"]} | dict(changed)
    run = replace(
        result.run,
        at=datetime.fromisoformat(last["run"]["at"]),
        seconds=last["run"]["seconds"],
        custody_digest=last["run"]["custody_digest"],
    )
    findings = [replace(f, status=statuses[f.finding_id]) for f in result.findings]
    return replace(result, run=run, findings=findings)
