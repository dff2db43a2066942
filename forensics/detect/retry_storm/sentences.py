"""What the explanations of all storms share: how many, how long, what for, and how it ended."""

from forensics.detect.contract import Facts
from forensics.model.words import duration, plural

EXCUSES = {
    "polling": "the attempt before had been answered; asking again is how one waits for a result",
    "pagination": "record, payload or cursor moved on from one attempt to the next",
    "obeyed_retry_after": "the attempt waited as long as the callee had asked it to",
    "hedged": "attempts overlapped and the slower one was cancelled: a race, run on purpose",
    "backfill": "a person or a planned run asked for it again",
    "scheduled_run": "a schedule's next tick tried again",
    "health_check": "probes and shippers of telemetry repeat by design",
    "unknown_outcome": "the log does not say what came of the attempt before",
}
"""Why a repeat is no retry; each kind is kept apart, and counted."""

FEW = {"few": "fewer repeats than would do harm"}


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
