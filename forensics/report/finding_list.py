"""Every finding on the page with its evidence, and filters; a row for each of the rest."""

from collections.abc import Iterator, Sequence

from forensics.model.audit import SHOWN_FINDINGS, Audit
from forensics.model.finding import Finding, Severity
from forensics.report.charts import chart
from forensics.report.finding_card import card
from forensics.report.html import Content, Markup, marked, tag
from forensics.report.pieces import amounts, moment, table

_MOST_OTHERS = 5_000


def findings(audit: Audit) -> Iterator[Content]:
    """Every finding with its evidence, and filters over them."""
    if not audit.findings:
        yield tag("p", "None.")
        return
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(audit.evidence):
        lines.setdefault(line.finding_id, []).append(number)
    yield _filters(audit)
    for finding in audit.findings[:SHOWN_FINDINGS]:
        evidence = [audit.evidence[number] for number in lines.get(finding.finding_id, ())]
        figure = chart(audit.figures, finding.finding_id)
        yield card(finding, evidence, figure, is_copy=audit.audience.is_outside)
    if len(audit.findings) > SHOWN_FINDINGS:
        yield _others(audit.findings[SHOWN_FINDINGS:])


def _others(rest: Sequence[Finding]) -> Iterator[Content]:
    """A row for each finding that is not shown with its lines."""
    yield tag("h3", "The others")
    yield table(
        ("severity", "grade", "what", "from", "money", "finding"),
        [
            (
                one.severity.value,
                one.grade.value,
                marked(one.explanation.title),
                moment(one.first_at),
                amounts(one.exposure),
                tag("span", one.finding_id, id=f"finding-{one.finding_id}"),
            )
            for one in rest[:_MOST_OTHERS]
        ],
        numbers=("money",),
    )
    more = f" {len(rest) - _MOST_OTHERS:,} more stand there." if len(rest) > _MOST_OTHERS else ""
    told = f"These are explained in findings.json; `forensics show ID` prints their lines.{more}"
    yield tag("p", marked(told))


def _filters(audit: Audit) -> Markup:
    def choice(name: str, label: str, values: Sequence[str]) -> Markup:
        options = [tag("option", "all", value="")] + [
            tag("option", value.replace("_", " "), value=value) for value in values
        ]
        return tag("label", label, tag("select", options, id=f"filter-{name}"))

    severities = [s.value for s in Severity if any(f.severity is s for f in audit.findings)]
    detectors = sorted({f.detector for f in audit.findings})
    return tag(
        "form",
        tag("label", "Words", tag("input", type="search", id="filter-words")),
        choice("severity", "Severity", severities),
        choice("detector", "Detector", detectors),
        tag("span", id="filter-count", class_="soft", role="status"),
        class_="filters",
        onsubmit=None,
    )
