"""A time of which the day and the time of the day stand in two fields."""

import re
from dataclasses import dataclass

from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_readings import (
    digits_resolution_us,
    placeholder,
    says_only_the_day,
)

_TIME_OF_DAY = re.compile(
    r"(?:[01]?\d|2[0-3]):[0-5]\d(?P<seconds>:[0-5]\d(?:[.,](?P<fraction>\d+))?)?"
)
_LENGTH = re.compile(
    r"durat|elapsed|length|pause|delay|runtime|latency|timeout|dauer"
    r"|(^|_)(took|wait|age|offset|due|until|opens|closes|cutoff|deadline)(_|$)",
    re.IGNORECASE,
)
"""Names of what is written as a time of the day is, and says how long, or until when."""
_A_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """How the two are read as one.

    Attributes:
        expression: The time, for `occurred_at`.
        resolution_us: Microseconds between two times that the log can tell apart; None when that is
            one.
        reason: In plain words.
    """

    expression: str
    resolution_us: int | None
    reason: str


def joined(profile: Profile, day: Field) -> Joined | None:
    """The day with the one field that says the time of the day in every record, if there is one."""
    if not says_only_the_day(day):
        return None
    found = [entry for entry in profile.fields.values() if _says_the_time_of_day(entry)]
    if len(found) != 1:
        return None
    clock = found[0]
    both = f"{placeholder(day)} || ' ' || {placeholder(clock)}"
    by_people = day.shape in {"day_first", "month_first"}
    return Joined(
        expression=f"iso_time({day.shape}({both}))" if by_people else f"iso_time({both})",
        resolution_us=_resolution_us(clock),
        reason=f"the day; the time of the day stands in `{clock.path}`",
    )


def _says_the_time_of_day(entry: Field) -> bool:
    return (
        entry.filled == entry.records
        and not _LENGTH.search(entry.path)
        and all(map(_TIME_OF_DAY.fullmatch, entry.values))
    )


def _resolution_us(clock: Field) -> int | None:
    matches = [match for value in clock.values if (match := _TIME_OF_DAY.fullmatch(value))]
    if not all(match["seconds"] for match in matches):
        return _A_MINUTE_US
    return digits_resolution_us(max(len(match["fraction"] or "") for match in matches))
