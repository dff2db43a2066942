"""One finding on the page: what, how sure, why, what to do, and the lines that show it."""

from collections.abc import Iterator, Sequence

from forensics.model.audit import EvidenceLine
from forensics.model.finding import Finding
from forensics.model.words import (
    confidence,
    fraction_digits,
    fraction_digits_by_source,
    log_place,
    plural,
)
from forensics.report.html import Content, Markup, join, marked, tag
from forensics.report.pieces import (
    amounts,
    definitions,
    grade_badge,
    moment,
    reasons,
    severity_badge,
    table,
)

_MOST_CUSTOMERS = 12


def card(
    finding: Finding, evidence: Sequence[EvidenceLine], drawn: Content, *, is_copy: bool
) -> Markup:
    """The whole card, to be reached at `#finding-ID`; its figure is drawn when it is opened.

    Args:
        finding: What it tells.
        evidence: Lines of it.
        drawn: Its figure.
        is_copy: Whether it is for somebody who has no case to look into.
    """
    words = finding.explanation
    return tag(
        "article",
        _badges(finding),
        tag("h3", marked(words.title)),
        tag("p", marked(words.sentences)),
        definitions(_facts(finding)),
        tag(
            "details",
            tag("summary", f"Evidence: {finding.events:,} log lines"),
            drawn,
            _lines(finding, evidence, is_copy=is_copy),
            class_="evidence",
        ),
        id=f"finding-{finding.finding_id}",
        class_=f"card finding {finding.severity.value}",
        data_severity=finding.severity.value,
        data_detector=finding.detector,
    )


def _badges(finding: Finding) -> Markup:
    return tag(
        "p",
        join(
            [
                severity_badge(finding.severity),
                " ",
                grade_badge(finding.grade),
                " ",
                tag("span", f"{finding.detector} / {finding.pattern}", class_="soft"),
                " ",
                tag("a", finding.finding_id, href=f"#finding-{finding.finding_id}"),
                f" {finding.status}" if finding.status != "new" else "",
            ]
        ),
    )


def _facts(finding: Finding) -> list[tuple[str, Content]]:
    more = len(finding.customers) - _MOST_CUSTOMERS
    customers = ", ".join(finding.customers[:_MOST_CUSTOMERS])
    digits = fraction_digits((finding.first_at, finding.last_at))
    span = join([moment(finding.first_at, digits), " to ", moment(finding.last_at, digits)])
    return [
        ("when", span),
        ("money", amounts(finding.exposure)),
        ("customers", customers + (f" and {more} more" if more > 0 else "")),
        ("too many", f"{finding.excess:,} more than meant" if finding.excess else ""),
        ("seen in", ", ".join(finding.sources)),
        ("confidence", confidence(finding.confidence)),
        *reasons(finding.explanation),
    ]


def _lines(
    finding: Finding, evidence: Sequence[EvidenceLine], *, is_copy: bool
) -> Iterator[Content]:
    digits = fraction_digits_by_source((line.source, line.occurred_at) for line in evidence)
    rows = [
        (
            line.role,
            moment(line.occurred_at, digits[line.source]),
            _place(line),
            f"{line.action} {line.outcome}",
            line.entity or "",
            tag("details", tag("summary", "record"), tag("pre", line.raw)) if line.raw else "",
        )
        for line in evidence
    ]
    yield table(("role", "UTC", "log line", "what", "record", "raw"), rows)
    if finding.events > len(evidence):
        all_of_them = (
            "the case holds the rest."
            if is_copy
            else f"`forensics show {finding.finding_id} --all` prints all."
        )
        yield tag(
            "p", marked(f"{len(evidence)} of {plural(finding.events, 'line')}; {all_of_them}")
        )


def _place(line: EvidenceLine) -> Markup:
    """Source, file and line; the whole path and the position are its title."""
    where = log_place(line.source_path, line.source_line, line.source_position)
    short = where.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    return join([line.source, " ", tag("code", short, title=f"{where} at {line.source_position}")])
