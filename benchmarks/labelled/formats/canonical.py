"""Canonical events, as a log writes them that knows the columns."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from benchmarks.labelled.fact import Fact
from sample_data.moments import iso

Written = Iterator[tuple[Fact, datetime, dict[str, Any]]]


def write(facts: Sequence[Fact]) -> Written:
    """One record a fact."""
    for fact in facts:
        row = {name: plain(value) for name, value in fact.columns.items()}
        yield fact, fact.at, {"occurred_at": iso(fact.at), **row}


def plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return value
