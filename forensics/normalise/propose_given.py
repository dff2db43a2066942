"""What a person says about an unknown log, checked against it."""

from collections.abc import Iterable
from difflib import get_close_matches

from forensics.model.columns import BY_NAME, ENUMS
from forensics.model.errors import UsageError
from forensics.normalise.paths import PLACEHOLDER
from forensics.normalise.profile import Profile
from forensics.normalise.propose_candidates import currency_of
from forensics.normalise.propose_readings import reading

_NOT_OURS = frozenset({"event_id", "acquisition_id", "raw", "source", "source_position"})
"""Columns that ingest fills."""


def check_columns(given: Iterable[str]) -> None:
    """Make sure that the columns are columns of a mapping.

    Raises:
        UsageError: One is not; the hint offers the nearest.
    """
    known = [name for name in BY_NAME if name not in _NOT_OURS]
    for column in given:
        if column not in known:
            raise UsageError.unknown("canonical column", column, known=known, where="--set")


def expression_of(column: str, value: str, log: Profile) -> str:
    """The expression that a person meant by `--set column=value`.

    Args:
        column: A canonical column.
        value: A path, a word of the column, or an expression with paths in braces.
        log: The log; the paths must be in it.

    Raises:
        UsageError: A path is not in the log; the hint offers the nearest.
    """
    if column in ENUMS and value in ENUMS[column]:
        return f"'{value}'"
    if "{" not in value and not value.startswith("'"):
        entry = log.fields.get(_path(value, log, column))
        # Inside a list, or an object with fields of its own: read as it stands.
        return reading(column, entry, currency=currency_of(log)) if entry else f"{{{value}}}"
    for path in PLACEHOLDER.findall(value):
        if path.strip("^") not in {"$", "*"} and not path.startswith("^"):
            _path(path, log, column)
    return value


def _path(written: str, log: Profile, column: str) -> str:
    path = written.split("[", maxsplit=1)[0]
    if path in log.fields or any(known.startswith(f"{path}.") for known in log.fields):
        return written
    near = get_close_matches(path, log.fields, n=1, cutoff=0.5)
    last = path.rsplit(".", maxsplit=1)[-1]
    ends = [known for known in log.fields if known.rsplit(".", maxsplit=1)[-1] == last]
    best = (ends or near or [""])[0]
    raise UsageError(
        f"--set {column}: no sampled record has a field `{written}`.",
        hint=f"Did you mean `{best}`?" if best else f"Fields: {', '.join(list(log.fields)[:20])}.",
    )
