"""Words that the explanations of this detector share; they say what the log shows and no more."""

from collections.abc import Mapping, Sequence
from typing import Any

from forensics.detect.contract import Reading
from forensics.model.words import coded

Party = Mapping[str, Any]

SUPPRESSORS: dict[str, Reading] = {
    "commutative": Reading(
        "Increments and appends arrive at the same result in any order.", needs=("commutative",)
    ),
    "disjoint_fields": Reading(
        "They wrote different fields, and neither wrote the whole record.",
        needs=("fields|changes",),
    ),
    "same_value": Reading(
        "Both left the record with the same content.", needs=("after_hash|changes",)
    ),
    "held_lock": Reading(
        "One exclusive lock was held around each of them, one after the other.", elsewhere=("lock",)
    ),
    "same_chain": Reading(
        "One root caused both: the second knew of the first.", needs=("cause_id|trace_id",)
    ),
    "clock_uncertain": Reading(
        "The clocks are too far off to say which came first.", needs=("occurred_at|source_seq",)
    ),
    "guarded": Reading(
        "The write was conditional on what had been read, or was refused for it.",
        needs=("conditional",),
    ),
    "isolated": Reading(
        "The store runs these transactions at a level at which it refuses one of them.",
        needs=("transaction_id", "isolation"),
    ),
    "last_write_wins": Reading(
        "Only fields, or systems, in which the last write wins by design.",
        needs=("fields|changes",),
    ),
    "recreated": Reading(
        "The record was removed and made again; its versions started anew.",
        elsewhere=("write_kind",),
    ),
}
"""The innocent readings of this detector; a pattern names those that it looks for."""


def innocent(*names: str) -> dict[str, Reading]:
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


def step(edge: Mapping[str, Any]) -> str:
    """What shows that one transaction has to come before another."""
    earlier, later = who(edge["earlier"]), who(edge["later"])
    version = f"version {edge['version']} of {coded(edge['record'])}"
    return {
        "rw": f"{earlier} read {version}, which {later} replaced",
        "wr": f"{later} read {version}, which {earlier} had made",
        "ww": f"{later} replaced {version}, which {earlier} had made",
    }[edge["kind"]]


def fields(names: Sequence[str]) -> str:
    """The fields in question, as far as the log names them."""
    if not names or list(names) == ["*"]:
        return "fields that the log does not name"
    return ("field " if len(names) == 1 else "fields ") + ", ".join(f"`{name}`" for name in names)


def both(parties: Sequence[Party]) -> str:
    """`both`, or `all` of more."""
    return "both" if len(parties) == 2 else "all"  # noqa: PLR2004 - two are both
