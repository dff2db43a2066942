"""The figure of a retry storm: first tries, retries and what got through, over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import plotly.graph_objects as go

from forensics.detect.retry_storm.sentences import policy
from forensics.model.words import duration, instant, plural
from forensics.timeline.lines import fetched
from forensics.timeline.look import (
    COLOURS,
    GREY,
    SERIES,
    bars,
    framed,
    milliseconds,
    plain,
    shorter,
    stamp,
    time_axis,
)
from forensics.timeline.subject import Subject

_MOST_INTERVALS = 120
_WIDTHS_S = (
    0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 43_200, 86_400,
    604_800, 31_536_000, 315_360_000,
)  # fmt: skip
_TERMINAL_ROWS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What happened in one interval.

    Attributes:
        at: When it begins, UTC.
        firsts: First tries in it: those that had to be repeated, or all, see `Storm`.
        retries: Retries in it.
        answered: Calls of the same edge that got through; None where the lines name
            no system that they called and no workflow.
    """

    at: datetime
    firsts: int
    retries: int
    answered: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A storm by intervals of one length.

    Attributes:
        subject: The finding.
        width: Of each interval.
        intervals: In order of time, without holes; none where the log has no times.
        untimed: Tries without a time, which are in no interval.
        of_all: Whether all first tries of the edge are drawn, from the hour before on.
    """

    subject: Subject
    width: timedelta
    intervals: Sequence[Interval]
    untimed: int = 0
    of_all: bool = False

    @property
    def title(self) -> str:
        """The finding's."""
        return self.subject.title

    @property
    def edge(self) -> str:
        """Who called whom."""
        caller, callee = (shorter(str(self.subject.facts[end]), 40) for end in ("caller", "callee"))
        return f"{caller} -> {callee}"

    def figure(self) -> go.Figure:
        """Stacked bars of first tries and retries, and a line of what got through."""
        figure = framed(
            height=320,
            barmode="stack",
            bargap=0,
            xaxis=time_axis(),
            yaxis={
                "title": {"text": f"in {duration(self.width.total_seconds())}"},
                "range": [0, 1.25 * max((self._height(one) for one in self.intervals), default=1)],
                "automargin": True,
                "fixedrange": True,
            },
        )
        for name, colour, pattern in (
            ("first tries", SERIES[0], ""), ("retries", COLOURS["retry_storm"], "/")
        ):  # fmt: skip
            counts = [(one.at, one.firsts if name == "first tries" else one.retries)
                      for one in self.intervals]  # fmt: skip
            figure.add_bar(
                name=name,
                x=[self._middle(at) for at, count in counts if count],
                y=[count for _, count in counts if count],
                width=milliseconds(self.width),
                marker={"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay"}},
                hoverinfo="x+y+name",
            )
        if any(one.answered is not None for one in self.intervals):
            figure.add_scatter(
                name="got through",
                mode="lines",
                x=[self._middle(one.at) for one in self.intervals],
                y=[one.answered for one in self.intervals],
                line={"color": SERIES[2], "width": 2.5, "dash": "dash", "shape": "hvh"},
                hoverinfo="x+y+name",
            )
        if self._policy:
            figure.add_annotation(
                text=plain(self._policy), showarrow=False, xref="paper", yref="paper", x=0, y=1,
                xanchor="left", yanchor="top", align="left",
            )  # fmt: skip
        if self.subject.facts.get("trigger_over"):
            over = datetime.fromisoformat(str(self.subject.facts["trigger_over"]))
            self._mark_trigger(figure, stamp(over))
        return figure

    @staticmethod
    def _height(one: Interval) -> int:
        return max(one.firsts + one.retries, one.answered or 0, 1)

    def _middle(self, at: datetime) -> str:
        return stamp(at + self.width / 2)

    def _mark_trigger(self, figure: go.Figure, at: str) -> None:
        figure.add_shape(
            type="line", xref="x", yref="paper", x0=at, x1=at, y0=0, y1=1,
            line={"color": GREY, "width": 2, "dash": "dot"},
        )  # fmt: skip
        figure.add_annotation(
            text=" trigger over ", showarrow=False, x=at, y=0.9, yref="paper", xanchor="left"
        )

    @property
    def _policy(self) -> str:
        """The policy that the pauses show, short; empty where they show none."""
        seen = self.subject.facts.get("policy") or {}
        parts = []
        if seen.get("attempts"):
            parts.append(f"{plural(seen['attempts'], 'attempt')} each")
        if seen.get("factor") is not None:
            growth = "" if seen["factor"] == 1 else f" x {seen['factor']:g} each time"
            parts.append(f"{duration(seen['first_pause_s'])} apart{growth}")
        return f"inferred policy: {', '.join(parts)}" if parts else ""

    def words(self) -> str:
        """What the figure shows."""
        if not self.intervals:
            return f"{self.edge}: none of the attempts has a time, so there is nothing to draw."
        firsts = sum(one.firsts for one in self.intervals)
        retries = sum(one.retries for one in self.intervals)
        most = max(self.intervals, key=lambda one: one.retries)
        width = duration(self.width.total_seconds())
        said = (
            f"{self.edge}: {plural(firsts, 'first attempt')}"
            f"{'' if self.of_all else ' that had to be repeated'}, and"
            f" {plural(retries, 'retry')}; at most {most.retries:,} in {width}, at"
            f" {instant(most.at)} UTC. {self._goodput()}"
        )
        if self.untimed:
            said += f" {plural(self.untimed, 'attempt')} without a time are not drawn."
        return said + policy(self.subject.facts)

    def _goodput(self) -> str:
        told = [one for one in self.intervals if one.answered is not None]
        if not told:
            return (
                "Its lines name no system that they called and no workflow, so what got through"
                " is not counted."
            )
        busy = [one for one in told if one.retries or (one.firsts and not self.of_all)]
        during = sum(one.answered or 0 for one in busy)
        around = sum(one.answered or 0 for one in told) - during
        return (
            f"While it retried {plural(during, 'call')} got through, {around:,} in the rest of"
            " the time shown."
        )

    def rows(self, width: int) -> list[str]:
        """The same for a terminal, at most `width` characters wide: a row some intervals."""
        if not self.intervals:
            return []
        step = -(-len(self.intervals) // _TERMINAL_ROWS)
        groups = [self.intervals[n : n + step] for n in range(0, len(self.intervals), step)]
        tries = [sum(one.firsts + one.retries for one in group) for group in groups]
        each = duration((self.width * step).total_seconds())
        lines = [f"{'UTC':<19} {'first':>6} {'retry':>6} {'ok':>6}  in {each}; # is a try"]
        for group, drawn in zip(groups, bars(tries, width - 42), strict=True):
            firsts, retries = (sum(getattr(g, n) for g in group) for n in ("firsts", "retries"))
            told = [one.answered for one in group if one.answered is not None]
            answered = f"{sum(told):,}" if told else "?"
            when = instant(group[0].at)
            lines.append(f"{when} {firsts:>6,} {retries:>6,} {answered:>6}  {drawn}")
        return lines


def storm(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Storm:
    """The storm of a finding of `retry_storm`, in at most some 200 intervals.

    Args:
        connection: Has what `gather` makes.
        subject: The finding.
    """
    if curve := subject.facts.get("curve"):
        return _drawn_from(curve, subject)
    rows = fetched(
        connection,
        "storm",
        {
            "finding": subject.finding_id,
            "widths_us": [round(width * 1_000_000) for width in _WIDTHS_S],
            "most": _MOST_INTERVALS,
        },
    )
    names = ("at", "firsts", "retries", "answered")
    return Storm(
        subject=subject,
        width=timedelta(microseconds=rows[0]["width_us"] if rows else 0),
        intervals=[Interval(**{name: row[name] for name in names}) for row in rows],
        untimed=rows[0]["untimed"] if rows else 0,
    )


def _drawn_from(curve: Sequence[Mapping[str, Any]], subject: Subject) -> Storm:
    """All calls of the edge, as the pattern measured them: what was served before shows, too."""
    steps = {datetime.fromisoformat(step["at"]): step for step in curve}
    width = min((later - at for at, later in pairwise(steps)), default=timedelta(minutes=1))
    begun, over = min(steps), max(steps)
    return Storm(
        subject=subject,
        width=width,
        intervals=[
            _interval(at, steps.get(at))
            for at in (begun + n * width for n in range((over - begun) // width + 1))
        ],
        of_all=True,
    )


def _interval(at: datetime, step: Mapping[str, Any] | None) -> Interval:
    if step is None:
        return Interval(at=at, firsts=0, retries=0, answered=0)
    firsts, attempts = step["first_attempts"], step["attempts"]
    return Interval(at=at, firsts=firsts, retries=attempts - firsts, answered=step["successes"])
