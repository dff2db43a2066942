"""One audit of a case: link, detect, judge, scope; the result is everything a report needs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import orjson

from forensics.case import contents
from forensics.case.configuration import Configuration
from forensics.case.other_logs import OtherLogs, elsewhere
from forensics.case.status import gone, with_status
from forensics.detect.calibration import with_confidence
from forensics.detect.contract import Detector, Facts
from forensics.detect.registry import PATTERNS
from forensics.detect.run import run
from forensics.detect.tried import tried
from forensics.detect.verdicts import judge
from forensics.link.link import link
from forensics.link.names import resolve
from forensics.model.audit import (
    SHOWN_FINDINGS,
    Audit,
    RunInfo,
    SourceAccount,
    SuppressedCount,
    not_accepted,
)
from forensics.model.finding import Explanation, Finding, Verdict
from forensics.model.impact import Rate
from forensics.model.latent import Latent
from forensics.model.version import __version__
from forensics.normalise.mapping import Mapping as Format
from forensics.scope import money
from forensics.scope.assemble import assemble
from forensics.scope.estimate import cost_of_calls
from forensics.scope.evidence import evidence_lines
from forensics.scope.pending import pending, untold
from forensics.scope.reconcile import reconcile
from forensics.scope.repair import repairs
from forensics.scope.story import incidents
from forensics.store import custody
from forensics.store.case_store import CaseStore

Say = Callable[[str], None]


def audit(
    store: CaseStore,
    connection: duckdb.DuckDBPyConnection,
    detectors: Sequence[Detector],
    configuration: Configuration,
    *,
    since: datetime | None,
    until: datetime | None,
    formats: Sequence[Format],
    other_logs: OtherLogs,
    say: Say,
) -> Audit:
    """Run the detectors over an attached case; nothing is written.

    Args:
        store: The case.
        connection: To which it is attached.
        detectors: Which to run.
        configuration: What holds for the run.
        since: Begin of the window.
        until: Its end, exclusive.
        formats: All mappings, for what they say of their sources.
        other_logs: Which logs show what others cannot.
        say: Told what is being done.
    """
    began = time.monotonic()
    declared = resolve(connection, configuration.joins)
    _limit_to_window(connection, since, until, configuration.lookback_days)
    say("linking causes")
    joins = link(connection, declared)
    say("detecting")
    findings = _found(connection, detectors, configuration, since)
    coverage = contents.coverage(connection)
    accounts = contents.accounts(connection)
    incomplete = contents.incomplete(accounts, coverage)
    verdicts = judge(
        connection,
        detectors,
        incomplete=incomplete,
        sources=[c.source for c in coverage],
        settings=configuration.thresholds,
    )
    queues = [a.source for a in accounts if any(f.queue for f in _formats_of(a, formats))]
    endless = untold(connection, queues)
    unfinished = pending(connection, key_lifetime_s=_key_lifetime_s(configuration), queues=queues)
    reconciliations = reconcile(connection)
    counting = not_accepted(findings)
    described = RunInfo(
        case=store.folder.name,
        at=datetime.now(UTC),
        seconds=round(time.monotonic() - began, 3),
        tool_version=__version__,
        custody_digest=custody.head(store.folder),
        since=since,
        until=until,
        detectors=[detector.name for detector in detectors],
        thresholds=_thresholds(detectors, configuration),
        declarations=configuration.declarations,
    )
    return Audit(
        run=described,
        findings=findings,
        incidents=incidents(
            connection, findings, unfinished, configuration.impact, incomplete, untold=endless
        ),
        totals=money.in_all(connection),
        exposures=_exposures(connection, detectors),
        verdicts=verdicts,
        elsewhere=elsewhere(other_logs, accounts, verdicts),
        accounts=accounts,
        coverage=coverage,
        joins=joins,
        suppressed=_suppressed(connection, detectors),
        quarantine=contents.quarantine(connection),
        evidence=evidence_lines(
            connection,
            "candidate_evidence WHERE suppressor IS NULL",
            shown=[finding.finding_id for finding in findings[:SHOWN_FINDINGS]],
        ),
        repairs=repairs(connection, [f for f in findings if f.incident_id in counting]),
        pending=unfinished,
        untold=endless,
        reconciliations=reconciliations,
        kept_days=_kept_days(accounts, formats),
        gone=gone(
            connection,
            findings,
            run=described,
            verdicts=verdicts,
            coverage=coverage,
            incomplete=incomplete,
        ),
        missing=[
            *contents.missing(accounts, coverage, configuration.max_quarantine),
            *contents.unjudged(
                connection, coverage, verdicts, _with_own_mapping(accounts, formats)
            ),
        ],
    )


def _found(
    connection: duckdb.DuckDBPyConnection,
    detectors: Sequence[Detector],
    configuration: Configuration,
    since: datetime | None,
) -> Sequence[Finding]:
    """What the detectors find from the window's begin on, with confidence and status."""
    run(
        connection,
        detectors,
        settings=configuration.thresholds,
        declarations=configuration.declarations,
    )
    _drop_before_window(connection, since)
    findings = assemble(connection, _explain(connection, detectors, configuration.impact))
    findings = with_confidence(connection, findings, changed=configuration.thresholds)
    return with_status(connection, findings)


def blind_everywhere(result: Audit, detectors: Sequence[str]) -> list[str]:
    """Which of the named detectors can see nothing in any source."""
    return [
        name
        for name in detectors
        if all(v.verdict is Verdict.BLIND for v in result.verdicts if v.detector == name)
    ]


def _explain(
    connection: duckdb.DuckDBPyConnection, detectors: Sequence[Detector], rates: Sequence[Rate]
) -> Callable[[str, str, Facts], Explanation]:
    """What words a finding's facts, with what was tried to explain it away, and its cost."""
    known = {pattern.name: (d, pattern) for d in detectors for pattern in d.patterns}
    attempts = tried(connection, detectors)

    def explained(finding: str, name: str, facts: Facts) -> Explanation:
        detector, pattern = known[name]
        told = pattern.explain(facts)
        if detector.calls_wasted:
            cost = cost_of_calls(rates, detector.calls_wasted(facts))
            told = replace(told, sentences=told.sentences + cost)
        return attempts[finding].told(told, pattern)

    return explained


def _thresholds(
    detectors: Sequence[Detector], configuration: Configuration
) -> dict[str, dict[str, int | float]]:
    """Every number that decided in this run, set or default."""
    return {
        pattern.name: {name: p.default for name, p in pattern.parameters.items()}
        | dict(configuration.thresholds.get(pattern.name, {}))
        for detector in detectors
        for pattern in detector.every_pattern
        if pattern.parameters
    }


def _formats_of(account: SourceAccount, formats: Sequence[Format]) -> list[Format]:
    return [one for one in formats if one.format in account.formats]


def _with_own_mapping(
    accounts: Sequence[SourceAccount], formats: Sequence[Format]
) -> Sequence[str]:
    """Sources that are read with a mapping that does not come with the tool."""
    known = {one.format for one in formats}
    return [account.source for account in accounts if set(account.formats) - known]


def _kept_days(accounts: Sequence[SourceAccount], formats: Sequence[Format]) -> dict[str, int]:
    """Source to the days after which it deletes its records, where it does so by itself."""
    return {
        account.source: min(days)
        for account in accounts
        if (days := [f.kept_days for f in _formats_of(account, formats) if f.kept_days])
    }


def _key_lifetime_s(configuration: Configuration) -> float:
    """How long a callee of which nothing is known is taken to remember a key, set or default."""
    name = "key_lifetime_s"
    set_to = configuration.thresholds.get("same_key", {})
    return set_to.get(name, PATTERNS["same_key"].parameters[name].default)


def _limit_to_window(
    connection: duckdb.DuckDBPyConnection,
    since: datetime | None,
    until: datetime | None,
    lookback_days: int,
) -> None:
    """Narrow the view `events`; what has no time stays, since no one can say it is outside."""
    if since is None and until is None:
        return
    begin = (since - timedelta(days=lookback_days)).isoformat() if since else "-infinity"
    end = until.isoformat() if until else "infinity"
    connection.execute("ALTER VIEW events RENAME TO all_events")
    connection.execute(f"""
        CREATE OR REPLACE VIEW events AS FROM all_events
        WHERE occurred_at IS NULL OR (
            occurred_at >= TIMESTAMPTZ '{begin}' AND occurred_at < TIMESTAMPTZ '{end}')""")


def _drop_before_window(connection: duckdb.DuckDBPyConnection, since: datetime | None) -> None:
    """What ended before the window was only looked at for causes."""
    if since is not None:
        for table in ("candidate_evidence", "candidates"):
            connection.execute(
                f"""
                DELETE FROM {table} WHERE finding_id IN (
                    SELECT finding_id FROM candidates WHERE last_at < $since)""",
                {"since": since},
            )


def _suppressed(
    connection: duckdb.DuckDBPyConnection, detectors: Sequence[Detector]
) -> list[SuppressedCount]:
    meanings = {
        (pattern.name, name): reading.text
        for detector in detectors
        for pattern in detector.patterns
        for name, reading in pattern.suppressors.items()
    }
    rows = connection.execute("""
        SELECT detector, pattern, suppressor, count(*) FROM candidates
        WHERE suppressor IS NOT NULL GROUP BY ALL ORDER BY ALL""").fetchall()
    return [
        SuppressedCount(
            detector=detector,
            pattern=pattern,
            suppressor=suppressor,
            meaning=meanings.get(
                (pattern, suppressor), "A stronger pattern of this detector holds the same events."
            ),
            candidates=count,
        )
        for detector, pattern, suppressor, count in rows
    ]


def _exposures(
    connection: duckdb.DuckDBPyConnection, detectors: Sequence[Detector]
) -> list[Latent]:
    """What has not happened yet but can, by pattern in the order of the detectors."""
    query = """
        SELECT left(md5(concat_ws('|', detector, pattern, to_json(subject))), 16) AS exposure_id,
            subject, facts
        FROM exposures WHERE pattern = $pattern ORDER BY weight DESC, exposure_id"""
    return [
        Latent(
            exposure_id=identity,
            detector=pattern.detector,
            pattern=pattern.name,
            subject=subject,
            explanation=pattern.explain(facts := orjson.loads(text)),
            facts=facts,
        )
        for detector in detectors
        for pattern in detector.latent
        for identity, subject, text in connection.execute(
            query, {"pattern": pattern.name}
        ).fetchall()
    ]
