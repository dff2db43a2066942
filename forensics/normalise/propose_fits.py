"""What the values of a field must look like to be a canonical column."""

import re

from forensics.model.environments import LIVE_NAMES
from forensics.normalise.profile import Field

_TIMES = frozenset({"iso_zoned", "iso_naive", "access_log", "day_first", "month_first"})
_FEW = 50
_VERSION_OF_SOFTWARE = re.compile(r"v?\d+\.\d+[\w.+-]*")


def is_time(entry: Field) -> bool:
    """Whether its values are times."""
    return entry.shape in _TIMES or bool(entry.epoch)


def is_name(entry: Field) -> bool:
    """Whether its values can be names of single things."""
    return entry.shape in {"uuid", "word", "integer", "email"} and not _is_rare(entry)


def is_short(entry: Field) -> bool:
    """Whether its values can be names of single things, also of several words."""
    return is_name(entry) or (entry.shape == "text" and max(map(len, entry.values)) <= 60)  # noqa: PLR2004 - longer ones are sentences


def is_counted_from_one(entry: Field) -> bool:
    """Whether its values count the few parts of something: 1, 2, 3, or from 0."""
    return is_count(entry) and entry.distinct <= _FEW and (entry.low or 0) <= 1


def is_counterparty(entry: Field) -> bool:
    """Whether its values can be those who are paid or pay, and not whoever keeps the log.

    Whose name stands in more than a fifth of the records is taken for the latter: payments of
    equal amounts to all the world would have one customer in common.
    """
    names = is_name(entry) or (entry.shape == "text" and max(map(len, entry.values)) <= 140)  # noqa: PLR2004 - as long as ISO 20022 lets a name be
    return names and entry.distinct > 1 and entry.most_repeated <= max(3, entry.filled // 5)


def is_one_of_many(entry: Field) -> bool:
    """Whether its values name things of which the log has many."""
    return is_name(entry) and entry.distinct > max(1, entry.filled // 50)


def is_label(entry: Field) -> bool:
    """Whether its values are few words that come again and again."""
    few = entry.distinct <= max(20, entry.filled // 20)
    return entry.shape in {"word", "text"} and few and max(map(len, entry.values)) <= 80  # noqa: PLR2004 - longer ones are sentences


def is_count(entry: Field) -> bool:
    """Whether its values are small whole numbers."""
    most = 1000
    return entry.shape == "integer" and (entry.low or 0) >= 0 and (entry.high or 0) <= most


def is_number(entry: Field) -> bool:
    """Whether its values are numbers."""
    sums = {"integer", "decimal", "decimal_comma", "decimal_point"}
    return entry.shape in sums and not entry.epoch


def is_currency(entry: Field) -> bool:
    """Whether its values are codes of three letters."""
    return all(re.fullmatch(r"[A-Za-z]{3}", value) for value in entry.values)


_BEFORE_AND_AFTER = re.compile(r"(expected|old|prev|previous|new)_(version|rev|revision)")
"""Names of what one change of a record counts up; a program has few versions under other names."""


def is_version_of_record(entry: Field) -> bool:
    """Whether its values change like those of a record and not like those of a program."""
    software = all(_VERSION_OF_SOFTWARE.fullmatch(value) for value in entry.values)
    least = 2 if entry.shape == "integer" and _BEFORE_AND_AFTER.fullmatch(entry.phrase) else 4
    return not software and entry.distinct >= least and entry.shape in {"integer", "word", "uuid"}


def is_order(entry: Field) -> bool:
    """Whether its values order the records: whole numbers that hardly repeat."""
    return entry.shape == "integer" and entry.distinct > entry.filled // 2


def is_error(entry: Field) -> bool:
    """Whether it is filled only sometimes, with words."""
    return entry.shape in {"word", "text", "integer", "object"} and entry.fill < 1


def is_environment(entry: Field) -> bool:
    """Whether its values are names of environments."""
    return all(value.lower() in ENVIRONMENTS for value in entry.values)


def is_side_of_money(entry: Field) -> bool:
    """Whether its values are debit and credit; of single letters there must be both."""
    sides = {SIDE_OF.get(value.lower()) for value in entry.values}
    return None not in sides and (len(sides) > 1 or min(map(len, entry.values)) > 2)  # noqa: PLR2004 - `CR` may be a country


def is_structure(entry: Field) -> bool:
    """Whether its values are objects or lists."""
    return entry.shape in {"object", "array"}


def is_digest(entry: Field) -> bool:
    """Whether its values look like hashes."""
    return all(re.fullmatch(r"(?i)[0-9a-f:+/=sha-]{8,}", value) for value in entry.values)


def _is_rare(entry: Field) -> bool:
    return entry.filled < min(2, entry.records)


ENVIRONMENTS = {
    **dict.fromkeys(LIVE_NAMES, "live"),
    "test": "test", "staging": "test", "stage": "test", "stg": "test", "dev": "test",
    "development": "test", "sandbox": "test", "qa": "test", "local": "test", "ci": "test",
}  # fmt: skip

SIDE_OF = {
    **dict.fromkeys(("d", "dr", "dbit", "debit", "debited", "s", "soll"), "debited"),
    **dict.fromkeys(("c", "cr", "crdt", "credit", "credited", "h", "haben"), "credited"),
}
"""What an account was, by how it is written; `S` and `H` are the German `Soll` and `Haben`."""
