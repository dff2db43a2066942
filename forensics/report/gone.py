"""What earlier runs found and this one does not, on the page."""

from collections.abc import Iterator

from forensics.model.audit import Audit
from forensics.model.gone import Gone
from forensics.report.html import Content, Markup, marked, tag

_SHOWN = 100


def gone(audit: Audit) -> Iterator[Content]:
    """The whole section."""
    accepted = sum(finding.status == "accepted" for finding in audit.findings)
    if accepted:
        yield tag("p", f"{accepted:,} of the findings above are accepted and count for nothing.")
    if not audit.gone:
        yield tag("p", "No earlier run of this case found what this one does not.")
        return
    yield tag("ul", [tag("li", _one(one)) for one in audit.gone[:_SHOWN]])
    if len(audit.gone) > _SHOWN:
        yield tag("p", f"{len(audit.gone) - _SHOWN:,} more stand in findings.json.")


def _one(one: Gone) -> list[Content]:
    words: Markup = marked(one.title)
    status = "resolved" if one.status == "resolved" else "not observed"
    return [tag("strong", status), f" {one.severity} ", words, ". ", marked(one.reason)]
