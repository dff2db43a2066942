"""What can happen, on the page: kept apart from everything that did."""

from collections.abc import Iterator

from forensics.model.audit import Audit
from forensics.model.latent import SHOWN_EXPOSURES, Latent
from forensics.report.html import Content, Markup, marked, tag
from forensics.report.pieces import definitions, reasons


def exposures(audit: Audit) -> Iterator[Content]:
    """The whole section."""
    if not audit.exposures:
        yield tag(
            "p",
            "Nothing of the kind is seen. Where a log names no reads, or no causes, none can be.",
        )
        return
    yield tag(
        "p",
        tag("strong", "Nothing of this has happened."),
        " The logs show that it can: it is no finding, and neither severity nor exit code know"
        " of it.",
    )
    yield [_exposure(latent) for latent in audit.exposures[:SHOWN_EXPOSURES]]
    if len(audit.exposures) > SHOWN_EXPOSURES:
        rest = len(audit.exposures) - SHOWN_EXPOSURES
        yield tag("p", f"{rest:,} more stand in findings.json.")


def _exposure(latent: Latent) -> Markup:
    words = latent.explanation
    return tag(
        "article",
        tag("p", tag("span", f"{latent.detector} / {latent.pattern}", class_="soft")),
        tag("h3", marked(words.title)),
        tag("p", marked(words.sentences)),
        definitions(reasons(words)),
        class_="card",
        id=f"exposure-{latent.exposure_id}",
    )
