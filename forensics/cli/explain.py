"""`forensics explain`: what a name of ours means, or what was found."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from forensics.cli import finding as finding_lines
from forensics.cli import options, printing
from forensics.detect.contract import Detector, Pattern
from forensics.detect.duplicate_side_effect.mechanisms import Mechanism, mechanisms
from forensics.detect.registry import DETECTORS, PATTERNS, innocent_readings
from forensics.model.errors import UsageError

_FINDING_ID = re.compile("[0-9a-f]{6,16}")
_INDENT = "  "


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    name: Annotated[str, typer.Argument(metavar="DETECTOR|PATTERN|MECHANISM|FINDING")] = "",
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    as_json: options.Json = False,
) -> None:
    """Say what a detector, pattern, mechanism or finding means, how it can be wrong, what to do.

    Of the name of an innocent reading it says which patterns look for it. Of a name with several
    meanings, such as `fan_out`, it says them all; with --json the pattern has the others as
    `mechanism` and `innocent_reading`.
    """
    if not name:
        raise UsageError(
            "Say what is to be explained: a detector, pattern, mechanism or finding.",
            hint="`forensics detectors` lists detectors and patterns, `forensics show` findings.",
        )
    detector = next((d for d in DETECTORS if d.name == name), None)
    if as_json:
        printing.document(_explained(name, detector, case))
    elif detector:
        _detector(detector)
    elif name in PATTERNS or _beside_patterns(name):
        _meanings(name)
    elif (case / "case.json").exists():
        _, findings = finding_lines.chosen(options.open_case(case).last_run(), name)
        for finding in findings:
            finding_lines.show(finding)
            printing.line()
            printing.page(PATTERNS[finding["pattern"]].page)
    elif _FINDING_ID.fullmatch(name):
        raise UsageError(
            f"`{name}` looks like the id of a finding, and there is no case in `{case}`.",
            hint="Say with --case in which case it is.",
        )
    else:
        detectors = (d.name for d in DETECTORS)
        known = sorted({*PATTERNS, *detectors, *mechanisms(), *innocent_readings()})
        raise UsageError.unknown("detector, pattern, mechanism or finding", name, known=known)


def _explained(name: str, detector: Detector | None, case: Path) -> Any:  # noqa: ANN401 - JSON
    if detector:
        return [_described(pattern) for pattern in detector.every_pattern]
    others = _beside_patterns(name)
    if name in PATTERNS:
        return _described(PATTERNS[name]) | others
    if others:
        return next(iter(others.values()))
    options.require_case(case)
    _, findings = finding_lines.chosen(options.open_case(case).last_run(), name)
    return [finding | {"about": _described(PATTERNS[finding["pattern"]])} for finding in findings]


def _beside_patterns(name: str) -> dict[str, Any]:
    """What the name means besides a pattern, by the kind of meaning."""
    meanings = {
        "mechanism": mechanisms().get(name),
        "innocent_reading": innocent_readings().get(name),
    }
    return {kind: meaning for kind, meaning in meanings.items() if meaning}


def _described(pattern: Pattern) -> dict[str, Any]:
    return {
        "detector": pattern.detector,
        "pattern": pattern.name,
        "question": pattern.question,
        "needs": pattern.needs,
        "cure": pattern.cure,
        "thresholds": pattern.parameters,
        "suppressors": {n: reading.text for n, reading in pattern.suppressors.items()},
        "page": pattern.page,
    }


def _meanings(name: str) -> None:
    if name in PATTERNS:
        printing.page(PATTERNS[name].page)
        _parameters(PATTERNS[name])
    for kind, meaning in _beside_patterns(name).items():
        if name in PATTERNS:
            printing.line()
        if kind == "mechanism":
            _mechanism(meaning)
        else:
            _innocent(name, meaning)


def _detector(detector: Detector) -> None:
    printing.line(f"{detector.name}: {detector.question}")
    printing.table(
        ("pattern", "question", "needs"),
        [(p.name, p.question, ", ".join(p.needs)) for p in detector.every_pattern],
    )


def _mechanism(mechanism: Mechanism) -> None:
    printing.line(f"{mechanism.name}: how a duplicate came about, where the log shows this:")
    printing.prose(mechanism.shows, indent=_INDENT)
    printing.prose(f"what to do: {mechanism.remedy}", indent=_INDENT)
    if mechanism.source:
        printing.prose(f"source: {mechanism.source}", indent=_INDENT)


def _innocent(name: str, texts: Mapping[str, str]) -> None:
    printing.line(f"{name}: an innocent reading, looked for before anything is called a failure:")
    for text in dict.fromkeys(texts.values()):
        patterns = [pattern for pattern, said in texts.items() if said == text]
        printing.prose(f"{text} ({', '.join(patterns)})", indent=_INDENT)
    printing.line("`forensics explain PATTERN` says more of it.")


def _parameters(pattern: Pattern) -> None:
    if pattern.parameters:
        printing.line("Thresholds (forensics.toml, [thresholds." + pattern.name + "]):")
        printing.table(
            ("name", "default", "unit", "why", "source"),
            [(n, p.default, p.unit, p.why, p.source) for n, p in pattern.parameters.items()],
        )
