"""`forensics.toml`: what an analyst sets once for a case. Command line over file over default."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from forensics.detect.registry import PATTERNS
from forensics.model.declarations import ISOLATION_LEVELS, RETRY_SETTINGS, Declarations
from forensics.model.errors import UsageError
from forensics.model.finding import Severity
from forensics.model.impact import Rate
from forensics.model.joins import DeclaredJoin
from forensics.model.record import SourceSpec

FILE = "forensics.toml"
_SECTIONS = frozenset(
    {
        "sources",
        "thresholds",
        "audit",
        "last_write_wins",
        "isolation",
        "key_lifetimes",
        "retry",
        "joins",
        "impact",
    }
)
_AUDIT_KEYS = frozenset({"fail_on", "max_quarantine", "timezone", "lookback_days"})
_LAST_WRITE_WINS_KEYS = frozenset({"fields", "systems"})
_SOURCE_KEYS = frozenset({"address", "format", "final", "log_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What holds for one run.

    Attributes:
        sources: Sources to read when the command line names none.
        thresholds: Pattern to parameter to value, where it differs from the default.
        declarations: What is known of the systems and no log says.
        joins: Fields of two sources that name one thing.
        impact: What things cost besides what the logs show.
        fail_on: Severity at or above which the exit code is 1.
        max_quarantine: Share of records in quarantine above which evidence counts as missing.
        timezone: Where times without a zone are read.
        lookback_days: How far before `--since` causes are still looked for.
        text: The file as read; empty when there was none.
    """

    sources: tuple[SourceSpec, ...] = ()
    thresholds: Mapping[str, Mapping[str, int | float]] = field(default_factory=dict)
    declarations: Declarations = field(default_factory=Declarations)
    joins: Sequence[DeclaredJoin] = ()
    impact: Sequence[Rate] = ()
    fail_on: Severity = Severity.HIGH
    max_quarantine: float = 0.001
    timezone: str = "UTC"
    lookback_days: int = 7
    text: str = ""


def load(path: Path | None) -> Configuration:
    """Read the file; without a path, `forensics.toml` of the working folder if it is there.

    Raises:
        UsageError: It cannot be read, is not TOML, or names something that does not exist.
    """
    chosen = path or Path(FILE)
    if path is None and not chosen.exists():
        return Configuration()
    try:
        text = chosen.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"`{chosen}` cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"`{chosen}` is not TOML: {error}.") from None
    return _configuration(document, text=text, where=chosen.name)


def _configuration(document: dict[str, Any], *, text: str, where: str) -> Configuration:
    if misplaced := sorted(_AUDIT_KEYS & document.keys()):
        raise UsageError(
            f"{where}: `{misplaced[0]}` belongs under `[audit]`.",
            hint=f"Write the line `[audit]` above `{misplaced[0]} = …`.",
        )
    _check(document, _SECTIONS, what="section", where=where)
    for section in sorted(_SECTIONS & document.keys()):
        _require_table(document[section], where=f"{where} [{section}]")
    audit = document.get("audit", {})
    _check(audit, _AUDIT_KEYS, what="key", where=f"{where} [audit]")
    default = Configuration()
    try:
        fail_on = Severity(audit.get("fail_on", default.fail_on))
    except ValueError:
        raise UsageError.unknown(
            "severity", str(audit["fail_on"]), known=[*Severity], where=f"{where} [audit]"
        ) from None
    return Configuration(
        sources=tuple(
            _source(name, entry, where=where) for name, entry in document.get("sources", {}).items()
        ),
        thresholds=_thresholds(document.get("thresholds", {}), where=where),
        declarations=_declarations(document, where=where),
        joins=_joins(document.get("joins", {}), where=f"{where} [joins]"),
        impact=_impact(document.get("impact", {}), where=where),
        fail_on=fail_on,
        max_quarantine=_number(audit, "max_quarantine", default.max_quarantine, where=where),
        timezone=str(audit.get("timezone", default.timezone)),
        lookback_days=int(_number(audit, "lookback_days", default.lookback_days, where=where)),
        text=text,
    )


def _source(name: str, entry: str | dict[str, Any], *, where: str) -> SourceSpec:
    if isinstance(entry, str):
        return SourceSpec(name=name, address=entry)
    section = f"{where} [sources.{name}]"
    _require_table(entry, where=section)
    _check(entry, _SOURCE_KEYS, what="key", where=section)
    if not isinstance(entry.get("address"), str):
        raise UsageError(f"{section}: `address` must say where the source is.")
    return SourceSpec(
        name=name,
        address=entry["address"],
        formats=_formats(entry.get("format", []), where=section),
        final=bool(entry.get("final", False)),
        log_format=entry.get("log_format", ""),
    )


def _formats(value: object, *, where: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{where}: `format` must be a name or a list of names, not `{value}`.")
    return tuple(names)


def _thresholds(
    document: dict[str, dict[str, Any]], *, where: str
) -> dict[str, dict[str, int | float]]:
    for pattern, values in document.items():
        if pattern not in PATTERNS:
            raise UsageError.unknown(
                "pattern", pattern, known=PATTERNS, where=f"{where} [thresholds]"
            )
        section = f"{where} [thresholds.{pattern}]"
        _require_table(values, where=section)
        _check(values, PATTERNS[pattern].parameters.keys(), what="threshold", where=section)
        for name, value in values.items():
            _require_number(name, value, where=section)
    return document


def _declarations(document: dict[str, Any], *, where: str) -> Declarations:
    last_write_wins = document.get("last_write_wins", {})
    section = f"{where} [last_write_wins]"
    _check(last_write_wins, _LAST_WRITE_WINS_KEYS, what="key", where=section)
    for name, value in last_write_wins.items():
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise UsageError(f"{section}: `{name}` must be a list of names, not `{value}`.")
    isolation = document.get("isolation", {})
    for level in isolation.values():
        if level not in ISOLATION_LEVELS:
            raise UsageError.unknown(
                "level", str(level), known=ISOLATION_LEVELS, where=f"{where} [isolation]"
            )
    key_lifetimes = document.get("key_lifetimes", {})
    for callee, seconds in key_lifetimes.items():
        _require_number(callee, seconds, where=f"{where} [key_lifetimes]")
    return Declarations(
        last_write_wins_fields=last_write_wins.get("fields", ()),
        last_write_wins_systems=last_write_wins.get("systems", ()),
        isolation=isolation,
        key_lifetimes=key_lifetimes,
        retries=_retries(document.get("retry", {}), where=where),
    )


def _retries(
    document: dict[str, dict[str, float]], *, where: str
) -> Mapping[str, Mapping[str, float]]:
    """How callers retry, by `caller` or `caller -> callee`."""
    for edge, told in document.items():
        section = f'{where} [retry."{edge}"]'
        _require_table(told, where=section)
        _check(told, RETRY_SETTINGS, what="key", where=section)
        for name, value in told.items():
            _require_number(name, value, where=section)
        if "attempts" not in told and "base_s" not in told:
            raise UsageError(
                f"{section} says neither `attempts` nor `base_s`.",
                hint="docs/configuration.md shows one.",
            )
    return document


def _joins(document: dict[str, Any], *, where: str) -> list[DeclaredJoin]:
    """One field a key; what it equals is one field or a list of them."""
    joins = []
    for left, value in document.items():
        for right in value if isinstance(value, list) else [value]:
            if not isinstance(right, str):
                raise UsageError(
                    f"{where}: `{left}` must name a field, not `{right}`.",
                    hint='Write `"stripe:metadata.order_id" = "shop:id"`, both in quotes.',
                )
            joins.append(DeclaredJoin.parse(f"{left}={right}"))
    return joins


def _impact(document: dict[str, Any], *, where: str) -> list[Rate]:
    rates = []
    for name, entry in document.items():
        section = f"{where} [impact.{name}]"
        _require_table(entry, where=section)
        rates.append(Rate.parse(name, entry, where=section))
    return rates


def _check(document: Mapping[str, Any], known: Collection[str], *, what: str, where: str) -> None:
    for name in document:
        if name not in known:
            raise UsageError.unknown(what, name, known=known, where=where)


def _require_table(value: object, *, where: str) -> None:
    if not isinstance(value, dict):
        raise UsageError(f"{where} must be a table of settings, not `{value}`.")


def _number(section: dict[str, Any], name: str, default: float, *, where: str) -> float:
    value = section.get(name, default)
    _require_number(name, value, where=f"{where} [audit]")
    return float(value)


def _require_number(name: str, value: object, *, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{where}: `{name}` must be a number, not `{value}`.")
    if not (isfinite(value) and value >= 0):
        raise UsageError(
            f"{where}: `{name}` must be zero or a finite number above it, not `{value}`."
        )
