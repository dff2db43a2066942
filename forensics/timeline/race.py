"""The figure of a race: transactions against each other, what they read and wrote, the window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import plotly.graph_objects as go

from forensics.model.words import duration, fraction_digits, instant, plural
from forensics.timeline.lines import fetched
from forensics.timeline.look import (
    COLOURS,
    GREY,
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

_MOST_LINES = 400
_MOST_PARTIES = 14
_MOST_LABELS = 8
_TOLD = 6
_MOST_ARROWS = 12
_LANE_PX = 56
_TERMINAL_ROWS = 40
_ORDERED = {
    "rw": "it read version {version} of {record}, which {later} replaced",
    "wr": "it made version {version} of {record}, which {later} read",
    "ww": "it made version {version} of {record}, which {later} replaced",
}
"""Why a transaction has to come before another."""
_KINDS = {
    "read": ("read", "circle-open", "#0072b2"),
    "write": ("write", "diamond", "#d55e00"),
    "lock": ("lock taken or renewed", "square", "#009e73"),
    "release": ("lock released", "square-open", "#009e73"),
    "other": ("other", "x", "#cc79a7"),
}
"""What is done to a record, in words, with its symbol and its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of a race.

    Attributes:
        event_id: The line's.
        party: The transaction, or the execution where the log names none.
        name: Who that is: workflow, actor or system.
        kind: What the line is.
        phase: Which row of an action.
        action: The verb.
        outcome: What came of it.
        role: In the evidence.
        record: Type and id of what was read or written.
        version_read: What it was built on.
        version_written: What it made.
        at: By the reference clock, UTC.
        ended_at: When it ended, where known.
        logged_at: As the log says.
        error_us: How far `at` may be off.
    """

    event_id: str
    party: str
    name: str
    kind: str
    phase: str
    action: str
    outcome: str
    role: str
    record: str | None
    version_read: str | None
    version_written: str | None
    at: datetime
    ended_at: datetime | None
    logged_at: datetime
    error_us: int

    @property
    def what(self) -> str:
        """A key of `_KINDS`."""
        if self.kind == "lock" and self.phase == "end":
            return "release"
        return self.kind if self.kind in _KINDS else "other"

    @property
    def versions(self) -> str:
        """What it was built on and what it made; empty where the log says neither."""
        if self.version_read and self.version_written:
            return f"{self.version_read} -> {self.version_written}"
        return self.version_written or self.version_read or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """A race by its lines.

    Attributes:
        subject: The finding.
        acts: Its lines, in order of time; none where the log has no times.
        lines: How many there are in all.
    """

    subject: Subject
    acts: Sequence[Act]
    lines: int = 0

    @property
    def title(self) -> str:
        """The finding's."""
        return self.subject.title

    @property
    def parties(self) -> dict[str, str]:
        """Transactions with their names, in order of their first line."""
        names = {act.party: f"{act.name} {shorter(act.party, 14)}" for act in self.acts}
        return dict(list(names.items())[:_MOST_PARTIES])

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From the first of what came too close to the last of it.

        Two holders of one lock: from when the second took it until the first let go.
        """
        met = self._met()
        first, last = min(met), max(met)
        if "holders" in self.subject.facts:
            released = [act.at for act in self.acts if act.what == "release" and act.at >= last]
            return last, min(released, default=max(act.ended_at or act.at for act in self.acts))
        return first, last

    @property
    def steps(self) -> list[tuple[Act, Act, str]]:
        """What had to come before what, as far as it is drawn, and why."""
        acts = {act.event_id: act for act in self.acts}
        return [
            (acts[earlier], acts[later], _why(edge, acts[later]))
            for edge in self.subject.facts.get("edges", ())[:_MOST_ARROWS]
            for earlier, later in [edge["events"]]
            if earlier in acts and later in acts
        ]

    def _met(self) -> list[datetime]:
        """When the parties did what raced, and when what they went by was checked."""
        by_the_log = {act.logged_at: act.at for act in self.acts}
        parties = self.subject.facts.get("writers") or self.subject.facts.get("holders") or ()
        logged = [datetime.fromisoformat(one["at"]) for one in parties if one.get("at")]
        met = [by_the_log.get(at, at) for at in logged]
        checks = [act.at for act in self.acts if act.role == "cause"]
        if not met:
            checks += [act.at for act in self.acts if act.role != "context"]
        return met + checks or [act.at for act in self.acts]

    def figure(self) -> go.Figure:
        """A lane a transaction, a trace a kind of act, the window shaded."""
        lanes = list(self.parties)
        place = {party: len(lanes) - 1 - number for number, party in enumerate(lanes)}
        figure = framed(
            height=150 + _LANE_PX * max(len(lanes), 1),
            barmode="overlay",
            xaxis=time_axis(),
            yaxis={
                "tickvals": list(place.values()),
                "ticktext": ["<br>".join(plain(part, 24) for part in name.rsplit(" ", 1))
                             for name in self.parties.values()],
                "range": [-0.8, len(lanes) - 0.2],
                "automargin": True,
                "fixedrange": True,
                "zeroline": False,
            },
        )  # fmt: skip
        acts = [act for act in self.acts if act.party in place]
        if not acts:
            return figure
        self._shade(figure)
        figure.add_trace(_spans(acts, place))
        labelled = len(acts) <= _MOST_LABELS
        middle = self.window[0] + (self.window[1] - self.window[0]) / 2
        for what in _KINDS:
            mine = [act for act in acts if act.what == what]
            if mine:
                figure.add_trace(
                    widths(
                        [place[act.party] for act in mine],
                        [act.at for act in mine],
                        [act.ended_at or act.at for act in mine],
                        [act.error_us for act in mine],
                        colour=_KINDS[what][2],
                    )
                )
                figure.add_trace(_marks(what, mine, place, middle if labelled else None))
        for earlier, later, why in self.steps:
            if earlier.party in place and later.party in place:
                figure.add_annotation(_arrow(earlier, later, why, place))
        return figure

    def _shade(self, figure: go.Figure) -> None:
        first, last = self.window
        span = last - first or timedelta(milliseconds=1)
        error = timedelta(microseconds=max(act.error_us for act in self.acts))
        room = max(span / 2, min(error, span))
        begins = min(first, *(act.at for act in self.acts if act.role != "context"), first)
        ends = max(last, *(act.at for act in self.acts if act.role != "context"), last)
        figure.layout.xaxis.range = [stamp(begins - room), stamp(ends + room)]
        figure.add_shape(
            type="rect", xref="x", yref="paper", x0=stamp(first), x1=stamp(last), y0=0, y1=1,
            fillcolor=COLOURS["race_window"], opacity=0.15, layer="below",
            line={"dash": "dot", "width": 2, "color": COLOURS["race_window"]},
        )  # fmt: skip
        figure.add_annotation(
            text=f"window {duration((last - first).total_seconds())}", showarrow=False,
            x=stamp(first + (last - first) / 2), y=1, yref="paper", yanchor="top",
        )  # fmt: skip

    def words(self) -> str:
        """What the figure shows."""
        if not self.acts:
            return "None of the log lines has a time, so there is nothing to draw."
        first, last = self.window
        digits = fraction_digits([act.at for act in self.acts])
        told = "; ".join(
            f"{instant(act.at, digits)} {shorter(act.name, 40)} ({shorter(act.party, 14)})"
            f" {_said(act)}"
            for act in self.acts[:_TOLD]
        )
        more = self.lines - min(len(self.acts), _TOLD)
        error = max(act.error_us for act in self.acts)
        order = "; ".join(
            f"{shorter(earlier.party, 14)} before {shorter(later.party, 14)}: {why}"
            for earlier, later, why in self.steps
        )
        return (
            f"{plural(len({act.party for act in self.acts}), 'transaction')} in order of time,"
            f" UTC: {told}{f'; and {more:,} more lines' if more > 0 else ''}. The window shaded is"
            f" {duration((last - first).total_seconds())}, from {instant(first, digits)} to"
            f" {instant(last, digits)}. Each time may be off by {_error(error)}, drawn as"
            f" the width of its mark.{f' What orders them, as arrows: {order}.' if order else ''}"
        )

    def rows(self, width: int) -> list[str]:
        """A line of the log a row; `|` stands where it is inside the window."""
        if not self.acts:
            return []
        first, last = self.window
        digits = fraction_digits([act.at for act in self.acts])
        letters = {party: _LETTERS[number] for number, party in enumerate(self.parties)}
        rows = [cut(f"{letters[party]} {name}", width) for party, name in self.parties.items()]
        rows.append("")
        for act in self.acts[:_TERMINAL_ROWS]:
            inside = "|" if first <= act.at <= last else " "
            letter = letters.get(act.party, "*")
            rows.append(cut(f"{instant(act.at, digits)} {inside} {letter} {_said(act)}", width))
        rows += [
            cut(
                f"{letters.get(earlier.party, '*')} before {letters.get(later.party, '*')}: {why}",
                width,
            )
            for earlier, later, why in self.steps
        ]
        left_out = self.lines - min(len(self.acts), _TERMINAL_ROWS)
        return [*rows, f"and {left_out:,} more lines"] if left_out > 0 else rows


_MILLISECOND_US = 1_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _error(micros: int) -> str:
    return f"{micros} \N{MICRO SIGN}s" if micros < _MILLISECOND_US else duration(micros / 1e6)


def _said(act: Act) -> str:
    """What it did: `write price.update 10 -> 11`."""
    what = "release" if act.what == "release" else act.kind
    outcome = "" if act.outcome == "ok" else act.outcome
    parts = (what, shorter(act.action, 40), shorter(act.versions, 30), outcome)
    return " ".join(part for part in parts if part)


def _why(edge: Mapping[str, Any], later: Act) -> str:
    return _ORDERED[edge["kind"]].format(
        version=shorter(edge["version"], 14),
        record=shorter(edge["record"], 30),
        later=shorter(later.party, 14),
    )


def _arrow(earlier: Act, later: Act, why: str, place: dict[str, int]) -> go.layout.Annotation:
    """From what had to come first to what had to come after."""
    return go.layout.Annotation(
        x=stamp(later.at), y=place[later.party], ax=stamp(earlier.at), ay=place[earlier.party],
        xref="x", yref="y", axref="x", ayref="y", text="", hovertext=plain(why, 200),
        showarrow=True, arrowhead=2, arrowwidth=1.5, arrowcolor=GREY, standoff=8, startstandoff=8,
    )  # fmt: skip


def _spans(acts: Sequence[Act], place: dict[str, int]) -> go.Bar:
    """From the first to the last line of each transaction."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for act in acts:
        begin, end = spans.get(act.party, (act.at, act.at))
        spans[act.party] = min(begin, act.at), max(end, act.ended_at or act.at)
    return go.Bar(
        name="transaction",
        orientation="h",
        y=[place[party] for party in spans],
        base=[stamp(begin) for begin, _ in spans.values()],
        x=[milliseconds(end - begin) for begin, end in spans.values()],
        hoverinfo="skip",
        marker={"color": GREY, "opacity": 0.3, "line": {"color": GREY, "width": 1}},
        width=0.3,
    )


def _marks(
    what: str, acts: Sequence[Act], place: dict[str, int], middle: datetime | None
) -> go.Scatter:
    """Acts of one kind; labels lean towards the middle, so that none is cut at an edge."""
    name, symbol, colour = _KINDS[what]
    labels = [plain(act.versions or act.action, 24) for act in acts]
    sides = [f"top {'right' if middle and act.at <= middle else 'left'}" for act in acts]
    return go.Scatter(
        name=name,
        legendgroup=what,
        mode="markers+text" if middle else "markers",
        x=[stamp(act.at) for act in acts],
        y=[place[act.party] for act in acts],
        text=labels if middle else None,
        textposition=sides if middle else None,
        hovertext=[plain(f"{shorter(act.name, 60)}: {_said(act)}", 200) for act in acts],
        hoverinfo="text+x",
        marker={"color": colour, "symbol": symbol, "size": 12, "line": {"width": 2}},
    )


def race(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Race:
    """The race of a finding of `race_window`.

    Args:
        connection: Has what `gather` makes.
        subject: The finding.
    """
    parameters: dict[str, object] = {"finding": subject.finding_id, "most": _MOST_LINES}
    rows = fetched(connection, "race", parameters)
    return Race(
        subject=subject,
        acts=[Act(**{name: row[name] for name in Act.__dataclass_fields__}) for row in rows],
        lines=rows[0]["lines"] if rows else 0,
    )
