"""What a person says about an unknown log, checked against it."""

import re
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa

from forensics.model.columns import BY_NAME, ENUMS, TOLD_BY
from forensics.model.errors import UsageError
from forensics.normalise.paths import PLACEHOLDER
from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_candidates import currency_reading
from forensics.normalise.propose_names import phrase_of
from forensics.normalise.propose_readings import amount_doubt, amount_unit, outcome_doubt, reading

_NOT_OURS = frozenset({"event_id", "acquisition_id", "raw", "source", "source_position"})
"""Columns that ingest fills."""
_WORD = re.compile(r"[\w-]+")
_WHOLE = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A column as a person said it.

    Attributes:
        expression: What it is read from.
        reason: That somebody said it, and how it is read where that is not plain.
        doubt: What should be checked, as a sentence; empty when nothing.
        entry: The one field that it is, where it is one.
    """

    expression: str
    reason: str = "as you said"
    doubt: str = ""
    entry: Field | None = None


def check_columns(given: Iterable[str]) -> None:
    """Make sure that the columns are columns of a mapping.

    Raises:
        UsageError: One is not; the hint offers the nearest.
    """
    known = [name for name in BY_NAME if name not in _NOT_OURS]
    for column in given:
        if column in TOLD_BY:
            told_by, where = TOLD_BY[column]
            raise UsageError(
                f"--set: `{column}` is no column: `{told_by}` tells it, {where}.",
                hint=f"Say where that stands: --set {told_by}=PATH.",
            )
        if column not in known:
            raise UsageError.unknown("canonical column", column, known=known, where="--set")


def said(given: Dictionary[str, str], log: Profile) -> dict[str, Said]:
    """What a person meant by each `--set column=value`.

    Args:
        given: Canonical column to a path, a word of the column, or an expression with paths in
            braces.
        log: The log; the paths must be in it.

    Raises:
        UsageError: A path is not in the log; the hint offers the nearest.
    """
    currency = given.get("currency")
    spoken = _said("currency", currency, log).expression if currency else currency_reading(log)
    return {column: _said(column, value, log, spoken) for column, value in given.items()}


def _said(column: str, value: str, log: Profile, currency: str | None = None) -> Said:
    if column in ENUMS and value in ENUMS[column]:
        return Said(expression=f"'{value}'")
    if value not in log.fields and _is_constant(column, value):
        return Said(expression=value)
    if "{" not in value and not value.startswith("'"):
        path = _path(value, log, column)
        if path in log.empty:
            return _read_unseen(column, path, log.records, currency)
        entry = log.fields.get(path)
        # Inside a list, or an object with fields of its own: read as it stands.
        return _read(column, entry, currency) if entry else Said(expression=f"{{{value}}}")
    for path in PLACEHOLDER.findall(value):
        if path.strip("^") not in {"$", "*"} and not path.startswith("^"):
            _path(path, log, column)
    return Said(expression=value)


def _read(column: str, entry: Field, currency: str | None) -> Said:
    expression = reading(column, entry, currency=currency)
    if column == "amount":
        beside = currency is not None
        return Said(
            expression=expression,
            reason=f"as you said; {amount_unit(entry, beside_currency=beside)}",
            doubt=amount_doubt(entry, beside_currency=beside),
        )
    doubt = outcome_doubt(entry) if column == "outcome" else ""
    return Said(expression=expression, doubt=doubt, entry=entry)


def _read_unseen(column: str, path: str, records: int, currency: str | None) -> Said:
    """A field that is empty as yet, as that of what was refunded is while nothing was."""
    nothing = Field(
        path=path, phrase=phrase_of(path), records=records, filled=0, distinct=0, most_repeated=0,
        shape="text", low=None, high=None, fraction_digits=0, frequent=(), example="",
    )  # fmt: skip
    return Said(
        expression=reading(column, nothing, currency=currency),
        doubt=f"`{path}` is empty in every sampled record: what it holds could not be looked at.",
    )


def _is_constant(column: str, value: str) -> bool:
    """Whether it is a value that the column takes as it stands, the same in every record."""
    kind = BY_NAME[column].type
    if pa.types.is_boolean(kind):
        return value.lower() in {"true", "false"}
    if pa.types.is_decimal(kind):
        return _NUMBER.fullmatch(value) is not None
    return pa.types.is_integer(kind) and _WHOLE.fullmatch(value) is not None


def _path(written: str, log: Profile, column: str) -> str:
    path = written.split("[", maxsplit=1)[0]
    if (
        path in log.fields
        or path in log.empty
        or any(known.startswith(f"{path}.") for known in log.fields)
    ):
        return written
    near = get_close_matches(path, log.fields, n=1, cutoff=0.5)
    last = path.rsplit(".", maxsplit=1)[-1]
    ends = [known for known in log.fields if known.rsplit(".", maxsplit=1)[-1] == last]
    best = (ends or near or [""])[0]
    hint = f"Did you mean `{best}`?" if best else f"Fields: {', '.join(list(log.fields)[:20])}."
    if pa.types.is_string(BY_NAME[column].type) and _WORD.fullmatch(written):
        hint += f" If it is the word itself: --set \"{column}='{written}'\"."
    raise UsageError(
        f"--set {column}: no sampled record has a field `{written}`.",
        hint=hint,
    )
