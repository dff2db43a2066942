"""What a value says beside the others of its log: what is captured later was not charged before.

Alone, `payment.created` may be all that a log tells of a charge, and `invoice.settled` its taking.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from forensics.normalise.propose_names import words
from forensics.normalise.propose_words import Sense

Said = tuple[str, int, Sense]
"""A value, how often it occurs and what it means."""

_MADE = frozenset({"create", "created", "initiate", "initiated", "opened"})
_SETTLED = frozenset({"settle", "settled", "settlement"})
_TAKEN = frozenset({"authorised", "captured", "settled"})


def in_stages(senses: Iterable[Said]) -> tuple[Said, ...]:
    """The same, where a later stage of the same thing is told too.

    What was only made is announced, and what was settled after it was captured is settled.
    """
    told = tuple(senses)
    return tuple((value, count, _beside(value, sense, told)) for value, count, sense in told)


def _beside(value: str, sense: Sense, told: Sequence[Said]) -> Sense:
    said = set(words(value))
    if sense.columns.get("kind") != "effect":
        return sense
    done = [
        (set(words(other)), one)
        for other, _, one in told
        if other != value and _was_done(one, sense) and said & set(words(other)) & set(one.words)
    ]
    if said & _MADE and any(not names & _MADE for names, _ in done):
        return replace(sense, announces=True)
    is_captured = any(not names & _SETTLED and _stage(one) == "captured" for names, one in done)
    if said & _SETTLED and _stage(sense) == "captured" and is_captured:
        return replace(sense, columns={**sense.columns, "money_stage": "settled"})
    return sense


def _was_done(other: Sense, sense: Sense) -> bool:
    """Whether it is an effect of the same class that took place; of money, at a stage to come."""
    return (
        other.columns.get("effect_class") == sense.columns.get("effect_class")
        and other.columns.get("kind") == "effect"
        and other.columns.get("outcome") == "ok"
        and (_stage(sense) == _stage(other) or {_stage(sense), _stage(other)} <= _TAKEN)
    )


def _stage(sense: Sense) -> str | None:
    return sense.columns.get("money_stage")
