"""Findings as the scorer takes them, of the analyzer and of any other tool: JSON lines."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from forensics import open_case
from forensics.case.case import Case
from forensics.model.finding import Verdict

_ACCUSED = ("original", "duplicate")
"""Roles of the evidence that says what happened; the others stand beside it."""

GRADES = ("proven", "strong", "probable")
"""What accuses; a suspicion only points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a tool says of a log.

    Attributes:
        detector: One of the four.
        pattern: Its name in `DETECTOR_OF`, or empty.
        records: (log, line) of what happened too often; lines count from 1.
        grade: `proven`, `strong`, `probable` or `suspicion`.
        confidence: Between 0 and 1, or None.
        mechanism: Why it happened, or None.
        severity: How bad, or empty.
        title: For people.
    """

    detector: str
    records: Sequence[tuple[str, int]]
    pattern: str = ""
    grade: str = "probable"
    confidence: float | None = None
    mechanism: str | None = None
    severity: str = ""
    title: str = ""

    @property
    def accuses(self) -> bool:
        """Whether it says that something went wrong, and not only that it may have."""
        return self.grade in GRADES


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What the analyzer says of a folder.

    Attributes:
        case: The case, for other questions.
        claims: Its findings.
        blind: (pattern, log) of which it says that the log lacks what the pattern needs.
        partly_blind: (pattern, log) of which it says that most of the log's events lack it.
    """

    case: Case
    claims: Sequence[Claim]
    blind: frozenset[tuple[str, str]]
    partly_blind: frozenset[tuple[str, str]]


def of_the_analyzer(folder: Path) -> Audited:
    """Audit the logs of a folder; the case is kept beside them."""
    case = open_case(folder / "case")
    case.ingest([str(path) for path in sorted((folder / "logs").glob("*.jsonl"))])
    audit = case.audit()
    records: dict[str, list[tuple[str, int]]] = {}
    rows = case.sql(
        "SELECT DISTINCT finding_id, events.source, events.source_line FROM evidence"
        f" JOIN events USING (event_id) WHERE role IN {_ACCUSED} ORDER BY ALL"
    ).rows()
    for finding_id, source, line in rows:
        records.setdefault(finding_id, []).append((source, line))
    claims = [
        Claim(
            detector=finding.detector, pattern=finding.pattern, grade=str(finding.grade),
            records=records[finding.finding_id], confidence=finding.confidence,
            mechanism=_text(finding.facts.get("mechanism")), severity=str(finding.severity),
            title=finding.explanation.title,
        )
        for finding in audit.findings
    ]  # fmt: skip
    blind = {(v.pattern, v.source) for v in audit.verdicts if v.verdict is Verdict.BLIND}
    partly = {(v.pattern, v.source) for v in audit.verdicts if v.partly_blind}
    return Audited(case=case, claims=claims, blind=frozenset(blind), partly_blind=frozenset(partly))


def read(path: Path) -> list[Claim]:
    """Findings that another tool has written, one JSON object a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_claim(json.loads(line)) for line in lines if line.strip()]


def save(claims: Iterable[Claim], path: Path) -> None:
    """Write findings as `read` takes them."""
    path.write_text("".join(json.dumps(asdict(c)) + "\n" for c in claims), encoding="utf-8")


def _claim(document: dict[str, Any]) -> Claim:
    known = {name: value for name, value in document.items() if name in Claim.__slots__}
    records = [(str(log), int(line)) for log, line in known.pop("records")]
    return Claim(records=records, **known)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
