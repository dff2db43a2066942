"""Words that the patterns of this detector share."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from forensics.detect.contract import Facts, Reading
from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.model.columns import BY_NAME
from forensics.model.words import duration, plural

_UNNAMED = BY_NAME["action"].default

_SUPPRESSORS: Mapping[str, Reading] = {
    "absorbed_redelivery": Reading(
        "The message was handed over several times and had its effect once.", needs=("effect_id",)
    ),
    "authorise_then_capture": Reading(
        "Money was held by one effect and taken by the other.", needs=("money_stage",)
    ),
    "booked_elsewhere": Reading(
        "One system made the payment; the other's own log only books it.", needs=("vantage",)
    ),
    "fan_out": Reading(
        "The effects concern different things, customers or items, take back different effects, or"
        " come from one run.",
        needs=("entity_id|customer_id|item_key|natural_key",),
    ),
    "idempotent_replay": Reading(
        "The repeated call was answered from memory; nothing was done again.", needs=("effect_id",)
    ),
    "instalment": Reading(
        "The effects belong to different periods, or repeat as evenly as a clock.",
        needs=("period_key",),
    ),
    "other_content": Reading(
        "What was asked for differs from one call to the next.", needs=("amount|payload_hash",)
    ),
    "other_stage": Reading(
        "The effects move money to different stages: out of one account, into another.",
        needs=("money_stage",),
    ),
    "own_ids": Reading(
        "The callee's own log tells of one effect and goes on beyond the others,"
        " and other logs of no more than one each, under ids of their own.",
        needs=("effect_id",),
    ),
    "part_payment": Reading(
        "The amounts differ: parts of one sum, not the sum twice.", needs=("amount",)
    ),
    "passed_on": Reading(
        "Most of what each of the two settles the other settles too, and nobody asked the one: it"
        " is passed the payments of the other.",
        needs=("natural_key|entity_id",),
    ),
    "read_twice": Reading(
        "The log tells of it more than once: one occurrence id, or one line written twice.",
        needs=("occurrence_id|effect_id",),
    ),
    "refused_attempt": Reading("A guard refused the repeated call."),
    "reissued": Reading(
        "The first effect had been taken back in full before the next one.",
        elsewhere=("compensates_effect_id|money_stage",),
    ),
    "scheduled_run": Reading(
        "The effects were meant for different ticks of a schedule.", needs=("scheduled_for",)
    ),
    "several_witnesses": Reading(
        "Several records carry one effect id: one effect, told by several logs.",
        needs=("effect_id",),
    ),
    "test_mode": Reading("It happened in a test environment.", needs=("environment",)),
    "within_authorisation": Reading(
        "No more was taken than had been held for it: parts of one payment.",
        needs=("amount",),
        elsewhere=("money_stage",),
    ),
    "unnamed_systems": Reading(
        "The logs name no system, and neither keys nor contents show it to be one."
    ),
}


_TOGETHER: Mapping[float, str] = {
    1: ", in the same second",
    60: ", in the same minute",
    3_600: ", in the same hour",
    86_400: ", on the same day",
}
"""What is said of times that are less than so many seconds apart, which is all that they tell."""

_TITLE_ID = 26
"""Characters; the longest id that a title shows whole."""


def suppressors(*names: str) -> Mapping[str, Reading]:
    """Give each name the innocent reading that it stands for."""
    return {name: _SUPPRESSORS[name] for name in names}


def ids(facts: Facts) -> str:
    """List the first effect ids and how many more there are."""
    shown = ", ".join(f"`{effect_id}`" for effect_id in facts["effect_ids"] or ())
    more = facts["effects"] - len(facts["effect_ids"] or ())
    return f"{shown} and {more} more" if shown and more else shown or f"{more} without ids"


def came_about(facts: Facts, *, said: str = "") -> str:
    """Say how it came about, where the log shows it and the sentence before has not `said` so."""
    name = facts.get("mechanism")
    if not name or name == said:
        return ""
    pace = facts.get("period_s")
    again = f", every {duration(pace)}" if pace else ""
    return f" How it came about: {mechanisms()[name].words} (`{name}`){again}."


def remedy(facts: Facts, usual: str) -> str:
    """What to do about the mechanism, where the log shows one; else what is usual."""
    name = facts.get("mechanism")
    return mechanisms()[name].remedy if name else usual


def short(identifier: str) -> str:
    """Leave out the middle of what is too long for a title."""
    if len(identifier) <= _TITLE_ID:
        return identifier
    return f"{identifier[:8]}…{identifier[-6:]}"


def money(facts: Facts) -> str:
    """Write the amount as reports do: `155.00 EUR`, `0.0012 EUR`; empty when there is none."""
    if facts["amount"] is None:
        return ""
    amount = Decimal(facts["amount"]).normalize()
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{amount:,.{places}f} {facts['currency'] or ''}".rstrip()


def apart(facts: Facts) -> str:
    """Say how far apart the first and the last were, as finely as the log has times."""
    if facts["seconds"] is None:
        return ""
    if told := facts.get("resolution_s"):
        return _TOGETHER.get(told, f", less than {duration(facts['seconds'] + told)} apart")
    return f", {duration(facts['seconds'])} apart"


_UNKNOWN_WITNESS = (
    "No log that is known to be the callee's own tells of these effects, and it may tell of fewer;"
    " `vantage` says whose log a line comes from."
)


def named(facts: Facts) -> Facts:
    """The same facts; where no line names the action, they say that instead of `unknown`."""
    return {**facts, "action": "an unnamed action"} if facts["action"] == _UNNAMED else facts


def teller(facts: Facts) -> str:
    """Begin the sentence with who says so, and no more than the log supports."""
    if facts["asserted"]:
        return f"A log that is not known to be {facts['callee']}'s own reports that it made"
    return f"{facts['callee']} made"


def first(facts: Facts) -> str:
    """Say so where the log leaves open which of the effects came first."""
    return " The log does not tell which of them came first." if facts["first_unclear"] else ""


def returned(facts: Facts) -> str:
    """Say how much has been taken back, when something has."""
    count = facts["compensated"]
    if not count:
        return ""
    return f" {plural(count, 'effect')} of these {'was' if count == 1 else 'were'} taken back."


def other_use(facts: Facts) -> Sequence[str]:
    """Give the innocent reading of one key for effects that did different things."""
    if facts["content_differs"]:
        return ("Sums or contents differ, as where a key names a session, not an operation.",)
    return ()


def caveat(facts: Facts) -> Sequence[str]:
    """Give the innocent readings of what only the actor, or logs without names, tell."""
    readings = []
    if facts["asserted"]:
        readings.append(_UNKNOWN_WITNESS)
    if facts["nowhere_named"]:
        readings.append("The logs name no system, so they may be two.")
    return readings
