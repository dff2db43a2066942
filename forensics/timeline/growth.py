"""The figure of how the damage grew: money a currency, customers, when noticed, when over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import plotly.graph_objects as go

from forensics.model.words import instant, plural, span_digits
from forensics.timeline.lines import fetched
from forensics.timeline.look import GREY, SERIES, cut, framed, plain, stamp, time_axis
from forensics.timeline.subject import Subject

_STEPS = 500
_MOST_CURRENCIES = 4
_PANEL_PX = 130
_TERMINAL_ROWS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed at one moment, or within one step of time.

    Attributes:
        what: `out` (money that should not have gone), `back` (money of it that came back) or
            `customers` (hit for the first time).
        currency: ISO 4217; empty for customers.
        at: When, UTC; None where the log has no time.
        change: Major units of the currency, or customers; positive.
        changes: How many there were.
    """

    what: str
    currency: str
    at: datetime | None
    change: Decimal
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The damage of findings over time.

    Attributes:
        subjects: The findings.
        changes: In order of time.
        noticed_at: When somebody first acted on what was hit; None where no log shows it.
        noticed_by: What that was.
        last_at: The last line of what was too much.
        log_ends_at: Until when the logs go on.
    """

    subjects: Sequence[Subject]
    changes: Sequence[Change]
    noticed_at: datetime | None
    noticed_by: str | None
    last_at: datetime | None
    log_ends_at: datetime | None

    @property
    def title(self) -> str:
        """What it is about."""
        return f"How the damage of {plural(len(self.subjects), 'finding')} grew"

    @property
    def currencies(self) -> list[str]:
        """Those with the most effects first."""
        counts: dict[str, int] = {}
        for change in self._timed("out"):
            counts[change.currency] = counts.get(change.currency, 0) + change.changes
        return sorted(counts, key=lambda currency: (-counts[currency], currency))

    def total(self, what: str, currency: str = "") -> Decimal:
        """The sum of all changes, with and without a time."""
        return sum(
            (c.change for c in self.changes if c.what == what and c.currency == currency),
            Decimal(0),
        )

    def _timed(self, what: str, currency: str | None = None) -> list[Change]:
        return [
            change
            for change in self.changes
            if change.at and change.what == what and currency in (None, change.currency)
        ]

    def figure(self) -> go.Figure:
        """A panel a currency and one of customers, over one axis of time."""
        shown = self.currencies[:_MOST_CURRENCIES]
        panels = [*shown, "customers"] if self._timed("customers") else shown
        figure = framed(
            height=110 + _PANEL_PX * max(len(panels), 1),
            xaxis=time_axis(anchor=f"y{len(panels) or ''}" if len(panels) > 1 else "y"),
        )
        for number, panel in enumerate(panels):
            self._draw(figure, panel, number, len(panels))
        self._mark(figure)
        return figure

    def _draw(self, figure: go.Figure, panel: str, number: int, panels: int) -> None:
        axis = f"y{number + 1}" if number else "y"
        top = 1 - number / panels
        # Plotly refuses a domain below 0, where the rounding of fifths and sixths ends.
        bottom = max(0, top - (1 if number == panels - 1 else 0.84) / panels)
        figure.layout[f"yaxis{number + 1}" if number else "yaxis"] = {
            "domain": [bottom, top],
            "title": {"text": plain(panel, 9)},
            "rangemode": "tozero", "automargin": True, "fixedrange": True,
        }  # fmt: skip
        if panel == "customers":
            lines = [("customers hit", "customers", "", SERIES[2], "dot")]
        else:
            lines = [("gone out", "out", panel, SERIES[1], "solid"),
                     ("came back", "back", panel, SERIES[0], "dash")]  # fmt: skip
        for name, what, currency, colour, dash in lines:
            changes = self._timed(what, currency)
            if changes:
                points = list(_summed(changes))
                points.insert(0, (points[0][0], Decimal(0)))
                points.append((self._end or points[-1][0], points[-1][1]))
                figure.add_scatter(
                    name=name, mode="lines", yaxis=axis, legendgroup=name,
                    showlegend=number == 0 or what == "customers",
                    x=[stamp(at) for at, _ in points], y=[float(total) for _, total in points],
                    line={"color": colour, "dash": dash, "width": 2.5, "shape": "hv"},
                    hoverinfo="x+y+name",
                )  # fmt: skip

    @property
    def _end(self) -> datetime | None:
        """Where the lines end: shortly after the last change, or what was done about it."""
        told = [c.at for c in self.changes if c.at]
        marks = [at for at in (self.noticed_at, self.last_at) if at]
        if not told:
            return None
        last = max(told + marks)
        return last + max((last - min(told)) / 10, timedelta(seconds=1))

    def _mark(self, figure: go.Figure) -> None:
        told = [c.at for c in self.changes if c.at]
        if not told or not self._end:
            return
        middle = min(told) + (self._end - min(told)) / 2
        for at, text, dash, row in (
            (self.noticed_at, "noticed", "dashdot", 0.12), (self.last_at, "last", "solid", 0)
        ):  # fmt: skip
            if at:
                figure.add_shape(
                    type="line", xref="x", yref="paper", x0=stamp(at), x1=stamp(at), y0=0, y1=1,
                    line={"color": GREY, "width": 2, "dash": dash},
                )  # fmt: skip
                figure.add_annotation(
                    text=f" {text} ", showarrow=False, x=stamp(at), y=row, yref="paper",
                    yanchor="bottom", xanchor="left" if at <= middle else "right",
                )  # fmt: skip

    def words(self) -> str:
        """What the figure shows."""
        told = [c.at for c in self.changes if c.at]
        if not told:
            return "No log tells when money went out or a customer was hit: nothing is drawn."
        sums = []
        for currency in self.currencies:
            back = self.total("back", currency)
            returned = f" ({back:,.2f} came back)" if back else ""
            sums.append(f"{self.total('out', currency):,.2f} {currency}{returned}")
        customers = int(self.total("customers"))
        if customers:
            sums.append(plural(customers, "customer"))
        span = span_digits((min(told), max(told)))
        first, last = instant(min(told), span), instant(max(told), span)
        text = f"From {first} to {last} UTC: {', '.join(sums)}. "
        if self.noticed_at:
            text += f"Noticed, as far as the logs show, at {instant(self.noticed_at)}:"
            text += f" {self.noticed_by}. "
        else:
            text += "No log shows that anybody noticed. "
        if self.last_at and self.log_ends_at:
            text += f"The last that was too much came at {instant(self.last_at)}; the logs go on"
            text += f" until {instant(self.log_ends_at)}."
        untimed = sum(c.changes for c in self.changes if not c.at)
        if untimed:
            text += f" {plural(untimed, 'change')} without a time are counted and not drawn."
        return text

    def rows(self, width: int) -> list[str]:
        """The sums so far, a row whenever something changed."""
        columns = [*self.currencies[:_MOST_CURRENCIES], "customers"]
        rows = [f"{'UTC':<19} " + " ".join(f"{name:>13}" for name in columns)]
        sums = dict.fromkeys(columns, Decimal(0))
        told = [(change.at, change) for change in self.changes if change.at]
        every = -(-len(told) // _TERMINAL_ROWS) or 1
        for number, (at, change) in enumerate(told, start=1):
            name = "customers" if change.what == "customers" else change.currency
            if name in sums:
                sums[name] += -change.change if change.what == "back" else change.change
            if number % every == 0 or number == len(told):
                said = " ".join(
                    f"{total:>13,.0f}" if name == "customers" else f"{total:>13,.2f}"
                    for name, total in sums.items()
                )
                rows.append(cut(f"{instant(at)} {said}", width))
        return rows if told else []


def _summed(changes: Sequence[Change]) -> Iterator[tuple[datetime, Decimal]]:
    total = Decimal(0)
    for change in changes:
        if change.at:
            total += change.change
            yield change.at, total


def growth(connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]) -> Growth:
    """How the damage of findings grew.

    Args:
        connection: Has what `gather` makes, and what `forensics.scope.money.measure` does.
        subjects: The findings.
    """
    ids: dict[str, object] = {"findings": [one.finding_id for one in subjects]}
    changes = [Change(**row) for row in fetched(connection, "growth", ids | {"steps": _STEPS})]
    (ends,) = fetched(connection, "growth_ends", ids)
    return Growth(subjects=subjects, changes=changes, **ends)
