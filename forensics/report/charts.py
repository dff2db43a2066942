"""Figures on the page: where the script draws them, and what they show in words."""

from collections.abc import Mapping, Sequence

import orjson

from forensics.model.audit import SHOWN_FINDINGS, Audit
from forensics.model.figure import Drawn
from forensics.model.finding import Finding
from forensics.model.words import plural
from forensics.report.html import Content, Markup, marked, tag
from forensics.report.pieces import moment

_OF_ALL = {
    "overview": "Timeline",
    "calendar": "Days and hours",
    "growth": "How the damage grew",
}


def timelines(audit: Audit) -> Content:
    """The figures of all findings; nothing where no log has a time."""
    return [
        tag(
            "section",
            tag("h2", title, id=f"{name}-title"),
            chart(audit.figures, name),
            _links(audit.findings[:SHOWN_FINDINGS]) if name == "overview" else None,
            aria_labelledby=f"{name}-title",
        )
        for name, title in _OF_ALL.items()
        if name in audit.figures
    ]


def _links(findings: Sequence[Finding]) -> Markup:
    """What a click on a mark leads to, for those who have no mouse."""
    timed = sorted((f.first_at, f.finding_id, f.explanation.title) for f in findings if f.first_at)
    rows = [
        tag("li", moment(at), " ", tag("a", marked(title), href=f"#finding-{finding}"))
        for at, finding, title in timed
    ]
    listed = f"{plural(len(timed), 'finding')} of this chart in order of time"
    return tag("details", tag("summary", listed), tag("ol", rows))


def chart(figures: Mapping[str, Drawn], name: str) -> Content:
    """A place for one figure, with its words below it; nothing where there is no such figure."""
    if name not in figures:
        return None
    return tag(
        "figure",
        tag("div", class_="chart", data_figure=name, role="group",
            aria_labelledby=f"figure-{name}") if figures[name].json else None,
        tag("figcaption", marked(figures[name].words), id=f"figure-{name}"),
    )  # fmt: skip


def embedded(figures: Mapping[str, Drawn]) -> Markup:
    """The figures as JSON inside a script element: nothing in it can close the element."""
    listed = ",".join(
        f"{orjson.dumps(name).decode()}:{drawn.json}"
        for name, drawn in figures.items()
        if drawn.json
    )
    json = f"{{{listed}}}"
    return Markup(json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
