"""The expression that reads a canonical column from a field, by what its values look like."""

import re
from collections.abc import Callable

from forensics.model.columns import BY_NAME, ENUMS
from forensics.normalise.profile import Field
from forensics.normalise.propose_fits import ENVIRONMENTS, SIDE_OF
from forensics.normalise.propose_words import REFUSED, outcome_of
from forensics.normalise.sql_types import text

_COUNTED_FROM_ZERO = re.compile(r"(num_)?retr(y|ies)(_(count|number))?")
_NAMED_CENTS = re.compile(
    r"(?<!per)cents|minor|pence|(?:^|_)cts?(?:_|$)|(?:^|_)(?<!per_)cent(?:_|$)"
)
# Salesforce ends every field of one's own in `__c`.
_PATH_OF_CENTS = re.compile(r'[^_]_c"?', re.IGNORECASE)
_LISTED = 10
_RESOLUTIONS = {0: 1_000_000, 1: 100_000, 2: 10_000, 3: 1_000}
_A_DAY_US = 86_400_000_000
_EPOCH_RESOLUTIONS = {"seconds": 1_000_000, "milliseconds": 1_000}


def placeholder(entry: Field) -> str:
    """The field as mappings write it."""
    return f"{{{entry.path}}}"


def reading(column: str, entry: Field, *, currency: str | None = None) -> str:
    """How the column is read from the field.

    Args:
        column: A canonical column.
        entry: The field.
        currency: For `amount`: the expression of its currency, where there is one.
    """
    where = placeholder(entry)
    own: dict[str, Callable[[], str]] = {
        "amount": lambda: _amount(entry, currency),
        "attempt": lambda: _attempt(entry),
        "currency": lambda: f"upper({where})",
        "environment": lambda: _environment(entry),
        "error": lambda: f"left({where}, 200)",
        "outcome": lambda: status_reading(entry),
        **{
            column: lambda: _hash(entry) for column in ("before_hash", "after_hash", "payload_hash")
        },
    }
    by_type: dict[str, Callable[[], str]] = {
        "timestamp[us, tz=UTC]": lambda: time_reading(entry),
        "int32": lambda: f"whole_number({where})",
        "int64": lambda: f"whole_number({where})",
        "bool": lambda: f"truth({where})",
    }
    chosen = own.get(column) or by_type.get(str(BY_NAME[column].type))
    return chosen() if chosen else where


def _attempt(entry: Field) -> str:
    where = placeholder(entry)
    return f"try_cast({where} AS INTEGER) + 1" if from_zero(entry) else f"whole_number({where})"


def _hash(entry: Field) -> str:
    """A structure is hashed; a text is a hash already."""
    structured = entry.shape in {"object", "array"}
    return f"{'hash64' if structured else 'stored_hash'}({placeholder(entry)})"


def time_reading(entry: Field) -> str:
    """How a time is read: ISO 8601, numbers since 1970, as web servers or as people write it."""
    where = placeholder(entry)
    if entry.epoch:
        return f"epoch_{entry.epoch}({where})"
    if entry.shape == "access_log":
        return f"try_strptime({where}, '%d/%b/%Y:%H:%M:%S %z')"
    if entry.shape in {"day_first", "month_first"}:
        return f"iso_time({entry.shape}({where}))"
    return f"iso_time({where})"


def time_shape(entry: Field) -> str:
    """What its times look like, in words."""
    if entry.epoch:
        return f"{entry.epoch} since 1970"
    return {
        "access_log": "times as web servers write them",
        "day_first": "times without a zone, the day before the month",
        "month_first": "times without a zone, the month before the day",
        "iso_naive": "ISO times without a zone",
    }.get(entry.shape, "ISO times with a zone")


def resolution_us(entry: Field) -> int | None:
    """Microseconds between two times that the log can tell apart; None when that is one."""
    if entry.epoch and entry.shape == "integer":
        return _EPOCH_RESOLUTIONS.get(entry.epoch)
    if entry.epoch and entry.epoch != "seconds":
        return None
    if says_only_the_day(entry):
        return _A_DAY_US
    return digits_resolution_us(0 if entry.shape == "access_log" else entry.fraction_digits)


def digits_resolution_us(digits: int) -> int | None:
    """Microseconds between two times with so many digits of a second; None when that is one."""
    return _RESOLUTIONS.get(digits)


def says_only_the_day(entry: Field) -> bool:
    """Whether its times are dates without a time of the day."""
    return not entry.epoch and not any(":" in value for value in entry.values)


def from_zero(entry: Field) -> bool:
    """Whether the first attempt is number 0: there is a 0, or the name counts repeats."""
    return entry.low == 0 or bool(_COUNTED_FROM_ZERO.fullmatch(entry.phrase))


def named_cents(entry: Field) -> bool:
    """Whether the name of an amount says that it is in minor units."""
    marked = entry.shape == "integer" and _PATH_OF_CENTS.search(entry.path[-4:])
    return bool(_NAMED_CENTS.search(entry.phrase) or marked)


def in_cents(entry: Field, *, beside_currency: bool) -> bool:
    """Whether an amount is in minor units: its name says so, or it is whole beside a currency."""
    whole = entry.shape == "integer" and (entry.high or 0) >= 100  # noqa: PLR2004 - one major unit
    return named_cents(entry) or (beside_currency and whole)


def amount_unit(entry: Field, *, beside_currency: bool) -> str:
    """In which unit an amount is read, and why."""
    if named_cents(entry):
        return "read as cents: the name says so"
    if in_cents(entry, beside_currency=beside_currency):
        return "read as cents: whole numbers beside a currency"
    return "read as major units"


def amount_doubt(entry: Field, *, beside_currency: bool) -> str:
    """What a person should check of an amount; empty where its values or its name say the unit."""
    if entry.shape != "integer" or beside_currency or named_cents(entry):
        return ""
    where = placeholder(entry)
    return (
        f"`{entry.path}` holds whole numbers, and nothing says whether they are cents: they are"
        f" read as major units. If they are cents: --set \"amount=minor_units({where}, 'EUR')\"."
    )


def refused_values(entry: Field) -> dict[str, str]:
    """Words of a status, in small letters, after which nothing was done; to the outcome."""
    words = sorted({value.lower() for value in entry.values if plain_value(value)})
    outcomes = {word: outcome_of(word, status=True) for word in words}
    return {word: outcome for word, outcome in outcomes.items() if outcome in REFUSED}


def refused_cases(entry: Field) -> tuple[str, ...]:
    """Branches of a `CASE`: what came of a record by those words alone."""
    where = f"lower({placeholder(entry)})"
    return tuple(
        f"WHEN {where} = {text(word)} THEN '{outcome}'"
        for word, outcome in refused_values(entry).items()
    )


def outcome_doubt(entry: Field, *, read_as: str = "read as `unknown`") -> str:
    """Values of a status that are no known outcome, and the line that says what they are."""
    if entry.shape == "boolean" or is_http_status(entry) or _speaks_ours(entry):
        return ""
    lower = sorted({value.lower() for value in entry.values if plain_value(value)})
    outcomes = {value: outcome_of(value, status=True) for value in lower}
    unknown = [value for value in lower if not outcomes[value]]
    if not unknown:
        return ""
    listed = ", ".join(f"`{value}`" for value in unknown[:_LISTED])
    more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
    cases = " ".join(
        f"WHEN {text(value)} THEN '{outcomes[value] or '…'}'"
        for value in lower
        if value not in unknown[_LISTED:]
    )
    return (
        f"It is not known what {listed}{more} in `{entry.path}`"
        f" {'means; it is' if len(unknown) == 1 else 'mean; they are'} {read_as}. Say it:"
        f" --set \"outcome=CASE lower({placeholder(entry)}) {cases} ELSE 'unknown' END\""
        f" with one of {', '.join(ENUMS['outcome'])} for each `…`."
    )


def stage_reading(entry: Field) -> str:
    """Where the money stood, by a field that says debit and credit."""
    cases = " ".join(
        f"WHEN {text(value)} THEN '{SIDE_OF[value]}'"
        for value in sorted({value.lower() for value in entry.values})
    )
    return f"CASE lower({placeholder(entry)}) {cases} END"


def _amount(entry: Field, currency: str | None) -> str:
    where = placeholder(entry)
    if in_cents(entry, beside_currency=currency is not None):
        return f"minor_units({where}, {currency or 'NULL'})"
    if entry.shape == "decimal_comma":
        return f"comma_units({where})"
    if entry.shape == "decimal_point":
        return f"point_units({where})"
    return f"major_units({where})"


def _environment(entry: Field) -> str:
    if entry.shape == "boolean":
        test = bool(re.search("test|sandbox", entry.phrase))
        yes, no = ("test", "live") if test else ("live", "test")
        return f"CASE truth({placeholder(entry)}) WHEN true THEN '{yes}' WHEN false THEN '{no}' END"
    cases = " ".join(
        f"WHEN {text(value)} THEN '{ENVIRONMENTS[value]}'"
        for value in sorted({value.lower() for value in entry.values} & ENVIRONMENTS.keys())
    )
    where = f"lower({placeholder(entry)})"
    return f"CASE {where} {cases} ELSE {where} END" if cases else where


def is_http_status(entry: Field) -> bool:
    """Whether its values are HTTP status codes (RFC 9110, section 15)."""
    low, high = entry.low or 0, entry.high or 0
    return entry.shape == "integer" and low >= 100 and high <= 599  # noqa: PLR2004 - the range of the codes


def status_reading(entry: Field) -> str:
    """The outcome that a status stands for."""
    where = placeholder(entry)
    if is_http_status(entry):
        code = f"try_cast({where} AS INTEGER)"
        return (
            f"CASE WHEN {code} IN (409, 412) THEN 'rejected'"
            f" WHEN {code} IN (408, 499, 504) THEN 'timeout'"
            f" WHEN {code} < 400 THEN 'ok' WHEN {code} >= 400 THEN 'error' ELSE 'unknown' END"
        )
    if entry.shape == "boolean":
        return f"CASE truth({where}) WHEN true THEN 'ok' WHEN false THEN 'error' ELSE 'unknown' END"
    if _speaks_ours(entry):
        return f"lower({where})"
    cases = " ".join(
        f"WHEN {text(value)} THEN '{outcome}'"
        for value in sorted({value.lower() for value in entry.values})
        if plain_value(value) and (outcome := outcome_of(value, status=True))
    )
    if not cases:
        return f"CASE WHEN {where} IS NOT NULL THEN 'unknown' END"
    return f"CASE lower({where}) {cases} ELSE 'unknown' END"


def _speaks_ours(entry: Field) -> bool:
    return set(map(str.lower, entry.values)) <= set(ENUMS["outcome"])


def plain_value(value: str) -> bool:
    """Whether a value can stand in an expression: braces would be read as a placeholder."""
    return value.isprintable() and not set(value) & set("{}") and len(value) < 120  # noqa: PLR2004 - longer ones are cut off
