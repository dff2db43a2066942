"""The calendar: days by hours, the darker the more of it was too much."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import plotly.graph_objects as go

from forensics.model.words import plural
from forensics.timeline.lines import fetched
from forensics.timeline.look import framed
from forensics.timeline.subject import Subject

SHORTEST = timedelta(days=2)
"""A log that spans less needs no calendar."""
_MOST_DAYS = 366
_HOURS = 24
_DAY_PX = 26
_SHADES = " .:-=+*#%@"
"""For a terminal, from nothing to most; `_` stands where the logs hold nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour of the logs.

    Attributes:
        hour: When it begins, UTC.
        findings: How many have lines in it.
        excess: Lines of what was too much.
        events: All events that the logs hold of it.
    """

    hour: datetime
    findings: int
    excess: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The hours of a log.

    Attributes:
        hours: Those of which the logs hold anything, in order of time.
    """

    hours: Sequence[Hour]

    @property
    def title(self) -> str:
        """What it is about."""
        return "When it went wrong: days and hours, UTC"

    @property
    def days(self) -> list[date]:
        """From the first to the last day with findings, those before and after left out; UTC."""
        hit = [one.hour.date() for one in self.hours if one.findings]
        if not hit:
            return []
        count = min((max(hit) - min(hit)).days + 1, _MOST_DAYS)
        return [min(hit) + timedelta(days=number) for number in range(count)]

    def _cells(self) -> dict[tuple[date, int], Hour]:
        return {(one.hour.date(), one.hour.hour): one for one in self.hours}

    def figure(self) -> go.Figure:
        """A row a day; hours of which the logs hold nothing are left open, numbers say how many."""
        days, cells = self.days, self._cells()
        figure = framed(
            height=110 + _DAY_PX * min(max(len(days), 1), 40),
            xaxis={"title": {"text": "hour, UTC"}, "dtick": 3, "automargin": True,
                   "fixedrange": True, "showgrid": False, "zeroline": False},
            yaxis={"autorange": "reversed", "automargin": True, "fixedrange": True,
                   "type": "category", "showgrid": False},
        )  # fmt: skip
        if not days:
            return figure
        rows = [[cells.get((day, hour)) for hour in range(_HOURS)] for day in days]
        figure.add_heatmap(
            x=list(range(_HOURS)),
            y=[f"{day:%a %d %b}" if len(days) <= _HOURS else f"{day:%d %b %y}" for day in days],
            z=[[one.findings if one else None for one in row] for row in rows],
            text=[[str(one.findings) if one and one.findings else "" for one in row]
                  for row in rows] if len(days) <= _HOURS else None,
            texttemplate="%{text}" if len(days) <= _HOURS else None,
            hovertext=[[_hover(one) for one in row] for row in rows],
            hoverinfo="text+x+y",
            colorscale=_CIVIDIS, zmin=0, showscale=len(days) > _HOURS, xgap=1, ygap=1,
            colorbar={"title": {"text": "findings"}, "thickness": 12, "outlinewidth": 0},
        )  # fmt: skip
        return figure

    def words(self) -> str:
        """What the figure shows."""
        busy = sorted((o for o in self.hours if o.findings), key=lambda o: -o.findings)
        if not busy:
            return "No finding has a time, so there is nothing to draw."
        excess = sum(one.excess for one in self.hours)
        worst = "; ".join(
            f"{one.hour:%a %d %b %H}:00 ({plural(one.findings, 'finding')})" for one in busy[:3]
        )
        by_hour = Counter[int]()
        for one in busy:
            by_hour[one.hour.hour] += one.findings
        hour, _ = by_hour.most_common(1)[0]
        return (
            f"{plural(len(self.days), 'day')} by hour, UTC: findings in"
            f" {plural(len(busy), 'hour')}, {plural(excess, 'line')} of what was too much. The"
            f" worst hours: {worst}. Over all days most fell in the hour from {hour:02}:00. An open"
            " field is an hour of which the logs hold nothing."
        )

    def rows(self, width: int) -> list[str]:
        """A row a day, two signs an hour."""
        days, cells = self.days, self._cells()
        if not days:
            return []
        most = max(one.findings for one in self.hours)
        rows = [f"{'UTC':<10} " + "".join(f"{hour:<6}" for hour in range(0, _HOURS, 3))]
        for day in days:
            signs = ("_" if not one else _shade(one.findings, most)
                     for one in (cells.get((day, hour)) for hour in range(_HOURS)))  # fmt: skip
            rows.append(f"{day:%a %d %b} " + "".join(f"{sign} " for sign in signs))
        rows.append(f"from none to {plural(most, 'finding')} an hour: {_SHADES.strip()};"
                    " _ where the logs hold nothing")  # fmt: skip
        return [row[:width].rstrip() for row in rows]


_CIVIDIS = [
    [0.0, "rgba(127,127,127,0.15)"], [0.01, "#fde737"], [0.25, "#bcae6c"], [0.5, "#7d7c78"],
    [0.75, "#45556d"], [1.0, "#00224e"],
]  # fmt: skip
"""Darker is more, for every kind of eye and in print; after Nunez, Anderton and Renslow, 2018.
None lets the page shine through, be it white or black."""


def _hover(one: Hour | None) -> str:
    if one is None:
        return "the logs hold nothing of this hour"
    return (
        f"{plural(one.findings, 'finding')}, {plural(one.excess, 'line')} too many,"
        f" {plural(one.events, 'event')} in all"
    )


def _shade(count: int, most: int) -> str:
    """Nothing is a blank; one finding shows."""
    return _SHADES[-(-count * (len(_SHADES) - 1) // most)] if count else " "


def calendar(connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]) -> Calendar:
    """The calendar of findings.

    Args:
        connection: Has what `gather` makes.
        subjects: The findings.
    """
    ids: dict[str, object] = {"findings": [one.finding_id for one in subjects]}
    return Calendar(hours=[Hour(**row) for row in fetched(connection, "calendar", ids)])
