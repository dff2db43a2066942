"""What an unknown log looks like: where its records stand, and every field of them in numbers.

Everything is counted in DuckDB, and nothing depends on the order of records or names.
"""

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import orjson
import pyarrow as pa

from forensics.normalise.profile_structure import field_paths, sample, structure
from forensics.normalise.propose_names import phrase_of
from forensics.store import queries

_LONGEST_VALUE = 2_000
_NEARLY_ALL = 0.98
_EPOCHS = (("seconds", 1.0), ("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9))
_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0
"""2000-01-01 and 2100-01-01 in seconds: numbers between them may be times."""

_MOST_RELATED = 60
NAMES_OF_THINGS = frozenset({"uuid", "word", "integer", "email", "text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the sampled records.

    Attributes:
        path: As it stands in a placeholder, such as `order.id` or `"a.b"`.
        phrase: Its name in lower-case words joined by `_`, with the parent's where it says nothing
            alone: `order_id` for both `order.id` and `orderId`.
        records: Sampled records.
        filled: How many of them have a value other than null and the empty text.
        distinct: Different values.
        most_repeated: How often the most frequent value occurs.
        shape: What nearly all values look like: `boolean`, `uuid`, `iso_zoned`, `iso_naive`,
            `access_log`, `day_first`, `month_first`, `day_or_month_first` (a date that can be read
            either way), `integer`, `decimal`, `decimal_comma` and `decimal_point` (sums as people
            write them: `1.234,50`, `$1,234.50`), `thousands` (one comma and three digits, which may
            be decimals), `url`, `email`, `word`, `text`, `object` or `array`.
        low: Smallest number, if there are numbers.
        high: Largest number.
        fraction_digits: Most digits after a point.
        frequent: The up to 100 most frequent values and how often they occur.
        example: A value, secrets masked, at most 40 characters; empty where masking broke it.
    """

    path: str
    phrase: str
    records: int
    filled: int
    distinct: int
    most_repeated: int
    shape: str
    low: float | None
    high: float | None
    fraction_digits: int
    frequent: tuple[tuple[str, int], ...]
    example: str

    @property
    def fill(self) -> float:
        """Share of the records that have it, 0 to 1."""
        return self.filled / self.records if self.records else 0.0

    @property
    def unique(self) -> bool:
        """Whether no value occurs twice."""
        return self.distinct == self.filled

    @property
    def constant(self) -> bool:
        """Whether every record has it, and the same."""
        return self.distinct == 1 and self.filled == self.records

    @property
    def sequence(self) -> bool:
        """Whether its whole numbers leave nothing out and none occurs twice."""
        return (
            self.shape == "integer"
            and self.unique
            and self.low is not None
            and self.high is not None
            and self.high - self.low + 1 == self.filled
        )

    @property
    def epoch(self) -> str:
        """The unit in which its numbers would be times of this century; empty when they are none.

        Returns:
            `seconds`, `milliseconds`, `microseconds`, `nanoseconds` or nothing.
        """
        if self.shape not in {"integer", "decimal"} or self.low is None or self.high is None:
            return ""
        for unit, factor in _EPOCHS:
            if _EARLIEST * factor <= self.low and self.high <= _LATEST * factor:
                return unit
        return ""

    @property
    def values(self) -> list[str]:
        """The most frequent values."""
        return [value for value, _ in self.frequent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How one field goes with another.

    Attributes:
        contained: Share of the first one's different values that are also the second one's.
        together: Records in which both are filled.
        equal: Records in which they have the same value.
    """

    contained: float
    together: int
    equal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An unknown log, counted.

    Attributes:
        lists: Where the records stand in the documents, as `records` of a mapping; none when
            each document is a record.
        records: Sampled records.
        fields: Path to field, in the order of the paths.
        relations: (first, second) to how they go together, for fields that name things.
        empty: Paths of fields that every sampled record leaves empty.
    """

    lists: tuple[str, ...]
    records: int
    fields: Dictionary[str, Field]
    relations: Dictionary[tuple[str, str], Relation] = field(default_factory=dict)
    empty: Sequence[str] = ()

    def relation(self, first: Field, second: Field) -> Relation:
        """How two fields go together; nothing in common when that was not counted."""
        nothing = Relation(contained=0.0, together=0, equal=0)
        return self.relations.get((first.path, second.path), nothing)


def profile(connection: duckdb.DuckDBPyConnection, documents: pa.Table) -> Profile:
    """Count what a sample of documents holds.

    Args:
        connection: One that `apply.prepare` has seen; left with the temporary tables `sampled`
            and `leaves`.
        documents: Rows of `apply.DOCUMENTS`.
    """
    connection.register("documents", documents)
    try:
        lists = sample(connection)
    finally:
        connection.unregister("documents")
    paths = field_paths(structure(connection))
    connection.execute(
        _query("leaves"),
        {"names": paths, "paths": [f"$.{path}" for path in paths], "longest": _LONGEST_VALUE},
    )
    records = int(connection.execute("SELECT count(*) FROM sampled").fetchall()[0][0])
    fields = {entry.path: entry for entry in _fields(connection, records)}
    return Profile(
        lists=lists,
        records=records,
        fields=fields,
        relations=_relations(connection, list(fields.values())),
        empty=[path for path in paths if path not in fields],
    )


def _query(name: str) -> str:
    return queries.sql("forensics.normalise", f"profile_{name}")


def _fields(connection: duckdb.DuckDBPyConnection, records: int) -> list[Field]:
    rows = connection.sql(_query("fields")).to_arrow_table().to_pylist()
    return [
        Field(
            path=row["path"],
            phrase=phrase_of(row["path"]),
            records=records,
            filled=row["filled"],
            distinct=row["distinct_values"],
            most_repeated=row["most_repeated"],
            shape=_shape(row["shapes"]),
            low=row["low"],
            high=row["high"],
            fraction_digits=row["fraction_digits"] or 0,
            frequent=tuple((entry["value"], entry["n"]) for entry in row["frequent"]),
            example=_example(row["example"]),
        )
        for row in rows
    ]


def _shape(counts: Sequence[dict[str, int | str]]) -> str:
    """The shape of nearly all values; whole numbers among decimals are decimals, else text."""
    found = {str(entry["shape"]): int(entry["n"]) for entry in counts}
    total = sum(found.values())
    if _shows_a_point(found) and _share(found, _POINT) >= _NEARLY_ALL * total:
        return "decimal_point"
    for shape, count in found.items():
        if count >= _NEARLY_ALL * total:
            return shape
    for shape, parts in _MIXTURES.items():
        if _share(found, parts) >= _NEARLY_ALL * total:
            return shape
    return "text"


def _share(found: Dictionary[str, int], parts: Sequence[str]) -> int:
    return sum(found.get(part, 0) for part in parts)


def _shows_a_point(found: Dictionary[str, int]) -> bool:
    """Whether some value shows that a point is the decimal sign, and not every value is plain."""
    return "decimal_point" in found or {"decimal", "thousands"} <= found.keys()


_POINT = ("decimal_point", "decimal", "integer", "thousands")

_MIXTURES = {
    "decimal": ("decimal", "integer"),
    "decimal_comma": ("decimal_comma", "integer"),
    "iso_zoned": ("iso_zoned", "iso_naive"),
    "word": ("word", "integer", "decimal", "uuid", "boolean", "email"),
}
"""What to call values of several shapes."""


def _example(masked: str) -> str:
    try:
        return str(next(iter(orjson.loads(masked).values())))
    except (orjson.JSONDecodeError, AttributeError, StopIteration):
        return ""


def _relations(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[Field]
) -> dict[tuple[str, str], Relation]:
    """Counted for the fields that can name things: enough different short values."""
    named = [f for f in fields if f.shape in NAMES_OF_THINGS and f.distinct > 1 and not f.epoch]
    chosen = sorted(named, key=lambda f: (-f.distinct, f.path))[:_MOST_RELATED]
    distinct = {f.path: f.distinct for f in chosen}
    rows = connection.execute(_query("relations"), {"paths": list(distinct)}).fetchall()
    return {
        (first, second): Relation(
            contained=shared / distinct[first], together=together, equal=equal
        )
        for first, second, shared, together, equal in rows
    }
