"""The figure of a chain: who set off whom how often, and the chain unrolled over time."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import plotly.graph_objects as go

from forensics.model.words import duration, instant, plural
from forensics.timeline.lines import fetched
from forensics.timeline.look import (
    DASHES,
    GREY,
    MARKERS,
    SERIES,
    bars,
    cut,
    framed,
    plain,
    shorter,
    stamp,
    time_axis,
)
from forensics.timeline.subject import Subject

_MOST_RUNS = 1_000
_STEPS, _LEVELS = 60, 30
"""Of time and of depth, where a chain is longer: at most 1,800 steps a place."""
_MOST_PLACES = 12
_OTHERS = "other workflows"
_TOLD = 4
_TERMINAL_ROWS = 30
_CURVE = [step / 16 for step in range(1, 16)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One place of a chain that set off another.

    Attributes:
        cause: Workflow and system, joined by `@`.
        effect: The same; the place itself where it set itself off.
        runs: How often.
        is_told: Whether the log names the cause; else the one followed the other.
    """

    cause: str
    effect: str
    runs: int
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a chain, or several of one place that are near each other.

    Attributes:
        place: Workflow and system.
        at: When the first began, by the reference clock; None where the log has no time.
        depth: Causes between it and the chain's root.
        deepest: The same for the deepest of them.
        runs: How many.
        excess: How many of them were too many.
        cause_at: When the run began that caused it; None where that is not drawn.
        cause_depth: Its depth.
    """

    place: str
    at: datetime | None
    depth: int
    deepest: int
    runs: int
    excess: int
    cause_at: datetime | None
    cause_depth: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain, folded and unrolled.

    Attributes:
        subject: The finding.
        edges: Most frequent first; their runs add up to the runs with a cause in the chain.
        steps: In order of time; their runs add up to those of the chain.
    """

    subject: Subject
    edges: Sequence[Edge]
    steps: Sequence[Step]

    @property
    def title(self) -> str:
        """The finding's."""
        return self.subject.title

    @property
    def places(self) -> list[str]:
        """In the order in which the chain reached them; the rarest share one."""
        counts = Counter[str]()
        for step in self.steps:
            counts[step.place] += step.runs
        if len(counts) <= _MOST_PLACES:
            return list(counts)
        kept = {name for name, _ in counts.most_common(_MOST_PLACES - 1)}
        return [*(name for name in counts if name in kept), _OTHERS]

    def figure(self) -> go.Figure:
        """The graph above, the chain unrolled below."""
        timed = [step for step in self.steps if step.at]
        figure = framed(
            height=520 if timed else 260,
            xaxis=time_axis(anchor="y"),
            yaxis={
                "domain": [0, 0.45] if timed else [0, 0], "rangemode": "tozero",
                "title": {"text": "causes before it" if self._is_told else "turn"},
                "automargin": True, "fixedrange": True, "visible": bool(timed),
            },
            xaxis2={"range": [-2, 2], "visible": False, "anchor": "y2", "fixedrange": True},
            yaxis2={
                "domain": [0.56 if timed else 0, 1], "range": [-1.5, 1.5], "visible": False,
                "anchor": "x2", "fixedrange": True,
            },
        )  # fmt: skip
        if not self.steps:
            return figure
        self._draw_graph(figure)
        if timed:
            self._draw_unrolled(figure, timed)
        return figure

    @property
    def _is_told(self) -> bool:
        return any(edge.is_told for edge in self.edges)

    def _draw_graph(self, figure: go.Figure) -> None:
        places = self.places
        spots = dict(zip(places, _around(len(places)), strict=True))
        folded = Counter[tuple[str, str]]()
        for edge in self.edges:
            ends = (e if e in spots else _OTHERS for e in (edge.cause, edge.effect))
            folded[next(ends), next(ends)] += edge.runs
        dash = "solid" if self._is_told else "dot"
        most = max(folded.values(), default=1)
        middles = []
        for (cause, effect), runs in folded.items():
            curve, middle = _curve(spots[cause], spots[effect])
            middles.append((*middle, runs))
            figure.add_scatter(
                xaxis="x2", yaxis="y2", mode="lines+markers", showlegend=False, hoverinfo="skip",
                x=[round(x, 3) for x, _ in curve], y=[round(y, 3) for _, y in curve],
                line={"color": GREY, "width": 1 + 2 * runs / most, "dash": dash},
                marker={"symbol": "arrow", "angleref": "previous", "color": GREY,
                        "size": [0] * (len(curve) - 1) + [14]},
            )  # fmt: skip
        figure.add_scatter(
            xaxis="x2", yaxis="y2", mode="text", showlegend=False, hoverinfo="skip",
            x=[x for x, _, _ in middles], y=[y for _, y, _ in middles],
            text=[f"<b>{runs:,}\N{MULTIPLICATION SIGN}</b>" for _, _, runs in middles],
            textfont={"size": 14},
        )  # fmt: skip
        for number, (place, (x, y)) in enumerate(spots.items()):
            name, _, system = place.rpartition("@")
            figure.add_scatter(
                xaxis="x2", yaxis="y2", mode="markers+text", showlegend=False,
                x=[x], y=[y],
                text=[f"{plain(name, 17)}<br>@{plain(system, 16)}" if name else plain(place, 17)],
                textposition="bottom center" if y <= 0 else "top center",
                hovertext=[plain(place, 200)], hoverinfo="text",
                marker=_marker(number) | {"size": 18},
            )  # fmt: skip

    def _draw_unrolled(self, figure: go.Figure, timed: Sequence[Step]) -> None:
        x: list[str | None] = []
        y: list[int | None] = []
        for step in timed:
            if step.at and step.cause_at:
                x += [stamp(step.cause_at), stamp(step.at), None]
                y += [step.cause_depth, step.depth, None]
        if not self._is_told:
            x = [stamp(step.at) for step in timed if step.at]
            y = [step.depth for step in timed]
        figure.add_scatter(
            name="caused" if self._is_told else "followed", mode="lines", x=x, y=y,
            hoverinfo="skip",
            line={"color": GREY, "width": 1, "dash": "solid" if self._is_told else DASHES[2]},
        )  # fmt: skip
        places = self.places
        for number, place in enumerate(places):
            mine = [s for s in timed if (s.place if s.place in places else _OTHERS) == place]
            figure.add_scatter(
                name=plain(place, 40), mode="markers", cliponaxis=False,
                x=[stamp(s.at) for s in mine if s.at], y=[s.depth for s in mine],
                hovertext=[f"{plain(s.place, 200)}{_more(s)}" for s in mine],
                hoverinfo="text+x+y",
                marker=_marker(number) | {"size": [_size(s.runs) for s in mine]},
            )  # fmt: skip

    def words(self) -> str:
        """What the figure shows."""
        verb = "set off" if self._is_told else "was followed by"
        told = "; ".join(
            f"{shorter(edge.cause, 60)} {verb}"
            f" {'itself' if edge.cause == edge.effect else shorter(edge.effect, 60)}"
            f" {plural(edge.runs, 'time')}"
            for edge in self.edges[:_TOLD]
        )
        more = len(self.edges) - _TOLD
        runs, excess = sum(s.runs for s in self.steps), sum(s.excess for s in self.steps)
        text = f"{told}{f'; and {more:,} more ways' if more > 0 else ''}. " if told else ""
        text += f"{plural(runs, 'run')}, {excess:,} of them too many"
        timed = [step.at for step in self.steps if step.at]
        if not timed:
            return f"{text}; none has a time, so they are not drawn over time."
        deepest = max(step.deepest for step in self.steps)
        depth = f"{plural(deepest, 'cause')} deep" if self._is_told else "one after the other"
        span = duration((max(timed) - min(timed)).total_seconds())
        return f"{text}, {depth}, from {instant(min(timed))} UTC on within {span}."

    def rows(self, width: int) -> list[str]:
        """The edges with their counts, then the runs in order of time, deeper ones further in."""
        label = min(max((len(_arrow(e)) for e in self.edges), default=0), width - 24)
        drawn = bars([edge.runs for edge in self.edges], width - label - 10)
        rows = [
            f"{shorter(_arrow(edge), label):<{label}} {edge.runs:>7,} {bar}"
            for edge, bar in zip(self.edges[:_MOST_PLACES], drawn, strict=False)
        ]
        rows.append("")
        for step in self.steps[:_TERMINAL_ROWS]:
            when = instant(step.at) if step.at else "no time"
            rows.append(
                cut(f"{when:<19} {'. ' * min(step.depth, 16)}{step.place}{_more(step)}", width)
            )
        left_out = sum(step.runs for step in self.steps[_TERMINAL_ROWS:])
        return [*rows, f"and {plural(left_out, 'more run')}"] if left_out else rows


def _arrow(edge: Edge) -> str:
    return f"{edge.cause} -> {edge.effect}"


def _more(step: Step) -> str:
    return f", {step.runs:,} runs" if step.runs > 1 else ""


def _size(runs: int) -> float:
    """Marks of many runs are larger, by their logarithm."""
    return round(8 + 5 * math.log10(runs), 1)


def _marker(number: int) -> dict[str, object]:
    return {
        "color": SERIES[number % len(SERIES)],
        "symbol": MARKERS[number % len(MARKERS)],
        "line": {"width": 1, "color": "#1b1f24"},
    }


def _around(count: int) -> list[tuple[float, float]]:
    """Spots on an ellipse, the first at the left, clockwise."""
    if count == 1:
        return [(0.0, -0.3)]
    angles = [math.pi - 2 * math.pi * number / count for number in range(count)]
    return [(round(math.cos(a), 3), round(0.9 * math.sin(a), 3)) for a in angles]


Spot = tuple[float, float]


def _curve(begin: Spot, end: Spot) -> tuple[list[Spot], Spot]:
    """An arc bent to its left, and where its number stands; a loop where both ends are one."""
    if begin == end:
        x, y = begin
        turns = [math.pi * (1.35 - 1.7 * step / 24) for step in range(25)]
        loop = [(x + 0.3 * math.cos(t), y + 0.55 + 0.45 * math.sin(t)) for t in turns]
        return loop, (x, y + 1.2)
    (x0, y0), (x1, y1) = begin, end
    bend_x, bend_y = -(y1 - y0) * 0.35, (x1 - x0) * 0.35
    middle_x, middle_y = (x0 + x1) / 2 + bend_x, (y0 + y1) / 2 + bend_y
    points = list(_bezier(begin, (middle_x, middle_y), end))
    half = points[len(points) // 2]
    return points, (round(half[0] + bend_x * 0.3, 3), round(half[1] + bend_y * 0.3, 3))


def _bezier(begin: Spot, bend: Spot, end: Spot) -> Iterator[Spot]:
    for t in _CURVE:
        yield (
            (1 - t) ** 2 * begin[0] + 2 * t * (1 - t) * bend[0] + t**2 * end[0],
            (1 - t) ** 2 * begin[1] + 2 * t * (1 - t) * bend[1] + t**2 * end[1],
        )


def chain(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Chain:
    """The chain of a finding of `recursive_chain`.

    Args:
        connection: Has what `gather` makes.
        subject: The finding.
    """
    finding: dict[str, object] = {"finding": subject.finding_id}
    limits = {"most": _MOST_RUNS, "steps": _STEPS, "levels": _LEVELS}
    return Chain(
        subject=subject,
        edges=[Edge(**row) for row in fetched(connection, "chain_edges", finding)],
        steps=[Step(**row) for row in fetched(connection, "chain_steps", finding | limits)],
    )
