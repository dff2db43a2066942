"""Figures on the page: where the script draws them, and what they show in words."""

from collections.abc import Mapping

import orjson

from forensics.model.figure import Drawn
from forensics.report.html import Content, Markup, tag

_OF_ALL = {
    "overview": "Timeline",
    "calendar": "Days and hours",
    "growth": "How the damage grew",
}


def timelines(figures: Mapping[str, Drawn]) -> Content:
    """The figures of all findings; nothing where no log has a time."""
    return [
        tag(
            "section",
            tag("h2", title, id=f"{name}-title"),
            chart(figures, name),
            aria_labelledby=f"{name}-title",
        )
        for name, title in _OF_ALL.items()
        if name in figures
    ]


def chart(figures: Mapping[str, Drawn], name: str) -> Content:
    """A place for one figure, with its words below it; nothing where there is no such figure."""
    if name not in figures:
        return None
    return tag(
        "figure",
        tag("div", class_="chart", data_figure=name, role="img",
            aria_labelledby=f"figure-{name}"),
        tag("figcaption", figures[name].words, id=f"figure-{name}"),
    )  # fmt: skip


def embedded(figures: Mapping[str, Drawn]) -> Markup:
    """The figures as JSON inside a script element: nothing in it can close the element."""
    listed = ",".join(
        f"{orjson.dumps(name).decode()}:{drawn.json}" for name, drawn in figures.items()
    )
    json = f"{{{listed}}}"
    return Markup(json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
