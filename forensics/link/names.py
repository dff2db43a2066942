"""Learns which fields of two sources name the same things, and gives obligations one name.

Two fields that hold equal values may name one thing, or may both count from one. What is learned
must therefore be beyond what chance gives, the more so the easier the values coincide:

    unique    long and mixed (`ch_3Qb…`, a UUID): that many are shared
    numbered  a number behind a name (`ORD-17`): besides, most of one side are shared, and the
              two sources tell of a value at times that go together
    plain     bare numbers and words: besides, the fields bear the same name

What falls short is kept with the reason, and nothing rests on it. The work is bounded by samples of
4,096 values a field, the same values in each (a bottom-k sketch; Cohen and Kaplan, 2007).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from forensics.model.errors import UsageError
from forensics.model.joins import DeclaredJoin, Join
from forensics.model.words import plural
from forensics.store import queries

FEWEST = 20
"""Shared values below which nothing is learned: a share of fewer is not known within 20 points."""

SHOWN = 5
"""Shared values below which a pair of fields is not even mentioned."""

UNIQUE_SHARE = 0.1
"""What the smaller field must share of values that cannot be equal by chance.

Each equal value is then a thing that both name. A field may hold the ids of many kinds of things,
of which the other knows one; below a tenth they are an accident of what was pasted into it.
"""

NUMBERED_SHARE = 0.5
"""What the smaller field must share of values that can be equal by chance.

A field that refers to another is found in it for the most part, but for what lies beyond the ends
of the log. Counters that overlap by nature may share all: it is the times that tell those apart.
"""

SPREAD = 0.25
"""Times go together when their lags scatter at most this share of what shuffled pairs give.

Of 200,000 draws of 20 pairs of unrelated times, 4 in 10,000 came that low:
`python -m benchmarks.reach.joins`.
"""

MOST = 0.9
"""Share of the shared values that must be of a kind for the pair to be of that kind."""

_COLUMNS = (
    "effect_id", "operation_key", "delivery_id", "natural_key", "customer_id", "trace_id",
    "transaction_id",
)  # fmt: skip
_ENTITY = "entity_id"


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """One field of one source.

    Attributes:
        source: The source.
        field: As `Join` names it.
        path: Where it lies in `attributes`, a JSON path; empty for canonical columns.
    """

    source: str
    field: str
    path: str = ""


Sides = tuple[Side, Side]


def resolve(
    connection: duckdb.DuckDBPyConnection, declared: Iterable[DeclaredJoin]
) -> tuple[Sides, ...]:
    """Find the fields that declared joins mean in the view `events`.

    Raises:
        UsageError: A join names a source or field that does not exist, or a source twice.
    """
    joins = tuple(declared)
    if not joins:
        return ()
    rows = connection.execute("SELECT DISTINCT source FROM events ORDER BY source").fetchall()
    sources = [source for (source,) in rows]
    return tuple(_sides(connection, join, sources) for join in joins)


def _sides(
    connection: duckdb.DuckDBPyConnection, join: DeclaredJoin, sources: Sequence[str]
) -> Sides:
    left, right = sorted(
        _side(connection, text, sources, where=f"join `{join.text}`")
        for text in (join.left, join.right)
    )
    if left.source == right.source:
        raise UsageError(
            f"The join `{join.text}` names one source, `{left.source}`, on both sides.",
            hint="A join says that two sources name one thing.",
        )
    return left, right


def _side(
    connection: duckdb.DuckDBPyConnection, text: str, sources: Sequence[str], *, where: str
) -> Side:
    source = max((s for s in sources if text.startswith((f"{s}:", f"{s}."))), key=len, default=None)
    if source is None:
        raise UsageError.unknown("source", text.partition(":")[0], known=sources, where=where)
    field = text[len(source) + 1 :].removeprefix("attributes.")
    for side in _readings(source, field):
        if _is_said(connection, side):
            return side
    known = _fields(connection, source)
    raise UsageError.unknown("field", field, known=known, where=f"{where}, source `{source}`")


def _readings(source: str, field: str) -> list[Side]:
    """What a name may mean: a column, else a path, else a key that holds dots itself."""
    if field in _COLUMNS or field.partition(":")[0] == _ENTITY:
        return [Side(source, field)]
    if '"' in field or not field:
        return []
    nested = "".join(f'."{step}"' for step in field.split("."))
    return [Side(source, field, f"${nested}"), Side(source, field, f'$."{field}"')]


def _is_said(connection: duckdb.DuckDBPyConnection, side: Side) -> bool:
    """Whether any event of the source has the field."""
    entity, _, entity_type = side.field.partition(":")
    if side.path:
        held = "json_extract_string(attributes, $value) IS NOT NULL"
        value = side.path
    elif entity == _ENTITY:
        held = """(
            (entity_id IS NOT NULL AND coalesce(entity_type, '') = $value)
            OR len(list_filter(related, lambda r: coalesce(r.type, '') = $value)) > 0)"""
        value = entity_type
    else:
        held, value = f"{side.field} IS NOT NULL AND $value = ''", ""
    query = f"SELECT 1 FROM events WHERE source = $source AND {held} LIMIT 1"
    return bool(connection.execute(query, {"source": side.source, "value": value}).fetchall())


def _fields(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """What could have been meant."""
    _run(connection, "attribute_fields")
    counts = ", ".join(f"count({column})" for column in _COLUMNS)
    (row,) = connection.execute(
        f"SELECT {counts} FROM events WHERE source = $source", {"source": source}
    ).fetchall()
    others = connection.execute(
        """
        SELECT field FROM attribute_fields WHERE source = $source
        UNION
        SELECT field_of_entity(entity_type) FROM events
        WHERE source = $source AND entity_id IS NOT NULL
        ORDER BY ALL""",
        {"source": source},
    ).fetchall()
    said = [column for column, count in zip(_COLUMNS, row, strict=True) if count]
    return [*said, *(field for (field,) in others)]


def learn(connection: duckdb.DuckDBPyConnection, declared: Sequence[Sides] = ()) -> list[Join]:
    """Compare the fields of the sources of `events`; those that name one thing first.

    Args:
        connection: Has the view `events`.
        declared: Joins that hold whatever is learned, from `resolve`.
    """
    if not declared and connection.execute(_LOGS, [FEWEST]).fetchall() < [(2,)]:
        return []
    _run(connection, "attribute_fields")
    for side in {side for sides in declared for side in sides if side.path}:
        connection.execute(
            """
            INSERT INTO attribute_fields SELECT $source, $field, $path
            WHERE ($source, $field) NOT IN (SELECT (source, field) FROM attribute_fields)""",
            {"source": side.source, "field": side.field, "path": side.path},
        )
    _declare(connection, declared)
    _run(connection, "name_values", {"fewest": FEWEST})
    _run(connection, "name_pairs", {"shown": SHOWN})
    rows = connection.sql("FROM name_pairs").to_arrow_table().to_pylist()
    meant = {_ends(sides) for sides in declared}
    joins = [_join(row, is_declared=_row_ends(row) in meant) for row in rows]
    joins += [_unseen(sides) for sides in declared if _ends(sides) not in set(map(_row_ends, rows))]
    return sorted(joins, key=lambda join: (not join.used, -join.shared, join.name))


_LOGS = """
    SELECT count(*) FROM (SELECT source FROM events GROUP BY source HAVING count(*) >= $1)"""
"""Sources that could hold enough names: to compare the others is not worth the time."""


def name_obligations(connection: duckdb.DuckDBPyConnection, joins: Iterable[Join]) -> None:
    """Fill `obligation_names`, from joins that are used, and compare effects by it."""
    useful = [join for join in joins if join.used and _names_an_obligation(join)]
    for table in ("obligation_names", "used_joins", "linking_fields"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    if not useful:
        connection.execute(
            "CREATE TABLE obligation_names"
            " (scope UBIGINT, name VARCHAR, obligation VARCHAR, joins VARCHAR[])"
        )
        return
    connection.execute("""
        CREATE TABLE used_joins (left_source VARCHAR, left_field VARCHAR,
            right_source VARCHAR, right_field VARCHAR, assumption VARCHAR)""")
    for join in useful:
        ends = (join.left_source, join.left_field, join.right_source, join.right_field)
        connection.execute(
            "INSERT INTO used_joins VALUES ($1, $2, $3, $4, $5)", [*ends, join.assumption]
        )
    connection.execute("""
        CREATE TABLE linking_fields AS
        SELECT left_source AS source, left_field AS field FROM used_joins
        UNION SELECT right_source, right_field FROM used_joins""")
    _run(connection, "obligation_names")


def _names_an_obligation(join: Join) -> bool:
    """Whether one side names what is owed, and neither whom or what it passes through."""
    sides = ((join.left_field, join.left_many), (join.right_field, join.right_many))
    return any(_OWED.search(field) for field, _ in sides) and not any(
        many or _SHARED.search(field) for field, many in sides
    )


_OWED = re.compile(
    r"^natural_key$|^entity_id:.*(order|invoice|bill|booking|reservation|purchase|checkout|payment"
    r"|charge|transfer|payout)s?$",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"customer|client|user|account|contact|person|payer|owner|tenant|session|trace|transaction",
    re.IGNORECASE,
)
"""What many obligations have in common, though in a short log one may have one."""


def _ends(sides: Sides) -> tuple[str, str, str, str]:
    left, right = sides
    return left.source, left.field, right.source, right.field


def _row_ends(row: dict[str, object]) -> tuple[object, ...]:
    return row["left_source"], row["left_field"], row["right_source"], row["right_field"]


def _declare(connection: duckdb.DuckDBPyConnection, declared: Sequence[Sides]) -> None:
    connection.execute("""
        CREATE OR REPLACE TABLE declared_pairs
            (left_source VARCHAR, left_field VARCHAR, right_source VARCHAR, right_field VARCHAR)""")
    for sides in declared:
        connection.execute("INSERT INTO declared_pairs VALUES ($1, $2, $3, $4)", [*_ends(sides)])
    connection.execute("""
        CREATE OR REPLACE VIEW declared_sides AS
        SELECT left_source, left_field FROM declared_pairs
        UNION SELECT right_source, right_field FROM declared_pairs""")


def _join(row: dict[str, object], *, is_declared: bool) -> Join:
    shared, left, right = (_number(row[n]) for n in ("shared", "left_values", "right_values"))
    values = (
        "unique" if _number(row["unique_share"]) >= MOST
        else "numbered" if _number(row["named_share"]) >= MOST
        else "plain"
    )  # fmt: skip
    times = _times(row)
    against = _against(
        shared=int(shared),
        share=shared / min(left, right),
        values=values,
        times=times,
        same_words=bool(row["same_words"]),
    )
    standing = "declared" if is_declared else "not used" if against else "learned"
    reason = "It was declared." if is_declared else against or _for(values)
    return Join(
        left_source=str(row["left_source"]),
        left_field=str(row["left_field"]),
        right_source=str(row["right_source"]),
        right_field=str(row["right_field"]),
        shared=int(shared),
        left_share=round(shared / left, 4),
        right_share=round(shared / right, 4),
        compared="all" if row["whole"] else "sample",
        left_many=bool(row["left_many"]),
        right_many=bool(row["right_many"]),
        values=values,
        times=times,
        examples=[str(value) for value in row["examples"]],  # type: ignore[attr-defined]
        standing=standing,
        reason=reason,
    )


def _number(value: object) -> float:
    assert isinstance(value, int | float)  # noqa: S101 - the query says so
    return value


def _times(row: dict[str, object]) -> str:
    """Whether the two sources tell of the values at times that go together."""
    chance = row["chance_spread_s"]
    if not chance or _number(row["timed"]) < FEWEST:
        return "unknown"
    return "agree" if _number(row["lag_spread_s"]) <= SPREAD * _number(chance) else "differ"


def _against(*, shared: int, share: float, values: str, times: str, same_words: bool) -> str:
    """What falls short, one sentence; empty when nothing does."""
    needed = UNIQUE_SHARE if values == "unique" else NUMBERED_SHARE
    if shared < FEWEST:
        return f"Only {plural(shared, 'value')} are shared; {FEWEST} are needed."
    if share < needed:
        return f"Only {share:.0%} of the smaller field's values are shared; {needed:.0%} is needed."
    if values != "unique" and times != "agree":
        return (
            "Such values may be equal by chance, and the times of the two do not go together."
            if times == "differ"
            else "Such values may be equal by chance, and too few times say whether they belong"
            " together."
        )
    if values == "plain" and not same_words:
        return "Bare numbers or words may be equal by nature, and the fields have different names."
    return ""


def _for(values: str) -> str:
    return {
        "unique": "The values are too long to be equal by chance.",
        "numbered": "Most values of one side are shared, and their times go together.",
        "plain": "The fields have one name, most values of one side are shared, and their times go"
        " together.",
    }[values]


def _unseen(sides: Sides) -> Join:
    left, right = sides
    return Join(
        left_source=left.source,
        left_field=left.field,
        right_source=right.source,
        right_field=right.field,
        shared=0,
        left_share=0.0,
        right_share=0.0,
        compared="all",
        left_many=False,
        right_many=False,
        values="plain",
        times="unknown",
        examples=(),
        standing="declared",
        reason="It was declared; no value is shared.",
    )


def _run(
    connection: duckdb.DuckDBPyConnection, stem: str, values: dict[str, object] | None = None
) -> None:
    """Run a file of statements, each with those of the values that it names."""
    queries.execute(connection, queries.sql("forensics.link", stem), values)
