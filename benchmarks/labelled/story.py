"""A class of failure, or of what looks like one: its story, its source and the right answers."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.labelled.qualities import CAUSES, KEYS, VERSIONS

if TYPE_CHECKING:
    from benchmarks.labelled.stage import Stage

CONTENT = "content"
"""Decided by what no quality takes away: records, amounts, times, outcomes, the order of a log."""

DETECTOR_OF = {
    pattern: detector
    for detector, patterns in {
        "duplicate_side_effect": (
            "same_key", "key_expired", "redelivery", "rekeyed_retry", "same_content",
            "cross_system", "batch_rerun",
        ),
        "retry_storm": (
            "hot_loop", "fleet", "layered", "synchronised", "drain_burst", "metastable",
        ),
        "race_window": (
            "lost_update", "stale_write", "version_fork", "dirty_read", "read_skew", "write_skew",
            "dependency_cycle",
            "check_then_act", "overlapping_writes", "out_of_order", "twin_create",
            "lease_overlap", "fencing_violation",
        ),
        "recursive_chain": (
            "loop", "cross_system_loop", "self_trigger", "fan_out", "flip_flop", "inferred_loop",
        ),
    }.items()
    for pattern in patterns
}  # fmt: skip
"""Every pattern and the detector it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One class.

    Attributes:
        name: Such as `expired-key`.
        told: What happens, in a sentence or two.
        source: The paper, post or document that it comes from.
        logs: The formats in which its main system may log; an instance takes one of them.
        play: Writes one instance.
        answers: Patterns that are right; empty for a lookalike.
        also: Patterns of other detectors that are true of it as well, but not asked for.
        mechanism: Why it happened, where the log can tell.
        decided_by: Columns that decide it together, or `CONTENT` among them when it is decided
            without.
        enough: The share of what it had of these columns with which it can still be decided.
        looks_like: For a lookalike, the detector that might take it for a failure.
    """

    name: str
    told: str
    source: str
    logs: Sequence[str]
    play: Callable[["Stage"], None]
    answers: Sequence[str] = ()
    also: Sequence[str] = ()
    mechanism: str | None = None
    decided_by: Sequence[str] = ()
    enough: float = 1.0
    looks_like: str = ""

    @property
    def detector(self) -> str:
        """The detector whose business it is."""
        return DETECTOR_OF[self.answers[0]] if self.answers else self.looks_like


def failure(
    name: str,
    *,
    answers: Sequence[str],
    decided_by: Sequence[str],
    source: str,
    logs: Sequence[str] = ("canonical",),
    mechanism: str | None = None,
    also: Sequence[str] = (),
    enough: float = 1.0,
) -> Callable[[Callable[["Stage"], None]], Story]:
    """Make a failure of a function; its docstring is the story."""
    unknown = set(decided_by) - {CONTENT, *KEYS, *CAUSES, *VERSIONS}
    assert not unknown, f"`{name}` is decided by columns that no quality takes away: {unknown}"
    own = {pattern for pattern in also if DETECTOR_OF[pattern] == DETECTOR_OF[answers[0]]}
    assert not own, (
        f"`{name}`: what its own detector says of it is right or wrong, not besides: {own}"
    )

    def made(play: Callable[["Stage"], None]) -> Story:
        return Story(
            name=name, told=_told(play), source=source, logs=logs, play=play, answers=answers,
            also=also, mechanism=mechanism, decided_by=decided_by, enough=enough,
        )  # fmt: skip

    return made


def lookalike(
    name: str,
    looks_like: str,
    *,
    source: str,
    logs: Sequence[str] = ("canonical",),
    also: Sequence[str] = (),
) -> Callable[[Callable[["Stage"], None]], Story]:
    """Make a lookalike of a function; its docstring says what happens and why it is all right."""

    def made(play: Callable[["Stage"], None]) -> Story:
        return Story(
            name=name, told=_told(play), source=source, logs=logs, play=play, also=also,
            looks_like=DETECTOR_OF.get(looks_like, looks_like),
        )  # fmt: skip

    return made


def _told(play: Callable[["Stage"], None]) -> str:
    return " ".join((inspect.getdoc(play) or "").split())
