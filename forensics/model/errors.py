"""Everything that can go wrong, by what the reader can do about it.

ForensicsError
├── UsageError            the command, a mapping or `forensics.toml` asks for what cannot be done
├── SourceError           a source cannot be read: missing, denied, not what it was said to be
├── CaseError             the case folder cannot be used: locked, damaged, of a newer version
└── DetectorError         a pattern broke its own contract: please report it

A bad *record* is not an error: it is a row in `quarantine`, with its reason and its bytes.
"""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Self


class ForensicsError(Exception):
    """A sentence for the user: what is wrong, where, and what to do next.

    Attributes:
        hint: What to do next, one sentence; empty when the message says it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(ForensicsError):
    """What was asked for cannot be done."""

    @classmethod
    def unknown(cls, what: str, name: str, *, known: Collection[str], where: str = "") -> Self:
        """`name` is none of the `known` names of `what`; the hint offers the nearest.

        Args:
            what: The kind of thing, such as `column` or `pattern`.
            name: What was asked for.
            known: What there is.
            where: File and key in which it stands, where there is one.
        """
        # What all end with makes none of them like another.
        bare = {one.removesuffix("://"): one for one in known}
        near = get_close_matches(name.removesuffix("://"), bare, n=1)
        hint = f"Did you mean `{bare[near[0]]}`?" if near else f"Known: {', '.join(sorted(known))}."
        place = f"{where}: " if where else ""
        return cls(f"{place}There is no {what} `{name}`.", hint=hint)

    @classmethod
    def of(cls, errors: Sequence["UsageError"]) -> Self:
        """All of them as one, so that they are mended in one go; a hint is given once."""
        hints = dict.fromkeys(error.hint for error in errors if error.hint)
        return cls(" ".join(str(error) for error in errors), hint=" ".join(hints))


class SourceError(ForensicsError):
    """A source cannot be read; the others still are."""


class CaseError(ForensicsError):
    """The case folder cannot be used as it is."""


class DetectorError(ForensicsError):
    """A pattern broke its own contract."""
