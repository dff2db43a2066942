"""What the three patterns that walk in circles say of one."""

from forensics.detect.contract import Facts
from forensics.model.finding import Explanation
from forensics.model.words import coded, duration, plural, priced

_ENDINGS = {
    "person": "It ended when a person stopped it.",
    "budget": "It ended when a limit on such chains was reached.",
    "guard": "It ended when a guard refused the last run.",
    "converged": "It ended when the last run found nothing left to change.",
    "error": "It ended with a run that failed.",
    "running": "It was still going on when the log ended.",
    "unknown": "The log does not say why it ended.",
}

_ASKED_FOR = (
    "In every round a person asked for one of the runs, as the log has it: if somebody decided each"
    " time, this is a conversation; if an automation acts in a person's name, it is a loop."
)


def explain_circle(facts: Facts) -> Explanation:
    """Say who set whom off, how often, over what and how it ended."""
    names = " -> ".join([*facts["cycle"], facts["cycle"][0]])
    return Explanation(
        title=_title(facts),
        sentences=" ".join(
            filter(
                None,
                (
                    _what_happened(facts, names),
                    superfluous(facts),
                    _beginning(facts),
                    joined(facts),
                    _ASKED_FOR * facts["asked_for"],
                    ending(facts),
                ),
            )
        ),
        reasons_for=[_known_by(facts), _came_back(facts)],
        reasons_against=["a process may be meant to come back to a record until it is done"],
        disproof=(
            "The workflow counts down, or each visit does another part of the work: map that"
            " count or cursor to `progress`."
        ),
        remedy=(
            "Mark what the automation writes itself and ignore it as a trigger, or start only"
            " when the value really changed."
        ),
    )  # fmt: skip


def _came_back(facts: Facts) -> str:
    return f"{coded(facts['record'])} came back {_rounds(facts)} on one ancestry"


def _rounds(facts: Facts) -> str:
    """Say how many rounds were complete: the first visit is none."""
    return plural(facts["visits"] - 1, "time")


def within(seconds: float | None) -> str:
    """Return ` in 4 min`, or nothing where the log has no times."""
    return "" if seconds is None else f" in {duration(seconds)}"


def superfluous(facts: Facts) -> str:
    """Say what the rounds after the first cost, or nothing where the log tells of none of it."""
    cost = facts["superfluous"]
    sums = " and ".join(priced(each["amount"], each["currency"]) for each in cost["sums"])
    effects = f"{plural(cost['effects'], 'effect')} like earlier ones" + (f" ({sums})" * bool(sums))
    parts = [
        effects if cost["effects"] else "",
        plural(cost["calls"], "call") if cost["calls"] else "",
        f"{duration(cost['run_s'])} of run time" if cost["run_s"] else "",
    ]
    told = ", ".join(filter(None, parts))
    return f"The rounds after the first cost {told}." if told else ""


def joined(facts: Facts) -> str:
    """Say how many causes the trace stands in for."""
    if not facts["joined"]:
        return ""
    lost = plural(facts["joined"], "cause")
    fitted = facts.get("fitted")
    but = f", but for {fitted} that fit into a pause of the others" if fitted else ""
    return f"The log lacks {lost} in between; the trace joins the parts{but}."


def _title(facts: Facts) -> str:
    first = facts["cycle"][0].partition("@")[0]
    if len(facts["cycle"]) == 1:
        return fitting(f"{first} set itself off {plural(facts['excess'], 'time')}", _over(facts))
    others = len(facts["cycle"]) - 1
    second = facts["cycle"][1].partition("@")[0] if others == 1 else plural(others, "other")
    return fitting(f"{first} and {second} ran in a circle {_rounds(facts)}", _over(facts))


def _over(facts: Facts) -> str:
    return f" over {coded(facts['record'])}"


def fitting(claim: str, record: str) -> str:
    """Return the claim with its record, if both fit into the line of a title."""
    whole = claim + record
    return whole if len(whole) <= 90 else claim[:90]  # noqa: PLR2004 - the length of a title


def _what_happened(facts: Facts, names: str) -> str:
    return (
        f"{plural(facts['executions'], 'run')}{within(facts['duration_s'])} went round"
        f" {names}: {plural(facts['visits'], 'visit')} to {coded(facts['record'])}"
        + (f" and {plural(facts['records'] - 1, 'other record')}" if facts["records"] > 1 else "")
        + f", {plural(facts['depth'], 'cause')} deep."
        + growth(facts)
    )


def growth(facts: Facts) -> str:
    """Say how many others a run set off, and whether the chain grows; nothing if none had ended."""
    told = facts["growth"]
    if told["mean"] is None:
        return ""
    if told["low"] > 1:
        verdict = "so that it grows"
    elif told["high"] < 1:
        verdict = "so that it dies out"
    else:
        verdict = "so that the log does not tell whether it grows or dies out"
    return (
        f" A run set off {told['mean']:g} more on average (95 % interval {told['low']:g} to"
        f" {told['high']:g}), {verdict}."
    )


def _beginning(facts: Facts) -> str:
    if facts["root_unseen"]:
        return (
            f"Its first cause lies before the log; {coded(facts['root'])} is the first run in it."
        )
    return f"It began with {coded(facts['root'])}."


def _known_by(facts: Facts) -> str:
    if facts["fitted"]:
        return "the runs that name their cause go round, and the others share or fill their trace"
    if facts["joined"]:
        return "the runs that name their cause go round, and the others share their trace"
    return f"each run names the run that caused it, {plural(facts['depth'], 'cause')} deep"


def ending(facts: Facts) -> str:
    """Say how it ended, as far as the log tells."""
    ended = facts.get("ended", "unknown")
    if ended == "running" and (stopped := facts.get("stopped_alike", 0)):
        return (
            "It may have been still going on when the log ended; but"
            f" {plural(stopped, 'other chain')} of as many runs stopped there by"
            f" {'itself' if stopped == 1 else 'themselves'}."
        )
    return _ENDINGS[ended]
