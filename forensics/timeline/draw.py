"""Which figure fits what is asked for, and the figures of a page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import duckdb
import plotly.graph_objects as go

from forensics.model.audit import Audit
from forensics.model.errors import UsageError
from forensics.model.figure import Drawn
from forensics.timeline.calendar import SHORTEST, calendar
from forensics.timeline.chain import chain
from forensics.timeline.growth import growth
from forensics.timeline.lines import gather
from forensics.timeline.overview import overview
from forensics.timeline.race import race
from forensics.timeline.storm import storm
from forensics.timeline.subject import Subject, subject

FINDINGS_DRAWN = 60
"""Findings of a page that have a figure of their own; more would make it slow to open."""


class Picture(Protocol):
    """What every figure can do."""

    @property
    def title(self) -> str:
        """One line, as the log words it."""

    def figure(self) -> go.Figure:
        """For Plotly; the same on the page, in a notebook and in a file."""

    def words(self) -> str:
        """What it shows, for those who cannot see it."""

    def rows(self, width: int) -> list[str]:
        """The same for a terminal, in lines of at most `width` characters."""


OfFinding = Callable[[duckdb.DuckDBPyConnection, Subject], Picture]
OfFindings = Callable[[duckdb.DuckDBPyConnection, Sequence[Subject]], Picture]

OF_DETECTOR: dict[str, OfFinding] = {
    "race_window": race,
    "recursive_chain": chain,
    "retry_storm": storm,
}
"""The figure of one finding, by its detector; the others have the overview."""

KINDS: dict[str, OfFindings] = {
    "calendar": calendar,
    "growth": growth,
    "overview": overview,
}
"""Figures of any number of findings, by name."""


def picture(
    connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject], *, kind: str = ""
) -> Picture:
    """The figure of one finding, or of several.

    Args:
        connection: Has what `gather` makes of the findings; for `growth` what `measure` does too.
        subjects: The findings; one alone gets the figure of its detector.
        kind: One of `KINDS`, whatever would fit.

    Raises:
        UsageError: There is no such kind.
    """
    if kind:
        if kind not in KINDS:
            raise UsageError.unknown("figure", kind, known=list(KINDS))
        return KINDS[kind](connection, subjects)
    if len(subjects) == 1 and subjects[0].detector in OF_DETECTOR:
        return OF_DETECTOR[subjects[0].detector](connection, subjects[0])
    return overview(connection, subjects)


def for_page(connection: duckdb.DuckDBPyConnection, audit: Audit) -> Mapping[str, Drawn]:
    """The figures of a page: those of all findings by their kind, of the first ones by their ids.

    Args:
        connection: As after an audit.
        audit: What the page reports.
    """
    subjects = [subject(finding) for finding in audit.findings]
    if not any(one.first_at for one in subjects):
        return {}
    gather(connection, subjects)
    pictures: dict[str, Picture] = {"overview": overview(connection, subjects)}
    times = [at for source in audit.coverage for at in (source.first_at, source.last_at) if at]
    if max(times) - min(times) > SHORTEST:
        pictures["calendar"] = calendar(connection, subjects)
    counting = {one.incident_id for one in audit.counting}
    counted = [
        (finding, one)
        for finding, one in zip(audit.findings, subjects, strict=True)
        if finding.incident_id in counting
    ]
    if any(finding.exposure or finding.customers for finding, _ in counted):
        pictures["growth"] = growth(connection, [one for _, one in counted])
    pictures |= {
        one.finding_id: picture(connection, [one])
        for one in subjects[:FINDINGS_DRAWN]
        if one.first_at
    }
    return {name: drawn(one) for name, one in pictures.items()}


def drawn(one: Picture) -> Drawn:
    """The figure as a page takes it; of one that Plotly refuses, the words alone."""
    try:
        json = str(one.figure().to_json())
    except (TypeError, ValueError):
        # An audit is worth more than a figure of it.
        words = f"This figure could not be drawn; what it would show, in words: {one.words()}"
        return Drawn(json="", words=words)
    return Drawn(json=json, words=one.words())
