"""The incident timeline: systems as lanes, findings as bars, their log lines as marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import plotly.graph_objects as go

from forensics.model.audit import EvidenceLine

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
    "race_window": "x",
    "recursive_chain": "circle-open",
}
"""A second cue beside the colour, for print and for readers who see none."""

_OTHER = "#7f7f7f"
_MOST_SYSTEMS = 14
_LANE_PX = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What the figure says of a finding.

    Attributes:
        detector: Which found it; decides colour and symbol.
        title: Its one line.
    """

    detector: str
    title: str


def overview(labels: Mapping[str, Label], evidence: Sequence[EvidenceLine]) -> go.Figure:
    """One lane a system, one bar a finding and system, one mark a log line.

    Args:
        labels: Finding id to its label.
        evidence: Lines behind them; those without a time are not drawn.

    Returns:
        A figure whose traces are the detectors, in the order of `COLOURS`.
    """
    lines = [e for e in evidence if e.occurred_at is not None and e.finding_id in labels]
    lanes = _lanes(lines)
    figure = go.Figure()
    for detector, colour in COLOURS.items():
        mine = [e for e in lines if labels[e.finding_id].detector == detector]
        if mine:
            figure.add_trace(_bars(detector, colour, mine, labels, lanes))
            figure.add_trace(_marks(detector, colour, mine, labels, lanes))
    figure.update_layout(
        height=140 + _LANE_PX * max(len(lanes), 1),
        margin={"l": 8, "r": 8, "t": 36, "b": 36},
        barmode="overlay",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": _OTHER, "orientation": "v"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"type": "date", "title": {"text": "UTC"}, "automargin": True},
        yaxis={
            "categoryorder": "array",
            "categoryarray": list(reversed(lanes)),
            "automargin": True,
            "fixedrange": True,
        },
    )
    return figure


def _lanes(lines: Sequence[EvidenceLine]) -> list[str]:
    """Systems in the order in which they first appear; the rarest share one lane."""
    counts: dict[str, int] = {}
    for line in sorted(lines, key=lambda e: (str(e.occurred_at), e.event_id)):
        counts[_system(line)] = counts.get(_system(line), 0) + 1
    kept = sorted(counts, key=lambda name: -counts[name])[:_MOST_SYSTEMS]
    lanes = [name for name in counts if name in kept]
    return lanes + (["other systems"] if len(counts) > len(lanes) else [])


def _system(line: EvidenceLine) -> str:
    return _plain(line.system or line.source)


def _plain(text: str) -> str:
    """Text from a log without the few tags, links among them, that Plotly would draw."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lane(line: EvidenceLine, lanes: Sequence[str]) -> str:
    return _system(line) if _system(line) in lanes else "other systems"


def _bars(
    detector: str,
    colour: str,
    lines: Sequence[EvidenceLine],
    labels: Mapping[str, Label],
    lanes: Sequence[str],
) -> go.Bar:
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for line in lines:
        assert line.occurred_at is not None  # noqa: S101 - the caller keeps only timed lines
        key = (line.finding_id, _lane(line, lanes))
        begin, end = spans.get(key, (line.occurred_at, line.occurred_at))
        spans[key] = (
            min(begin, line.occurred_at),
            max(end, line.ended_at or line.occurred_at),
        )
    return go.Bar(
        name=detector.replace("_", " "),
        legendgroup=detector,
        showlegend=False,
        orientation="h",
        y=[lane for _, lane in spans],
        base=[begin.isoformat() for begin, _ in spans.values()],
        x=[(end - begin).total_seconds() * 1000 for begin, end in spans.values()],
        customdata=[finding for finding, _ in spans],
        hovertext=[_plain(labels[finding].title) for finding, _ in spans],
        hoverinfo="text",
        marker={"color": colour, "opacity": 0.35},
        width=0.55,
    )


def _marks(
    detector: str,
    colour: str,
    lines: Sequence[EvidenceLine],
    labels: Mapping[str, Label],
    lanes: Sequence[str],
) -> go.Scatter:
    return go.Scatter(
        name=detector.replace("_", " "),
        legendgroup=detector,
        mode="markers",
        x=[line.occurred_at.isoformat() for line in lines if line.occurred_at],
        y=[_lane(line, lanes) for line in lines],
        customdata=[line.finding_id for line in lines],
        hovertext=[
            f"{labels[line.finding_id].title}<br>{line.role}: {line.action} {line.outcome}"
            for line in lines
        ],
        hoverinfo="text+x",
        marker={"color": colour or _OTHER, "symbol": SYMBOLS[detector], "size": 8},
    )
