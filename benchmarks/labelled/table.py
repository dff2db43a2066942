"""The table and the list of misses as people read them."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.labelled.qualities import Quality
from benchmarks.labelled.scorer import Miss

_COLUMNS = (
    ("recall", "recall"), ("+susp.", "recall_with_suspicions"), ("precision", "precision"),
    ("+susp.", "precision_with_suspicions"), ("fragm.", "fragmentation"),
    ("pattern", "pattern_right"), ("(told)", "told_pattern_right"),
    ("mechanism", "mechanism_right"), ("(told)", "told_mechanism_right"),
    ("calibr.", "calibration_error"),
)  # fmt: skip


def header(tools: Sequence[str] = ("analyzer", "rules", "linkage")) -> str:
    """The heading of the table; of tools beyond the first, recall and precision are shown."""
    first = " ".join(f"{name:>9}" for name, _ in _COLUMNS)
    others = "".join(f" | {tool + ' rec./prec.':>18}" for tool in tools[1:])
    return f"{'quality':7} {'detector':21} {'cases':>5} {first}{others}"


def row(quality: str, detector: str, tools: Mapping[str, Mapping[str, float | int | None]]) -> str:
    """One line of the table."""
    first, *others = tools.values()
    shown = " ".join(f"{_number(first[key]):>9}" for _, key in _COLUMNS)
    beside = "".join(
        f" | {_number(other['recall']):>9}{_number(other['precision']):>9}" for other in others
    )
    return f"{quality:7} {detector:21} {first['cases']:>5} {shown}{beside}"


def shown_misses(misses: Sequence[Miss], seed: int, quality: Quality) -> Iterator[str]:
    """Each thing that was got wrong, with its story and how to see it again."""
    for miss in sorted(misses, key=lambda miss: (miss.detector, miss.what)):
        name = miss.label["class"] if miss.label else None
        claim = ""
        if miss.claim:
            claim = f" as {miss.claim.pattern} ({miss.claim.grade}): {miss.claim.title}"
        yield f"\n{miss.what} [{quality}, {miss.detector}] {name or 'ordinary traffic'}{claim}"
        if miss.label:
            yield f"  {miss.label['story']}"
            yield f"  in {', '.join(sorted({log for log, _ in miss.label['records']}))}"
        only = f" --only {name}" if name else ""
        yield (f"  uv run python -m benchmarks.labelled --seed {seed} --quality {quality}{only}"
               " --keep FOLDER")  # fmt: skip


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
