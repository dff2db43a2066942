"""The numbers that decide, and the values at which each is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.detect.registry import PATTERNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One number that decides.

    Attributes:
        name: `pattern.parameter`, or what a number in the queries is called on the page.
        detector: Whose it is.
        values: At which it is measured, rising; one of them is the one chosen.
        chosen: The one that decides when nothing is set.
        patterns: Those whose parameter it is.
        parameter: Its name; empty for a number that stands in the queries.
        texts: Where it stands in the queries, with `{v}` for the number.
        in_blind_logs: Whether it decides where a log has no keys, so that such logs are measured.
    """

    name: str
    detector: str
    values: Sequence[float]
    chosen: float
    patterns: Sequence[str] = ()
    parameter: str = ""
    texts: Sequence[str] = ()
    in_blind_logs: bool = False

    def changes(self, value: float) -> list[tuple[str, str]]:
        """What stands in the queries, and what stands there at another value."""
        return [(t.format(v=f"{self.chosen:g}"), t.format(v=f"{value:g}")) for t in self.texts]


def _set(
    pattern: str, parameter: str, *values: float, also: Sequence[str] = (), blind: bool = False
) -> Sweep:
    return Sweep(
        name=f"{pattern}.{parameter}", detector=PATTERNS[pattern].detector, values=values,
        chosen=PATTERNS[pattern].parameters[parameter].default,
        patterns=(pattern, *also), parameter=parameter, in_blind_logs=blind,
    )  # fmt: skip


def _written(
    name: str, detector: str, chosen: float, values: Sequence[float], *texts: str
) -> Sweep:
    return Sweep(name=name, detector=detector, values=values, chosen=chosen, texts=texts)


_CIRCLES = ("cross_system_loop", "self_trigger")

SWEEPS: tuple[Sweep, ...] = (
    _set("fan_out", "executions", 10, 50, 100, 200),
    _set("flip_flop", "turns", 3, 5, 6, 7, 60),
    _set("inferred_loop", "visits", 2, 3, 4, 20),
    _set("inferred_loop", "window_s", 1, 30, 60, 120),
    _set("loop", "visits", 2, 3, 4, 20, also=_CIRCLES),
    _set("fleet", "buckets", 1, 2, 3, 4, 15),
    _set("fleet", "operations", 3, 5, 8, 60),
    _set("hot_loop", "attempts", 4, 8, 10, 12, 40),
    _set("synchronised", "operations", 2, 4, 5, 6, 40),
    _set("synchronised", "spread_s", 0.01, 0.5, 1, 2),
    _set("synchronised", "waves", 2, 3, 4, 10),
    _set("same_content", "rare_share", 1e-9, 0.005, 0.01, 0.02, blind=True),
    _set("same_content", "window_s", 10, 300, 600, 1200),
    _set("batch_rerun", "min_entities", 2, 5, 10, 100),
    _set("batch_rerun", "min_overlap", 0.1, 0.7, 0.8, 0.9, 1.01),
    _written(
        "share of transactions shown", "race_window", 0.9, (0, 0.8, 0.9, 1),
        "(is_shown) >= {v} * count(*)",
    ),
    _written(
        "double submit", "duplicate_side_effect", 3, (0.1, 2, 3, 5),
        "m.pause_s <= {v} AND m.later.person",
    ),
    _written(
        "pause within a batch", "duplicate_side_effect", 10, (0, 5, 10, 20),
        "last_at + INTERVAL {v} MINUTE",
    ),
    _written(
        "share in order", "duplicate_side_effect", 0.9, (0, 0.8, 0.9, 1.1),
        "(in_order) >= {v} *",
    ),
    _written(
        "a callee that served well", "retry_storm", 0.9, (0, 0.8, 0.9, 1.1),
        "u.share >= {v}, FALSE",
    ),
    _written(
        "minutes before a storm", "retry_storm", 10, (0, 5, 10, 20, 90),
        "u.minutes >= {v} AND",
    ),
    _written(
        "a minute of more load", "retry_storm", 1.1, (0.1, 1.05, 1.1, 1.2),
        "load > {v} * most_firsts AS loaded",
    ),
    _written(
        "a minute without answers", "retry_storm", 0.05, (0, 0.02, 0.05, 0.1, 0.9),
        "served <= {v} * a.firsts",
    ),
)  # fmt: skip
