"""What the explanations of all storms share: how many, how long, what for, and how it ended."""

from collections.abc import Sequence

from forensics.detect.contract import Facts, Reading
from forensics.model.words import duration, plural

EXCUSES = {
    "polling": Reading(
        "the attempt before had been answered; asking again is how one waits for a result"
    ),
    "pagination": Reading(
        "record, payload or cursor moved on from one attempt to the next",
        needs=("entity_id|payload_hash|progress",),
    ),
    "obeyed_retry_after": Reading(
        "the attempt waited as long as the callee had asked it to", elsewhere=("retry_after",)
    ),
    "hedged": Reading(
        "attempts overlapped and the slower one was cancelled: a race, run on purpose",
        elsewhere=("ended_at",),
    ),
    "backfill": Reading(
        "a person or a planned run asked for it again", elsewhere=("trigger_kind",)
    ),
    "scheduled_run": Reading(
        "a schedule's next tick tried again", elsewhere=("scheduled_for|trigger_kind",)
    ),
    "health_check": Reading("probes and shippers of telemetry repeat by design"),
    "unknown_outcome": Reading("the log does not say what came of the attempt before"),
}
"""Why a repeat is no retry; each kind is kept apart, and counted."""

FEW = {"few": Reading("fewer repeats than would do harm")}


def edge(facts: Facts) -> str:
    """Return who called whom."""
    return f"{facts['caller']} -> {facts['callee']}"


def volume(facts: Facts) -> str:
    """Say how many attempts were made of how many operations, in what time, against what error."""
    error = f", most often after `{facts['error']}`" if facts["error"] else ""
    return (
        f"{plural(facts['attempts'], 'attempt')} were made of"
        f" {plural(facts['operations'], 'operation')} within {duration(facts['duration_s'])}"
        f" ({facts['amplification']:g} for each, at most {facts['peak_per_s']:g} retries a second"
        f"{error})."
    )


def ending(facts: Facts) -> str:
    """Say how it ended, what was spent, and whether it could have helped at all."""
    recovered, operations = facts["recovered"], facts["operations"]
    if recovered >= operations:
        end = "In the end everything got through."
    elif facts["still_failing"]:
        end = f"{operations - recovered} of {operations} were still failing when the log ends."
    else:
        end = f"{operations - recovered} of {operations} never got through."
    if facts["wasted_s"]:
        end += f" The retries took {duration(facts['wasted_s'])} of waiting in all."
    if facts["permanent"]:
        end += (
            f" {plural(facts['permanent'], 'answer')} said that trying again could not help"
            " (invalid, refused or not found)."
        )
    return end


def policy(facts: Facts) -> str:
    """Say how the caller seems to retry, beside how it is declared to.

    Empty where nothing is declared and its attempts show no plan.
    """
    seen = facts.get("policy")
    if seen is None:
        return ""
    parts = _plan(seen)
    if seen["errors"]:
        shown = ", ".join(f"`{error}`" for error in seen["errors"][:3])
        parts.append(f"to try again after {shown}{' and others' if seen['errors'][3:] else ''}")
    said = f" The caller seems {_and(parts)}." if parts else ""
    if seen["too_early"]:
        said += (
            f" {plural(seen['too_early'], 'retry')} came before the moment that the answer had"
            f" named (Retry-After); {seen['in_time']:,} waited for it."
        )
    return said + _declared(seen, facts.get("declared"))


def _declared(seen: Facts, declared: Facts | None) -> str:
    """What `forensics.toml` says, and where the attempts differ from it."""
    if declared is None:
        return ""
    said = f" It is declared {_and(_plan(declared))}"
    other = _differences(seen, declared)
    if other:
        return f"{said}; but {_and(other)}."
    if seen["factor"] is None and declared["first_pause_s"]:
        return f"{said}; what pauses it kept cannot be told."
    return f"{said}; no attempt differs from that."


def _differences(seen: Facts, declared: Facts) -> list[str]:
    other = []
    allowed = declared["attempts"]
    if allowed and seen["most"] and seen["most"] > allowed:
        other.append(f"one operation was attempted {seen['most']:,} times")
    elif allowed and seen["attempts"] and seen["attempts"] < allowed:
        other.append(f"most were given up after {plural(seen['attempts'], 'attempt')}")
    if seen["factor"] is None:
        return other
    if _differs(seen["first_pause_s"], declared["first_pause_s"]):
        other.append(f"the first pause was {duration(seen['first_pause_s'])}")
    if _differs(seen["factor"], declared["factor"]):
        other.append(
            "the pauses did not grow"
            if seen["factor"] == 1
            else f"each pause was {seen['factor']:g} times the one before"
        )
    if _differs(seen["longest_pause_s"], declared["longest_pause_s"]):
        other.append(f"the longest pause was {duration(seen['longest_pause_s'])}")
    spreads = (seen["spread"], declared["spread"])
    if None not in spreads and (spreads[0] < _NO_JITTER) != (spreads[1] < _NO_JITTER):
        other.append(f"the pauses were {_jitter(spreads[0])}")
    return other


def _differs(seen: float | None, declared: float | None) -> bool:
    """Whether by more than a quarter, which is what pauses of one length may differ by."""
    if seen is None or declared is None:
        return False
    return not 0.8 * declared <= seen <= 1.25 * declared


def _plan(policy: Facts) -> list[str]:
    gives_up = policy["attempts"] and f"to give up after {plural(policy['attempts'], 'attempt')}"
    pauses = None if policy["factor"] is None else _pauses(policy)
    return [part for part in (gives_up, pauses) if part]


def _pauses(seen: Facts) -> str:
    first = duration(seen["first_pause_s"])
    if seen["factor"] == 1:
        said = f"to wait {first} after each answer"
    else:
        said = (
            f"to wait {first} after the first answer and {seen['factor']:g} times as long each time"
        )
        if seen["longest_pause_s"] is not None:
            said += f", up to {duration(seen['longest_pause_s'])}"
    if seen["spread"] is None:
        return said
    return f"{said}, {_jitter(seen['spread'])}"


def _jitter(spread: float) -> str:
    return "without jitter" if spread < _NO_JITTER else f"give or take {spread / 2:.0%}"


_NO_JITTER = 0.1
"""Jitter in use is a tenth of the pause or more either way; less is the network's doing."""


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if parts[1:] else parts[0]
