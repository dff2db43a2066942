"""What people know of their systems and no log says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ISOLATION_LEVELS = (
    "read_uncommitted",
    "read_committed",
    "repeatable_read",
    "snapshot",
    "serializable",
)
RETRY_SETTINGS = ("attempts", "base_s", "factor", "cap_s", "jitter")
"""How a caller retries: attempts in all; its first pause; how many times as long each next one is
(1 where that is not said); the longest; the share of a pause by which chance moves it, either
way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """From `forensics.toml`; a verdict that rests on one is no better than it is.

    Attributes:
        last_write_wins_fields: Fields in which the last write is meant to win.
        last_write_wins_systems: Systems that keep nothing else.
        isolation: System to the level that its transactions run at, one of `ISOLATION_LEVELS`.
        key_lifetimes: Callee to the seconds that it remembers an idempotency key.
        retries: `caller` or `caller -> callee` to its `RETRY_SETTINGS`, as far as they are known.
    """

    last_write_wins_fields: Sequence[str] = ()
    last_write_wins_systems: Sequence[str] = ()
    isolation: Mapping[str, str] = field(default_factory=dict)
    key_lifetimes: Mapping[str, float] = field(default_factory=dict)
    retries: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
