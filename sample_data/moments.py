"""The week and its clock: every instant is UTC with microseconds."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, tzinfo=UTC)
"""Monday, 00:00 UTC."""

END = START + timedelta(days=7)

INCIDENT = datetime(2026, 3, 5, 10, tzinfo=UTC)
"""Thursday morning: the deploy after which everything else follows."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def later(at: datetime, seconds: float) -> datetime:
    """Return the instant `seconds` after `at`."""
    return at + timedelta(seconds=seconds)


def microseconds(at: datetime) -> int:
    """Return microseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def iso(at: datetime) -> str:
    """Return ISO 8601 with microseconds and `Z`."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
