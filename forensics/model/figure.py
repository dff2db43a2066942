"""A figure as a page takes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A figure and what it shows.

    Attributes:
        json: For Plotly; empty where it could not be drawn.
        words: The same for those who cannot see it.
    """

    json: str
    words: str
