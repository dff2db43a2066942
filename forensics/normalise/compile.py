"""A mapping compiled to one DuckDB statement over a whole batch of documents.

The statement reads the relation `documents` (its columns: `apply.DOCUMENTS`) and
gives one row an event, an ignored record or a record for quarantine: `disposition` says which,
`problem` why or under which name, and the canonical columns hold the event.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from forensics.model.columns import BY_NAME, COLUMNS
from forensics.model.environments import environment_named
from forensics.normalise import choices
from forensics.normalise.explode import exploded
from forensics.normalise.mapping import Beside, Mapping
from forensics.normalise.paths import Paths
from forensics.normalise.readings import by_name
from forensics.normalise.sql_types import sql_type, text

_PLACE = 'part, path, "offset", "position", line, suspect, element, record'
_POSITION = "concat(part, ':', coalesce(\"position\", \"offset\"::VARCHAR), '#' || element)"
_ALWAYS = (
    "event_id", "source", "source_position", "source_part", "acquisition_id", "execution_id",
    "raw",
)  # fmt: skip
"""Canonical columns that ingest fills, whatever the mapping says of them."""


_FREE_TEXT = ("attributes", "error", "predicate")
"""Columns into which a format may put any text of a record; they are masked like `raw`."""


IGNORED_WEIGHT = 0.001
"""What a record that a format ignores says for it, beside one that is typical of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A mapping as SQL.

    Attributes:
        statement: The statement; parameters: $source, $acquisition_id.
        columns: The canonical columns it gives; the others are null or their default.
    """

    statement: str
    columns: frozenset[str]

    def completed(self, relation: str) -> str:
        """A query that adds to the statement's rows the canonical columns it does not give."""
        missing = [column for column in COLUMNS if column.name not in self.columns]
        added = ", ".join(
            f"CAST({text(column.default) if column.default else 'NULL'} AS {sql_type(column.name)})"
            f" AS {column.name}"
            for column in missing
        )
        return f"SELECT *, {added} FROM {relation}" if missing else f"SELECT * FROM {relation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a batch is known to hold: for what cannot be there, nothing is compiled.

    Attributes:
        has_arrays: Whether a document may be an array.
        has_suspects: Whether a document may hold a secret.
        present: All top-level names that the records have; None when nobody looked.
    """

    has_arrays: bool = True
    has_suspects: bool = True
    present: Collection[str] | None = None


def compiled(mapping: Mapping, contents: Contents) -> Compiled:
    """Compile a mapping for a batch."""
    paths = Paths(whole="record" if mapping.line else "body", absent=mapping.absent)
    own = by_name(mapping.by_name, present=contents.present) if mapping.by_name else {}
    names = _given(mapping, own)
    lets = {name: _resolved(paths, value) for name, value in mapping.let.items()}
    excluded = paths.resolve(choices.excluded(mapping))
    rules = paths.resolve(choices.rules(mapping))
    classes = paths.resolve(choices.classes(mapping))
    columns = [f"{paths.resolve(choices.column(mapping, name, own))} AS {name}" for name in names]
    columns += [
        f"{paths.resolve(read)} AS read_{column.name}"
        for column, read in choices.checked(mapping, own)
    ]
    columns.append(f"{paths.resolve(choices.column(mapping, 'event_id', own))} AS own_id")
    columns.append(f"{paths.resolve(choices.zoneless(mapping, own))} AS zoneless_at")
    steps = [
        f"exploded AS ({exploded(mapping, paths, has_arrays=contents.has_arrays)})",
        f"parsed AS (SELECT *, {paths.parse('body')} AS found FROM exploded)",
        f"completed AS (SELECT *, {_rest(paths, contents.present)} AS rest FROM parsed)",
    ]
    previous = "completed"
    for name, value in lets.items():
        if isinstance(value, Beside):
            # Read twice: without this it would be computed twice, and what it reads four times.
            steps[-1] = steps[-1].replace(" AS (", " AS MATERIALIZED (", 1)
            steps.append(f"named_{name} AS ({_looked_up(name, value, previous)})")
        else:
            steps.append(f"named_{name} AS (SELECT *, TRY({value}) AS {name} FROM {previous})")
        previous = f"named_{name}"
    steps += [
        f"sorted_out AS (SELECT *, {excluded} AS excluded FROM {previous})",
        f"ruled AS (SELECT *, {rules} AS rule FROM sorted_out)",
        f"classed AS (SELECT *, {classes} AS class FROM ruled)",
        f"valued AS (SELECT {_PLACE}, excluded, rule, {', '.join(columns)} FROM classed)",
        f"judged AS (SELECT *, {choices.problem(mapping, own)} AS problem FROM valued)",
        f"identified AS (SELECT *, {_identity(names, lone=len(mapping.events) == 1)} FROM judged)",
    ]
    if mapping.secrets:
        steps[-1] = steps[-1].replace("SELECT *,", f"SELECT * {_own_secrets(mapping, names)},", 1)
    return Compiled(
        statement=paths.finish(
            f"WITH {', '.join(steps)} {_row(names, mask=contents.has_suspects)}"
        ),
        columns=frozenset({*names, *_ALWAYS}),
    )


def recognition(mapping: Mapping) -> str:
    """A query for how many records `documents` gives and how many of them are of this format.

    What a format ignores (a tombstone is no more than `null`) decides only between formats of which
    nothing typical is there. Lines of text that no pattern fits may be anything: a format that
    ignores them among its own is not known by them.
    """
    paths = Paths(whole="record" if mapping.line else "body", absent=mapping.absent)
    typical = paths.resolve(mapping.typical)
    ignoring = () if mapping.line else mapping.ignore
    ignored = paths.resolve(
        " OR ".join(f"coalesce(TRY({row.when}), false)" for row in ignoring) or "false"
    )
    steps = [
        f"exploded AS ({exploded(mapping, paths, has_arrays=True)})",
        f"parsed AS (SELECT *, {paths.parse('body')} AS found FROM exploded)",
    ]
    return paths.finish(
        f"WITH {', '.join(steps)}, judged AS ("
        f" SELECT coalesce(TRY({typical}), false) AS is_typical, {ignored} AS is_ignored"
        " FROM parsed)"
        " SELECT count(*), count(*) FILTER (is_typical)"
        f" + count(*) FILTER (is_ignored AND NOT is_typical) * {IGNORED_WEIGHT} FROM judged"
    )


def acquaintance(mapping: Mapping) -> str:
    """A query for the share of the fields named that some record of `documents` has, and how many.

    Fields of what encloses a record, and of other records beside it, are not looked for.
    """
    paths = Paths(whole="record" if mapping.line else "body", absent=mapping.absent)
    for expression in _expressions(mapping):
        paths.resolve(expression)
    fields = [paths.resolve(f"{{{path}}}") for path in paths.found]
    found = " + ".join(f"bool_or({field} IS NOT NULL)::INTEGER" for field in fields) or "0"
    steps = [
        f"exploded AS ({exploded(mapping, paths, has_arrays=True)})",
        f"parsed AS (SELECT *, {paths.parse('body')} AS found FROM exploded)",
    ]
    return paths.finish(
        f"WITH {', '.join(steps)}, counted AS (SELECT coalesce({found}, 0) AS known FROM parsed)"
        f" SELECT known / {max(len(fields), 1)}, known FROM counted"
    )


def _expressions(mapping: Mapping) -> Iterator[str]:
    """All that is said of a record's own fields."""
    yield mapping.recognise
    yield from (value for value in mapping.let.values() if isinstance(value, str))
    for rule in mapping.events:
        yield from (rule.when, *rule.columns.values())
        for row in rule.classify:
            yield from (row.when, *row.columns.values())


def _resolved(paths: Paths, value: str | Beside) -> str | Beside:
    if isinstance(value, str):
        return paths.resolve(value)
    return Beside(
        values=paths.resolve(value.values),
        where=paths.resolve(value.where),
        equals=paths.resolve(value.equals),
    )


def _looked_up(name: str, beside: Beside, previous: str) -> str:
    """The rows of `previous` with what the other records of their document say."""
    return f"""
    SELECT asking.*, beside.its_values AS {name}
    FROM {previous} AS asking
    LEFT JOIN (
        SELECT part, "offset", its_place, list(DISTINCT its_value ORDER BY its_value) AS its_values
        FROM (
            SELECT
                part, "offset", TRY({beside.where}) AS its_place, TRY({beside.values}) AS its_value
            FROM {previous}
        )
        WHERE its_place IS NOT NULL AND its_value IS NOT NULL
        GROUP BY part, "offset", its_place
    ) AS beside
        ON beside.part = asking.part AND beside."offset" = asking."offset"
        AND beside.its_place = TRY({beside.equals})"""


def _given(mapping: Mapping, own: choices.OwnReadings) -> list[str]:
    """Canonical columns that the mapping fills, in canonical order."""
    named = {
        name
        for rule in mapping.events
        for columns in (rule.columns, *(entry.columns for entry in rule.classify))
        for name in columns
    }
    kept = (named | own.keys()) - {"event_id", "acquisition_id", "raw"}
    if "amount" in kept:
        kept.add("money_stage")
    return [column.name for column in COLUMNS if column.name in kept]


def _rest(paths: Paths, present: Collection[str] | None) -> str:
    """What the mapping does not use of a record, if it asks and there is any."""
    if not paths.uses_rest or (present is not None and set(present) <= set(paths.names)):
        return "NULL"
    return paths.rest("body")


def _identity(names: Sequence[str], *, lone: bool) -> str:
    """Where the record is and what its event is called."""
    part = "NULL::INTEGER" if lone else "CASE WHEN excluded IS NULL THEN rule END"
    read = {"source": "$source", "source_position": _POSITION, "source_part": part}
    filled = ", ".join(
        f"{f'coalesce({name}, {value})' if name in names else value} AS own_{name}"
        for name, value in read.items()
    )
    own_id = "own_id" if lone else f"own_id || coalesce('#' || {part}, '')"
    made = f"md5(concat_ws('|', $source, {_POSITION}, {part}))"
    return f"{filled}, coalesce({own_id}, {made}) AS given_id"


def _own_secrets(mapping: Mapping, names: Sequence[str]) -> str:
    """Take the values of the mapping's own secret fields out of what will be stored."""
    pattern = text(f"(?:{'|'.join(map(re.escape, mapping.secrets))})")
    return "REPLACE ({})".format(
        ", ".join(
            f"CASE WHEN {' OR '.join(f'contains({column}, {text(s)})' for s in mapping.secrets)}"
            f" THEN mask_fields({column}, {pattern}) ELSE {column} END AS {column}"
            for column in ("record", "attributes")
            if column == "record" or column in names
        )
    )


def _row(names: Sequence[str], *, mask: bool) -> str:
    """Fill what every event has: position, id, defaults, masked record."""
    masked = "CASE WHEN suspect IS FALSE THEN {0} ELSE mask({0}) END" if mask else "{0}"
    values = {
        **{name: name for name in names},
        "event_id": "given_id",
        "source": "own_source",
        "source_position": "own_source_position",
        "source_part": "own_source_part",
        "acquisition_id": "$acquisition_id",
        "execution_id": "coalesce(execution_id, given_id)"
        if "execution_id" in names
        else "given_id",
        "raw": masked.format("record"),
    }
    if "amount" in names:
        effect_class = "effect_class" if "effect_class" in names else "NULL"
        values |= {
            "amount": "abs(amount)",
            "money_stage": f"stage_of_sum(amount, money_stage, {effect_class})",
        }
    if "environment" in names:
        values["environment"] = environment_named("environment")
    values |= {name: masked.format(name) for name in _FREE_TEXT if name in names}
    columns = [
        f"coalesce({value}, {text(BY_NAME[name].default or '')}) AS {name}"
        if BY_NAME[name].default
        else f"CAST({value} AS {sql_type(name)}) AS {name}"
        for name, value in values.items()
    ]
    return f"""
    SELECT
        CASE WHEN problem IS NOT NULL THEN 'quarantined' WHEN excluded IS NOT NULL THEN 'ignored'
            ELSE 'event' END AS disposition,
        coalesce(problem, excluded) AS problem, part AS part_identity, "offset" AS record_offset,
        element AS record_element, zoneless_at,
        own_id IS NOT NULL OR "position" IS NOT NULL AS has_own_id,
        {", ".join(columns)}, path AS source_path, line AS source_line
    FROM identified"""
