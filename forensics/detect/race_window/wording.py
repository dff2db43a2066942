"""Words that the explanations of this detector share; they say what the log shows and no more."""

from collections.abc import Mapping, Sequence
from typing import Any

Party = Mapping[str, Any]

SUPPRESSORS: dict[str, str] = {
    "commutative": "Increments and appends arrive at the same result in any order.",
    "disjoint_fields": "They wrote different fields, and neither wrote the whole record.",
    "same_value": "Both left the record with the same content.",
    "held_lock": "One exclusive lock was held around each of them, one after the other.",
    "same_chain": "One root caused both: the second knew of the first.",
    "clock_uncertain": "The clocks are too far off to say which came first.",
    "guarded": "The write was conditional on what had been read, or was refused for it.",
    "isolated": "The store runs these transactions at a level at which it refuses one of them.",
    "last_write_wins": "Only fields, or systems, in which the last write wins by design.",
    "recreated": "The record was removed and made again; its versions started anew.",
}
"""The innocent readings of this detector; a pattern names those that it looks for."""


def innocent(*names: str) -> dict[str, str]:
    """The suppressors of a pattern, by name."""
    return {name: SUPPRESSORS[name] for name in names}


def who(party: Party) -> str:
    """A party by its workflow, else its actor, else its system, and the transaction."""
    name = party["workflow"] or party["actor"] or party["system"]
    return f"{name} (`{party['transaction']}`)"


def everyone(parties: Sequence[Party]) -> str:
    """All parties in one phrase; the fourth and later ones are counted."""
    named = [who(party) for party in parties[:3]]
    if len(parties) > len(named):
        named.append(f"{len(parties) - len(named)} more")
    return ", ".join(named[:-1]) + " and " + named[-1] if len(named) > 1 else named[0]


def fields(names: Sequence[str]) -> str:
    """The fields in question, as far as the log names them."""
    if not names or list(names) == ["*"]:
        return "fields that the log does not name"
    return ("field " if len(names) == 1 else "fields ") + ", ".join(f"`{name}`" for name in names)


def both(parties: Sequence[Party]) -> str:
    """`both`, or `all` of more."""
    return "both" if len(parties) == 2 else "all"  # noqa: PLR2004 - two are both
