"""`forensics timeline`: the figure of a finding or incident, in the terminal or in a file."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forensics.cli import options, printing
from forensics.report.page import figure_page

if TYPE_CHECKING:
    from forensics.timeline.draw import Picture

_WIDTH = 80


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(timeline)


def timeline(
    name: Annotated[
        str, typer.Argument(metavar="[FINDING|INCIDENT]", help="An id, or its beginning.")
    ] = "",
    *,
    case: options.CaseFolder = options.DEFAULT_CASE,
    figure: Annotated[
        str,
        typer.Option(metavar="NAME", help="overview, growth or calendar, where another would fit."),
    ] = "",
    name_people: options.NamePeople = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", dir_okay=False, help="Write it there: .html, .png, .svg or .pdf."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Draw the last audit, or a finding or incident of it: what happened when."""
    options.require_case(case)
    opened = options.open_case(case)
    picture = opened.picture(name, kind=figure)
    if not name_people:
        picture = opened.without_people().within(picture)
    if as_json:
        shown = picture.figure().to_plotly_json()
        printing.document({"title": picture.title, "words": picture.words(), "figure": shown})
        return
    if out:
        save(picture, out)
        printing.line(str(out))
        return
    rows = picture.rows(_WIDTH)
    for row in [*rows, *([""] if rows else []), *textwrap.wrap(picture.words(), _WIDTH)]:
        printing.line(row)


def save(picture: "Picture", path: Path) -> None:
    """Write the figure; the end of the name says in which form.

    Raises:
        UsageError: There is no such form, or what makes images is not installed.
    """
    from forensics.timeline.draw import drawn  # noqa: PLC0415 - Plotly costs a second

    if path.suffix == ".html":
        path.write_text(figure_page(picture.title, drawn(picture)), encoding="utf-8")
        return
    from forensics.timeline.image import write_image  # noqa: PLC0415 - see above

    write_image(picture, path)
