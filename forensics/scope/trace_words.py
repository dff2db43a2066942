"""Verdicts of a trace in words; each follows from the row that it is made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from forensics.model.words import instant, plural

_FIELDS = {
    "attributes": "attributes",
    "cause_id": "cause",
    "compensates_effect_id": "effect taken back",
    "customer_id": "customer",
    "delivery_id": "message",
    "effect_id": "effect",
    "execution_id": "run",
    "handoff_id": "handing-over",
    "item_key": "item",
    "natural_key": "natural key",
    "occurrence_id": "occurrence",
    "operation_key": "key",
    "previous_execution_id": "run before",
    "record": "record",
    "text": "text",
    "told_effect": "effect",
    "trace_id": "trace",
    "transaction_id": "transaction",
}

MENTIONED = {"attributes": "says it in its attributes", "text": "says it in its text alone"}
"""How a line was reached of which no column names what was asked for."""

_DONE = {
    "authorised": "authorised",
    "captured": "charged",
    "credited": "credited",
    "debited": "debited",
    "disputed": "disputed",
    "fee": "charged a fee",
    "refunded": "refunded",
    "reinstated": "taken again",
    "reversed": "reversed",
    "settled": "settled",
    "messaging": "messaged",
}


def field_word(field: str) -> str:
    """What people call a field: `order` for `entity_id:order`."""
    return _FIELDS.get(field) or field.removeprefix("entity_id").lstrip(":") or "record"


def reached_by(field: str, value: str, *, via: str, step: int) -> str:
    """How a line was reached, as a clause."""
    if step == 0:
        words = list(dict.fromkeys(field_word(one) for one in field.split(",")))
        if len(words) == 1 and words[0] in MENTIONED:
            return MENTIONED[words[0]]
        return f"says it as {', '.join(words)}"
    shared = "the same effect" if field == "told_effect" else f"{field_word(field)} {value}"
    return f"{shared}, as {via}"


def done(row: dict[str, Any]) -> str:
    """What was done, as a participle: `charged`, `messaged`, `infrastructure: done`."""
    word = _DONE.get(row["money_stage"] or row["effect_class"] or "")
    by = f" by {row['lone_callee']}" if row["lone_callee"] else ""
    return f"{word}{by}" if word else f"{row['effect_class'] or 'effect'}: done{by}"


def word_of(row: dict[str, Any]) -> str:
    """`once`, `several`, `at least once` or `unknown`."""
    if row["is_once"]:
        return "once"
    if row["times"] > 1:
        return "several"
    return "at least once" if row["times"] or row["unnamed"] else "unknown"


def sentence(row: dict[str, Any], findings: Sequence[dict[str, Any]]) -> str:
    """The verdict on one group.

    Args:
        row: Of `name_verdicts`.
        findings: That call one of its effects a duplicate or an original: id, grade and title.
    """
    what, ids = done(row), _ids(row["effects"])
    match word_of(row):
        case "once":
            spans = ", ".join(
                f"{_logs(s['logs'])} from {_when(s['from_at'])} to {_when(s['until_at'])}"
                for s in row["spans"]
            )
            return f"{what} once ({ids}), within this coverage: {spans}"
        case "several":
            found = _findings(findings) or "no finding objects to it"
            told = f"{_vouched(row)}{_left(row['effects'])}"
            return f"{what} {row['times']} times ({ids}){told}: {found}{_open(row)}"
        case "at least once":
            open_points = f"because {'; '.join(because(row))}"
            sure = f" ({ids})" if ids else ""
            found = f"; see {_findings(findings)}" if findings else ""
            return f"{what} at least once{sure}; not provable that only once, {open_points}{found}"
        case _:
            return f"not shown to have been {what}; nor that it was not: {'; '.join(because(row))}"


def _findings(findings: Sequence[dict[str, Any]]) -> str:
    return " and ".join(
        f"finding {one['finding_id']} ({one['grade']}: {one['title']})" for one in findings
    )


def because(row: dict[str, Any]) -> list[str]:
    """What keeps it from being said that it was only once, a clause each."""
    return [] if row["is_once"] else [clause for clause in _clauses(row) if clause]


def _clauses(row: dict[str, Any]) -> list[str]:
    kind = field_word(row["field"])
    unheard = [name for name in row["unrecorded"] if name not in row["booked_callees"]]
    return [
        _doubts(row["doubts"]),
        f"{_told(row['unnamed'])} without an id of the effect" if row["unnamed"] else "",
        *(_possible(one, kind) for one in row["possible_kinds"]),
        f"no log here says that it is kept by {_logs(unheard)} (`vantage`)" if unheard else "",
        *(f"`{one['source']}` is not whole: {one['reason'].rstrip('.')}" for one in row["torn"]),
        *(
            f"{_logs(one['logs'])} would have to reach from before {_when(one['from_at'])} to after"
            f" {_when(one['until_at'])}"
            for one in row["outside"]
        ),
        "a line of it has no time" if row["untimed"] else "",
    ]


def _logs(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _open(row: dict[str, Any]) -> str:
    """What may have happened besides; a call under the key of one of them asked for that one."""
    doubt = _doubts([one for one in row["doubts"] if not one["is_answered"]])
    return f"; perhaps once more, as {doubt}" if doubt else ""


def _told(count: int) -> str:
    return "one was told of" if count == 1 else f"{count:,} were told of"


def _possible(some: dict[str, Any], kind: str) -> str:
    """Effects that may be of the name too, and why that is not known."""
    one = some["n"] == 1
    bears = "bears" if one else "bear"
    why = {
        "nameless": f"{'names' if one else 'name'} no {kind} and may be of this one",
        "spelling": f"{bears} a {kind} spelled a little otherwise and may be of this one",
        "owner": f"{bears} it, of a tenant or environment not known, and may be of this one",
        "kind": f"{bears} it too, of another class or stage of money, and may be one more",
        "longer": f"{bears} this {kind} with something after it and may be of this one",
        "mention": f"{'names' if one else 'name'} it in"
        f" {'its' if one else 'their'} text or attributes alone and may be one more",
    }[some["why"]]
    return f"{plural(some['n'], 'effect')} such as `{some['example']}` {why}"


def _doubts(doubts: Sequence[dict[str, Any]]) -> str:
    if not doubts:
        return ""
    first = doubts[0]
    more = f" (and {len(doubts) - 1:,} more)" if len(doubts) > 1 else ""
    what = {"timeout": "timed out", "pending": "is pending"}.get(first["outcome"], "is unknown")
    at = f" of {_when(first['at'])}" if first["at"] else ""
    return f"`{first['action']}`{at} in `{first['source']}` {what} and was never settled{more}"


def _ids(effects: Sequence[dict[str, Any]]) -> str:
    shown = [f"`{e['effect_id']}`{_money(e)}{_back(e)}" for e in effects[:3]]
    more = [f"{len(effects) - 3:,} more"] if len(effects) > 3 else []  # noqa: PLR2004 - as shown
    return ", ".join([*shown, *more])


def _money(effect: dict[str, Any]) -> str:
    if effect["amount"] is None:
        return ""
    return f" {effect['amount']:,.2f} {effect['currency'] or ''}".rstrip()


def _back(effect: dict[str, Any]) -> str:
    return f" given back {effect['given_back']}" if effect["given_back"] else ""


def _left(effects: Sequence[dict[str, Any]]) -> str:
    """How many of several stand, where some were given back in full."""
    back = sum(effect["given_back"] == "in full" for effect in effects)
    left = len(effects) - back
    times = {0: "none", 1: "once"}.get(left, f"{left:,} times")
    return f", {back:,} of them given back in full, so {times} in the end" if back else ""


def _vouched(row: dict[str, Any]) -> str:
    told = row["times"] - row["recorded"]
    return f", {told:,} of them only by others' word" if told else ""


def _when(when: datetime) -> str:
    return f"{instant(when)}Z"
