"""How records are classified by the value of their action."""

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, replace

from forensics.model.columns import BY_NAME
from forensics.normalise.propose_action import Verbs
from forensics.normalise.propose_candidates import PROPOSED
from forensics.normalise.propose_readings import placeholder, plain_value
from forensics.normalise.propose_words import Sense
from forensics.normalise.sql_types import text

_EITHER_SIDE = frozenset({"captured", "debited", "credited"})
_ROWS_A_VALUE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the records with one value of the action are.

    Attributes:
        when: Expression that holds for them.
        columns: Canonical column to expression.
        comment: What is known of them.
    """

    when: str
    columns: Dictionary[str, str]
    comment: str


def action_of(said: Verbs) -> str:
    """The verb; for an access log with the address, in which numbers and ids are stars."""
    assert said.action is not None  # noqa: S101 - asked only where there is one
    verb = placeholder(said.action.entry)
    if said.address is None:
        return verb
    route = f"regexp_replace(split_part({placeholder(said.address)}, '?', 1), "
    return f"{verb} || ' ' || {route}'/[^/]*[0-9][^/]*', '/*', 'g')"


def classified(
    said: Verbs,
    *,
    spoken: set[str],
    has_outcome: bool,
    is_partial: bool,
    told: Sequence[str],
    has_keys: bool,
    has_sides: bool,
) -> tuple[Row, ...]:
    """One row a value; where there are many, one a meaning.

    Args:
        said: What the log says of what was done.
        spoken: Columns that a person said.
        has_outcome: Whether a field says what came of it. Of a `refund_failed` it is how that was
            told, or what became of telling it.
        is_partial: Whether that field is not in every record: the others' verbs are asked.
        told: Branches of a `CASE`: what came of a record by other fields than its verb.
        has_keys: Whether records say which operation they belong to, so that a call and its answer
            are one.
        has_sides: Whether a field says of each line whether it is a debit or a credit: what money
            is called says less.
    """
    if said.action is None or said.action.confidence < PROPOSED:
        return ()
    where = placeholder(said.action.entry)

    def columns(sense: Sense) -> dict[str, str]:
        is_asked = not has_outcome or sense.failed or (is_partial and not sense.announces)
        without = spoken if is_asked else spoken | {"outcome"}
        if has_sides and sense.columns.get("money_stage") in _EITHER_SIDE:
            without = {*without, "money_stage"}
        return _columns(_announced(sense, without, has_keys=has_keys), without, told)

    usable = [(value, n, sense) for value, n, sense in said.senses if plain_value(value)]
    if len(usable) <= _ROWS_A_VALUE:
        return tuple(
            Row(
                when=f"{where} = {text(value)}",
                columns=columns(sense),
                comment=_comment(value, count, sense),
            )
            for value, count, sense in usable
        )
    meanings: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for value, _, sense in usable:
        if sense.known:
            meanings.setdefault(tuple(columns(sense).items()), []).append(value)
    return tuple(
        Row(
            when=f"{where} IN ({', '.join(map(text, sorted(values)))})",
            columns=dict(meaning),
            comment=f"{len(values)} values",
        )
        for meaning, values in sorted(meanings.items())
    )


def _announced(sense: Sense, without: set[str], *, has_keys: bool) -> Sense:
    """An effect that is only announced is a call of which the answer stands on another line.

    Without a key nothing ties the two: a call would stay open for ever, so it is none. Where a
    field says what came of it, the line is about what was done after all.
    """
    if not sense.announces or "outcome" in without:
        return sense
    said = {"kind": "attempt", "phase": "start"} if has_keys else {"kind": "other"}
    return replace(sense, columns={**sense.columns, **said, "outcome": "pending"})


def _columns(sense: Sense, without: set[str], told: Sequence[str]) -> dict[str, str]:
    said = sense.columns or {"kind": "other"}
    doubtful = bool(told) and said.get("outcome") in {"ok", "pending"}
    return {
        column: f"CASE {' '.join(told)} ELSE {text(word)} END"
        if doubtful and column == "outcome"
        else text(word)
        for column, word in sorted(said.items(), key=lambda pair: list(BY_NAME).index(pair[0]))
        if column not in without
    }


def _comment(value: str, count: int, sense: Sense) -> str:
    records = f"{count:,} sampled records"
    if not sense.known:
        return f"{records}: no word of `{value}` is known; say what kind it is"
    known = f"{records}; known by {', '.join(f'`{word}`' for word in sense.words)}"
    return f"{known}; says that it is asked for, not that it was done" if sense.announces else known
