"""Small parts that several sections of the page use."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from forensics.model.finding import Explanation, Exposure, Finding, Grade, Severity
from forensics.model.words import instant, plural, priced
from forensics.report.html import Content, Markup, marked, tag

_GRADES = {
    Grade.PROVEN: "Proven: no ordering of unseen events explains it away.",
    Grade.STRONG: "Strong: rests on one named assumption.",
    Grade.PROBABLE: "Probable: likelier than not, for the reasons named.",
    Grade.SUSPICION: "Suspicion: an innocent reading fits the log as well.",
}

_STATUSES = ("growing", "new", "recurring", "resolved", "not_observed")
"""The one that asks for most comes first."""


def moment(when: datetime | None, digits: int = 0) -> Markup:
    """A time in UTC; the reader's own zone is its title."""
    if when is None:
        return tag("span", "no time", class_="soft")
    return tag("time", instant(when, digits), datetime=when.isoformat())


def amounts(exposure: Sequence[Exposure]) -> str:
    """Net money, a currency each, with the gross beside it where something was taken back."""
    parts = []
    for money in exposure:
        taken_back = f" (gross {money.gross:,.2f})" if money.compensated else ""
        parts.append(f"{priced(money.net, money.currency)}{taken_back}")
    return ", ".join(parts)


def table(
    header: Sequence[str], rows: Sequence[Sequence[Content]], *, numbers: Sequence[str] = ()
) -> Markup:
    """A table that becomes a list of cards on a phone; `numbers` are right-aligned."""

    def kind(name: str) -> str | None:
        return "number" if name in numbers else None

    head = tag("tr", [tag("th", name, scope="col", class_=kind(name)) for name in header])
    body = [
        tag(
            "tr",
            [
                tag("td", cell, data_label=name, class_=kind(name))
                for name, cell in zip(header, row, strict=True)
            ],
        )
        for row in rows
    ]
    drawn = tag("table", tag("thead", head), tag("tbody", body), class_="stack")
    return tag("div", drawn, class_="wide")


def severity_badge(severity: Severity) -> Markup:
    """How bad it is, by name: next to a grade a bare word could be either."""
    return tag("span", f"severity {severity}", class_=f"badge {severity}")


def grade_badge(grade: Grade) -> Markup:
    """How sure it is; its title says what that means."""
    return tag("span", f"grade {grade}", class_="badge soft", title=_GRADES[grade])


def status_badge(findings: Iterable[Finding]) -> Markup:
    """What the last run says of findings that are told as one: accepted only where all are."""
    statuses = {finding.status for finding in findings}
    status = next((one for one in _STATUSES if one in statuses), "accepted")
    return tag("span", status.replace("_", " "), class_="badge soft")


def definitions(pairs: Sequence[tuple[str, Content]]) -> Markup:
    """Names with their values; what has no value is left out."""
    return tag("dl", [[tag("dt", name), tag("dd", value)] for name, value in pairs if value])


def reasons(words: Explanation) -> list[tuple[str, Content]]:
    """What speaks for it and against it, what would refute it, what was tried, and what to do."""
    tried = " The log was searched for it: it is not there." if words.disproof_tried else ""
    return [
        ("for it", marked(_listed(words.reasons_for))),
        ("against it", marked(_listed(words.reasons_against))),
        ("would be refuted by", marked(words.disproof + tried) if words.disproof else ""),
        ("was tried", _attempts(words)),
        ("what to do", marked(words.remedy)),
    ]


def _listed(clauses: Sequence[str]) -> str:
    """One after the other; some are sentences of their own."""
    return "; ".join(clause.rstrip(".") for clause in clauses)


def _attempts(words: Explanation) -> Content:
    """The innocent readings that were looked for, folded; what no line could show comes last."""
    rows = [(name.replace("_", " "), "the log does not show it") for name in words.tried]
    rows += [
        (
            name.replace("_", " "),
            f"cannot be told: not all its lines say {', '.join(lacking).replace('|', ' or ')}",
        )
        for name, lacking in words.undecided.items()
    ]
    if not rows:
        return ""
    found = (
        f"{len(words.tried)} of {plural(len(rows), 'innocent reading')} could be looked for;"
        " none was found"
    )
    return tag("details", tag("summary", found), table(("reading", "what came of it"), rows))
