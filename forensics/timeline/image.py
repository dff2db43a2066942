"""Figures as files that no script has to draw: PNG, SVG and PDF, by kaleido and a Chromium."""

import textwrap
from pathlib import Path

import plotly.graph_objects as go

from forensics.model.errors import UsageError
from forensics.timeline.draw import Picture
from forensics.timeline.look import plain

FORMS = (".png", ".svg", ".pdf")
_WIDTH_PX = 1_100
_TITLE_CHARACTERS = 110
_LINE_PX = 20


def write_image(picture: Picture, path: Path) -> None:
    """Write the figure under its title, dark on white.

    Args:
        picture: What to draw.
        path: Ends with one of `FORMS`.

    Raises:
        UsageError: It ends otherwise, or kaleido or a browser is missing.
    """
    form = path.suffix.lower()
    if form not in FORMS:
        raise UsageError.unknown("form of figure", form, known=(*FORMS, ".html"))
    try:
        import kaleido  # noqa: PLC0415 - an extra
        from kaleido.errors import ChromeNotFoundError  # noqa: PLC0415 - see above
    except ImportError:
        raise UsageError(
            f"A figure as {form} needs `kaleido`, which is not installed.",
            hint="Install `event-forensics[figures]`, or write an .html file.",
        ) from None
    figure = titled(picture)
    if form == ".pdf":  # Chromium writes each hatched bar as a bitmap: megabytes
        figure.update_traces(marker_pattern=None, selector={"type": "bar"})
    options = {"format": form[1:], "width": _WIDTH_PX, "height": figure.layout.height, "scale": 2}
    try:
        # Formulas are off: their script would be fetched from the network.
        content = kaleido.calc_fig_sync(
            figure.to_plotly_json(), opts=options, kopts={"mathjax": False}
        )
    except ChromeNotFoundError:
        raise UsageError(
            f"A figure as {form} needs Chromium or Chrome, and none was found.",
            hint="Install one, or say where it is: BROWSER_PATH=/usr/bin/chromium.",
        ) from None
    path.write_bytes(content)


def titled(picture: Picture) -> go.Figure:
    """The figure as it can stand alone: its title above it, black on white."""
    figure = picture.figure()
    lines = textwrap.wrap(picture.title, _TITLE_CHARACTERS)[:3]
    room = _LINE_PX * len(lines) + 16
    figure.update_layout(
        title={"text": "<br>".join(plain(line, _TITLE_CHARACTERS) for line in lines),
               "x": 0.01, "y": 1 - 8 / (figure.layout.height + room), "yanchor": "top",
               "font": {"size": 15}},
        font={"color": "#1b1f24"},
        paper_bgcolor="white",
        height=figure.layout.height + room,
    )  # fmt: skip
    figure.layout.margin.t += room
    figure.update_xaxes(gridcolor="#d8dee4", linecolor="#d8dee4")
    figure.update_yaxes(gridcolor="#d8dee4", linecolor="#d8dee4")
    return figure
