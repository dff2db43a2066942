"""What a log must still hold to tell of a case, by the columns that are left, never by findings."""

from collections.abc import Collection, Sequence

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.story import CONTENT, Story

PATTERN_BY = {"key_expired": ("operation_key",), "same_key": ("operation_key",)}
"""Of a pattern that consists in equal values of a column: that column, which each must carry."""

MECHANISM_BY = {"double_submit": ("actor",), "expired_key": ("operation_key",)}
"""Of a mechanism that only some column shows: who pressed the button, which key was forgotten."""

OF_ONE_MESSAGE = (
    "crash_before_acknowledgement", "double_trigger", "rebalance", "visibility_timeout",
    "webhook_retry",
)  # fmt: skip
"""Mechanisms by which one message is acted on twice."""

NAMES_EVERY_MESSAGE = ("celery",)
"""Formats in which a message always has an id: one whose id is lost is told as two messages."""

NO_PLACE_FOR = {"stripe": ("actor",)}
"""Columns of the above that a format has no place for."""


def decidable(story: Story, whole: Sequence[Fact], told: Sequence[Fact]) -> bool:
    """Whether enough is left of what decides it: each run's word on each record counts once."""
    if not story.answers or CONTENT in story.decided_by:
        return True
    had, left = _witnesses(story.decided_by, whole), _witnesses(story.decided_by, told)
    return len(left) >= story.enough * len(had)


def pattern_told(story: Story, whole: Sequence[Fact], told: Sequence[Fact]) -> bool:
    """Whether the log still shows a right pattern, and not only that something is wrong."""
    return any(_all_left(PATTERN_BY.get(name, ()), whole, told) for name in story.answers)


def mechanism_told(story: Story, whole: Sequence[Fact], told: Sequence[Fact]) -> bool:
    """Whether the log still shows how it came about."""
    if story.mechanism is None:
        return False
    names = {*MECHANISM_BY.get(story.mechanism, ())}
    if story.mechanism in OF_ONE_MESSAGE and any(f.log in NAMES_EVERY_MESSAGE for f in whole):
        names.add("delivery_id")
    return _all_left(names, whole, told)


def _all_left(names: Collection[str], whole: Sequence[Fact], told: Sequence[Fact]) -> bool:
    written = [
        (fact, name) for fact in told for name in names
        if name not in NO_PLACE_FOR.get(fact.log, ())
    ]  # fmt: skip
    left = {witness for fact, name in written for witness in _witnesses((name,), [fact])}
    return left >= _witnesses(names, whole)


def _witnesses(names: Collection[str], facts: Sequence[Fact]) -> set[tuple[str, str, str]]:
    return {
        (fact.columns["execution_id"], fact.columns.get("entity_id", ""), name)
        for fact in facts
        for name in names
        if name in fact.columns or _nested(fact, name)
    }


def _nested(fact: Fact, name: str) -> bool:
    outer, _, inner = name.partition(".")
    return bool(inner) and inner in fact.columns.get(outer, {})
