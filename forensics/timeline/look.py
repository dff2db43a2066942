"""What the figures share: colours with a second cue beside them, harmless text, one frame."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from forensics.model.shown import HIDDEN

COLOURS = {
    "duplicate_side_effect": "#d55e00",
    "retry_storm": "#e69f00",
    "race_window": "#0072b2",
    "recursive_chain": "#009e73",
}
"""Okabe and Ito's palette, which colour-blind readers can tell apart; jfly.uni-koeln.de/color."""

SYMBOLS = {
    "duplicate_side_effect": "diamond",
    "retry_storm": "triangle-up",
    "race_window": "square",
    "recursive_chain": "circle",
}
"""A second cue beside the colour, for print and for readers who see none."""

GREY = "#7f7f7f"
CLEAR = "rgba(0,0,0,0)"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon")

_NOT_OFFERED = (
    "sendChartToCloud", "zoomIn2d", "zoomOut2d", "autoScale2d", "select2d", "lasso2d",
)  # fmt: skip
"""Plotly would send a chart, and whose charges it shows, to its makers; the others do what dragging
and resetting do, and have no room above a chart."""

_MOST_CHARACTERS = 80


def plain(text: object, most: int = _MOST_CHARACTERS) -> str:
    """Text from a log, cut, without what Plotly would draw as a link, a tag or a formula."""
    shown = shorter(HIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(text)[: most + 1]), most)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        shown = shown.replace(character, entity)
    return shown


def shorter(text: str, most: int) -> str:
    """The text, its middle left out where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return f"{text[:head]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - (most - 1 - head) :]}"


def cut(text: str, most: int) -> str:
    """The text, its end left out where it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def stamp(when: datetime) -> str:
    """A time as Plotly reads it as UTC, short."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def framed(*, height: int, **layout: Any) -> go.Figure:  # noqa: ANN401 - Plotly's own names
    """An empty figure that takes the colours of where it stands.

    Args:
        height: Pixels.
        **layout: What is special to it.
    """
    common = {
        "height": height,
        "font": {"family": "system-ui, sans-serif"},
        "margin": {"l": 8, "r": 8, "t": 36, "b": 36},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "modebar": {
            "bgcolor": CLEAR,
            "color": GREY,
            "activecolor": SERIES[0],
            "remove": list(_NOT_OFFERED),
        },
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
    }
    figure = go.Figure(layout=common | layout)
    figure.layout.template = None  # seven kilobytes of defaults in every figure
    return figure


def time_axis(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - Plotly's own names
    """An axis of times in UTC."""
    return {"type": "date", "title": {"text": "UTC"}, "automargin": True} | more


def widths(
    rows: Sequence[float],
    begins: Sequence[datetime],
    ends: Sequence[datetime],
    errors_us: Sequence[int],
    *,
    colour: str,
) -> go.Bar:
    """Times as wide as their clocks may be off; Plotly has no error bars on an axis of times."""
    errors = [timedelta(microseconds=error) for error in errors_us]
    spans = [end - begin + 2 * e for begin, end, e in zip(begins, ends, errors, strict=True)]
    return go.Bar(
        orientation="h",
        y=list(rows),
        base=[stamp(begin - error) for begin, error in zip(begins, errors, strict=True)],
        x=[milliseconds(span) for span in spans],
        hoverinfo="skip",
        showlegend=False,
        marker={"color": colour, "opacity": 0.45},
        width=0.2,
    )


def milliseconds(span: timedelta) -> float:
    """A span as Plotly takes it on an axis of times."""
    return round(max(span, timedelta(0)) / timedelta(milliseconds=1), 3)


def bars(counts: Sequence[int], width: int, *, sign: str = "#") -> list[str]:
    """Counts as rows of signs for a terminal; whatever is not zero shows at least one."""
    most = max(counts, default=0)
    return [sign * max(round(count / most * width), 1) if count else "" for count in counts]
