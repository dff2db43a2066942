"""What a value says beside the others of its log: what is captured later was not charged before.

Alone, `payment.created` may be all that a log tells of a charge, and `invoice.settled` its taking.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from forensics.normalise.propose_names import words
from forensics.normalise.propose_words import SETTLED, Sense

Said = tuple[str, int, Sense]
"""A value, how often it occurs and what it means."""

_MADE = frozenset({"create", "created", "initiate", "initiated", "opened"})
_SETTLED = frozenset({"settle", "settled", "settlement"})
_TAKEN = frozenset({"authorised", "captured", "settled"})
_MOST = 0.5
"""Of most that were made it must be told how they ended: of fewer, the rest may be charges of which
nothing more is told. It is the majority; no log was measured for it."""


def in_stages(senses: Iterable[Said]) -> tuple[Said, ...]:
    """The same, where a later stage of the same thing is told too.

    What was only made is announced, where of most it is told how they ended, and what was settled
    after it was captured is settled.
    """
    told = tuple(senses)
    return tuple((value, count, _beside(value, count, sense, told)) for value, count, sense in told)


def _beside(value: str, count: int, sense: Sense, told: Sequence[Said]) -> Sense:
    said = set(words(value))
    if sense.columns.get("kind") != "effect":
        return sense
    later = [
        (set(words(other)), number, one)
        for other, number, one in told
        if other != value and _is_later(one, sense) and said & set(words(other)) & set(one.words)
    ]
    done = [(names, one) for names, _, one in later if one.columns["outcome"] == "ok"]
    if said & _MADE and any(not names & _MADE for names, _ in done):
        # One payment passes through several stages, and ends in one way at each.
        ended: Counter[str | None] = Counter()
        for names, number, one in later:
            ended[_stage(one)] += 0 if names & _MADE else number
        is_told = max(ended.values()) >= _MOST * count
        return replace(sense, announces=sense.announces or is_told)
    is_captured = any(not names & _SETTLED and _stage(one) == "captured" for names, one in done)
    if said & _SETTLED and _stage(sense) == "captured" and is_captured:
        return replace(sense, columns={**sense.columns, "money_stage": "settled"})
    return sense


def _is_later(other: Sense, sense: Sense) -> bool:
    """Whether it is the end of an effect of the same class; of money, at a stage to come."""
    return (
        other.columns.get("effect_class") == sense.columns.get("effect_class")
        and other.columns.get("kind") == "effect"
        and other.columns.get("outcome") in SETTLED
        and (_stage(sense) == _stage(other) or {_stage(sense), _stage(other)} <= _TAKEN)
    )


def _stage(sense: Sense) -> str | None:
    return sense.columns.get("money_stage")
