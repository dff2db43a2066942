"""The overview: systems as lanes, runs as bars, causes as arrows, findings marked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import plotly.graph_objects as go

from forensics.model.words import instant, plural, span_digits
from forensics.timeline.lines import fetched
from forensics.timeline.look import (
    COLOURS,
    GREY,
    SYMBOLS,
    cut,
    framed,
    milliseconds,
    plain,
    shorter,
    stamp,
    time_axis,
    widths,
)
from forensics.timeline.subject import Subject

_MOST_SYSTEMS = 14
_MOST_RUNS = 600
_MOST_MARKS = 2_000
_FINE, _COARSE = 2_000, 120
"""Steps of time: as fine as a screen, and so coarse that a detector's marks on every lane stay
below `_MOST_MARKS`."""
_LANE_PX = 34
_OTHERS = "other systems"
_NAMED, _TITLES = 5, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Lines of one finding, or of one detector, that one system wrote within one step of time.

    Attributes:
        detector: Whose finding.
        finding_id: The finding, or one of them.
        findings: How many.
        lane: The system.
        at: First of the lines, by the reference clock.
        ended_at: Last of them.
        error_us: How far the times may be off.
        lines: How many.
        excess: How many of them are what was too much.
        said: What one of them says: role, action and outcome.
    """

    detector: str
    finding_id: str
    findings: int
    lane: str
    at: datetime
    ended_at: datetime
    error_us: int
    lines: int
    excess: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution.

    Attributes:
        execution_id: Which.
        lane: The system.
        workflow: Its name.
        first_at: Its first line, by the reference clock.
        last_at: Its last.
        cause_id: The execution that caused it, where known.
    """

    execution_id: str
    lane: str
    workflow: str | None
    first_at: datetime
    last_at: datetime
    cause_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What findings show over time.

    Attributes:
        subjects: The findings, by id.
        marks: In order of time.
        runs: Those with the most lines.
        all_runs: How many there are.
    """

    subjects: Mapping[str, Subject]
    marks: Sequence[Mark]
    runs: Sequence[Run] = ()
    all_runs: int = 0

    @property
    def title(self) -> str:
        """The worst finding's."""
        titles = [one.title for one in self.subjects.values()]
        more = f" and {plural(len(titles) - 1, 'more finding')}" if titles[1:] else ""
        return f"{titles[0]}{more}" if titles else "Nothing was found"

    @property
    def lanes(self) -> list[str]:
        """Systems in the order in which they first appear; the rarest share the last lane."""
        seen = dict.fromkeys([*(m.lane for m in self.marks), *(r.lane for r in self.runs)])
        seen.pop(_OTHERS, None)
        lanes = list(seen)[:_MOST_SYSTEMS]
        shared = len(seen) > len(lanes) or any(mark.lane == _OTHERS for mark in self.marks)
        return [*lanes, _OTHERS] if shared else lanes

    def figure(self) -> go.Figure:
        """One lane a system; its marks are traces by detector, in the order of `COLOURS`."""
        lanes = self.lanes
        place = {name: len(lanes) - 1 - number for number, name in enumerate(lanes)}
        figure = framed(
            height=140 + _LANE_PX * max(len(lanes), 1),
            barmode="overlay",
            xaxis=time_axis(),
            yaxis={
                "tickvals": list(place.values()),
                "ticktext": [plain(name, 28) for name in lanes],
                "range": [-0.7, len(lanes) - 0.3],
                "automargin": True,
                "fixedrange": True,
                "zeroline": False,
            },
        )
        if self.runs:
            figure.add_trace(self._bars(place))
            figure.add_trace(self._arrows(place))
        for detector in COLOURS:
            marks = [mark for mark in self.marks if mark.detector == detector]
            if marks:
                figure.add_trace(
                    widths(
                        [self._row(mark.lane, place) for mark in marks],
                        [mark.at for mark in marks],
                        [mark.ended_at for mark in marks],
                        [mark.error_us for mark in marks],
                        colour=COLOURS[detector],
                    ).update(legendgroup=detector)
                )
                figure.add_trace(self._marks(detector, marks, place))
        return figure

    def _row(self, lane: str, place: Mapping[str, int]) -> int:
        return place.get(lane, 0)

    def _bars(self, place: Mapping[str, int]) -> go.Bar:
        return go.Bar(
            name="run",
            orientation="h",
            y=[self._row(run.lane, place) for run in self.runs],
            base=[stamp(run.first_at) for run in self.runs],
            x=[milliseconds(run.last_at - run.first_at)
               for run in self.runs],
            hovertext=[f"{plain(run.workflow or run.lane)} {plain(run.execution_id, 40)}"
                       for run in self.runs],
            hoverinfo="text",
            marker={"color": GREY, "opacity": 0.3, "line": {"color": GREY, "width": 1}},
            width=0.6,
        )  # fmt: skip

    def _arrows(self, place: Mapping[str, int]) -> go.Scatter:
        """From each cause to what it caused; three points an arrow, the third lifts the pen."""
        by_id = {run.execution_id: run for run in self.runs}
        x: list[str | None] = []
        y: list[int | None] = []
        for run in self.runs:
            cause = by_id.get(run.cause_id or "")
            if cause and cause is not run:
                x += [stamp(cause.first_at), stamp(run.first_at), None]
                y += [self._row(cause.lane, place), self._row(run.lane, place), None]
        return go.Scatter(
            name="caused",
            mode="lines+markers",
            x=x,
            y=y,
            hoverinfo="skip",
            line={"color": GREY, "width": 1},
            marker={
                "symbol": "arrow", "angleref": "previous", "color": GREY,
                "size": [0, 9, 0] * (len(x) // 3),
            },
        )  # fmt: skip

    def _marks(self, detector: str, marks: Sequence[Mark], place: Mapping[str, int]) -> go.Scatter:
        return go.Scatter(
            name=detector.replace("_", " "),
            legendgroup=detector,
            mode="markers",
            x=[stamp(mark.at) for mark in marks],
            y=[self._row(mark.lane, place) for mark in marks],
            customdata=[mark.finding_id for mark in marks],
            hovertext=[self._hover(mark) for mark in marks],
            hoverinfo="text+x",
            marker={
                "color": COLOURS[detector],
                "symbol": [_symbol(mark) for mark in marks],
                "size": 9,
                "line": {"width": 2},
            },
        )

    def _hover(self, mark: Mark) -> str:
        more = f" and {mark.findings - 1:,} more findings" if mark.findings > 1 else ""
        said = f"{mark.lines:,} lines, such as {mark.said}" if mark.lines > 1 else mark.said
        return f"{plain(self.subjects[mark.finding_id].title, 200)}{more}<br>{plain(said, 200)}"

    def words(self) -> str:
        """What the figure shows."""
        if not self.subjects:
            return "Nothing was found, so there is nothing to draw."
        if not self.marks:
            return "None of the log lines has a time, so there is nothing to draw."
        timed = {mark.finding_id for mark in self.marks}
        named = ", ".join(shorter(lane, 40) for lane in self.lanes[:_NAMED])
        first, last = self.marks[0].at, max(mark.ended_at for mark in self.marks)
        kinds = Counter(one.detector for one in self.subjects.values())
        said = ", ".join(
            plural(kinds[detector], f"{detector.replace('_', ' ')}")
            for detector in COLOURS
            if kinds[detector]
        )
        digits = span_digits((first, last))
        text = (
            f"From {instant(first, digits)} to {instant(last, digits)} UTC,"
            f" a lane a system ({named}"
            f"{' and others' if len(self.lanes) > _NAMED else ''}): {said};"
            f" {plural(sum(mark.lines for mark in self.marks), 'log line')}. Filled marks"
            " are what was too much; a mark is as wide as its clock may be off."
        )
        arrows = self.causes()
        if arrows:
            text += f" {plural(len(arrows), 'arrow')} from a run to one that it caused."
        if self.all_runs > len(self.runs):
            text += f" {len(self.runs):,} of {self.all_runs:,} runs are drawn."
        if len(self.subjects) > 1:
            worst = [one for one in self.subjects.values() if one.finding_id in timed][:_TITLES]
            text += " The worst: " + "; ".join(
                f"{instant(one.first_at, digits)} {shorter(one.title, 120)}"
                for one in worst
                if one.first_at
            ) + "."  # fmt: skip
        return text

    def causes(self) -> list[tuple[str, str]]:
        """Cause and effect of every arrow."""
        known = {run.execution_id for run in self.runs}
        return [
            (run.cause_id, run.execution_id)
            for run in self.runs
            if run.cause_id in known and run.cause_id != run.execution_id and run.cause_id
        ]

    def rows(self, width: int) -> list[str]:
        """A lane a row; the digit or letter of a finding stands where its lines are."""
        if not self.marks:
            return []
        names = list(self.subjects.values())
        signs = {
            one.finding_id: _SIGNS[number] if number < len(_SIGNS) else "*"
            for number, one in enumerate(names)
        }
        lanes = self.lanes
        label = min(max(len(name) for name in lanes), 20)
        room = width - label - 1
        first, last = self.marks[0].at, max(mark.at for mark in self.marks)
        span = (last - first) or timedelta(microseconds=1)
        drawn = {name: ["."] * room for name in lanes}
        for mark in reversed(self.marks):
            lane = mark.lane if mark.lane in drawn else _OTHERS
            drawn[lane][int((mark.at - first) / span * (room - 1))] = signs[mark.finding_id]
        lines = [f"{cut(name, label):<{label}} {''.join(drawn[name])}" for name in lanes]
        digits = span_digits((first, last))
        begun = instant(first, digits)
        scale = f"{begun}{instant(last, digits):>{room - len(begun)}}"
        legend = [
            cut(f"{signs[one.finding_id]} {one.finding_id} {one.title}", width)
            for one in names[: len(_SIGNS)]
        ]
        return [*lines, f"{'UTC':<{label}} {scale}", "", *legend]


def _symbol(mark: Mark) -> str:
    return SYMBOLS[mark.detector] + ("" if mark.excess else "-open")


_SIGNS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def overview(connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]) -> Overview:
    """The overview of findings.

    Args:
        connection: Has what `gather` makes.
        subjects: The findings, worst first.
    """
    ids = [one.finding_id for one in subjects]
    lanes = {"most_lanes": _MOST_SYSTEMS, "others": _OTHERS}
    marks = _marks(connection, lanes | {"findings": ids, "steps": _FINE, "apart": True})
    most = max(Counter(mark.detector for mark in marks).values(), default=0)
    if most > _MOST_MARKS:
        marks = _marks(connection, lanes | {"findings": ids, "steps": _COARSE, "apart": False})
    rows = fetched(connection, "overview_runs", {"findings": ids, "most": _MOST_RUNS})
    return Overview(
        subjects={one.finding_id: one for one in subjects},
        marks=marks,
        runs=[Run(**{name: row[name] for name in Run.__dataclass_fields__}) for row in rows],
        all_runs=rows[0]["runs"] if rows else 0,
    )


def _marks(connection: duckdb.DuckDBPyConnection, parameters: dict[str, Any]) -> list[Mark]:
    return [Mark(**row) for row in fetched(connection, "overview", parameters)]
