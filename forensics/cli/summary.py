"""The ranked summary of an audit, and the account of what was read."""

import os
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

from forensics.cli import printing
from forensics.model.audit import SourceAccount
from forensics.model.words import NO_CUSTOMER, of_case, plural, priced

LINES = 24
"""What a summary fits into on a terminal."""
_UNCUT = 1_000_000
_NARROWEST = 40
_LABEL = 11
_MOST_LINES = 3
_EXAMPLES = 3
_NOTHING = "nothing of note"
_SHORT_ID = 8
_MOST_CLOSING = 5
_FRAME = 3
"""Two empty lines, and where the report is."""
_GIVEN = frozenset({"refunded", "reversed"})
"""Stages of money that customers were given: what is out of it is no loss of theirs. What was
credited may be in the books of anybody."""
_QUIET_STATES = frozenset({"new", "grown", "unchanged"})


def _width() -> int:
    """Columns as COLUMNS says, else those of the terminal; in a pipe nothing is cut."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal():
        return max(int(said), _NARROWEST)
    return max(Console().width, _NARROWEST) if sys.stdout.isatty() else _UNCUT


def _room() -> int:
    """What of them is left beside the labels."""
    return _width() - _LABEL


def _wrap(text: str, *, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _room(), subsequent_indent=indent)


def accounts(read: Sequence[SourceAccount]) -> None:
    """What became of every source's records, and what the user should be told."""
    printing.table(
        ("source", "format", "read", "mapped", "ignored", "stored before", "quarantined"),
        [
            (
                account.source,
                ", ".join(account.formats) or "-",
                f"{account.read:,}",
                f"{account.mapped:,}",
                f"{sum(account.ignored.values()):,}",
                f"{account.already_stored:,}",
                f"{account.quarantined:,}",
            )
            for account in read
        ],
    )
    notices(read)


def notices(read: Sequence[SourceAccount]) -> None:
    """What the user should be told of the sources, in sentences to standard error."""
    for account in read:
        for notice in account.notices:
            if notice.state not in _QUIET_STATES:
                printing.say(f"{account.source}: {notice.sentence}")
        _unmapped(account)
        _mixed(account)


def _mixed(account: SourceAccount) -> None:
    """What one name stands for is one log: two witnesses under it are taken for one."""
    if len(account.formats) > 1:
        printing.say(
            f"{account.source}: {' and '.join(account.formats)} are read as one log; if they are"
            " of several systems, name each by itself (`audit ONE=FILE OTHER=FILE`)."
        )


def _unmapped(account: SourceAccount) -> None:
    names = list(account.unmapped)
    count = sum(account.unmapped.values())
    if among := account.unrecognised - count:
        printing.say(
            f"{account.source}: no format that was tried recognises {plural(among, 'record')} among"
            f" those of {' and '.join(account.formats)}; `forensics map SOURCE` says what to read"
            " it as."
        )
    if not names:
        return
    more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
    printing.say(
        f"{account.source}: no format that was tried recognises {plural(count, 'record')} of"
        f" {', '.join(names[:_EXAMPLES])}{more}; `forensics map SOURCE` says what to read it as."
    )


def audit(document: dict[str, Any], *, case: Path, report: Path, uncounted: str = "") -> None:
    """The seven answers that come first; on a terminal at most `LINES` lines.

    Args:
        document: The run, as in `findings.json`.
        case: Where the case is, as it was typed.
        report: Where the report is.
        uncounted: Why its findings do not count for the exit code; empty where some do.
    """
    told = document["headline"]
    found, *more = _closing(document)
    closing = [found, *filter(None, [uncounted]), *more]
    if _width() < _UNCUT:
        closing = closing[:_MOST_CLOSING]
    unseen = _typed(told["unseen"], case)
    answers = {
        "Going on?": _standing(told),
        "Hit": _harm(document),
        "Stop now": _short(told["stop"], "nothing unfinished is seen"),
        "Save now": _short(told["save"], "no source of these is known to delete", most=2),
        "Worst": told["worst"] or ["no findings"],
        "Not seen": _short(unseen, _NOTHING),
        "Go on": _typed(told["following"][:1], case),
    }
    spare = LINES - _FRAME - len(closing) - sum(map(len, answers.values()))
    answers["Worst"] = _worst(document, told["worst"], spare)
    # A command that is cut off is of no use: what nobody else takes of the screen is for these.
    left = LINES - _FRAME - len(closing) - sum(map(len, answers.values()))
    answers["Not seen"] = _short(unseen, _NOTHING, most=_MOST_LINES + max(left, 0))
    printing.line()
    for label, texts in answers.items():
        for number, text in enumerate(texts):
            printing.line(f"{label if number == 0 else '':<{_LABEL}}{text}")
    printing.line()
    for text in closing:
        printing.line(_fitting(text, _width()))
    printing.line(f"report: {report / 'report.html'}")


def _standing(told: dict[str, Any]) -> list[str]:
    lines = _wrap(told["standing"])[:2]
    ends = [f"{one['source']} {one['last_at'][:16]}" for one in told["reaches"] if one["last_at"]]
    if len(ends) > 1:
        lines.append(_fitting(f"logs end: first {ends[0]}, last {ends[-1]}"))
    elif ends:
        lines.append(_fitting(f"log ends: {ends[0]}"))
    return lines


def _harm(document: dict[str, Any]) -> list[str]:
    told = document["headline"]
    sure, possible = told["customers_confirmed"], told["customers_possible"]
    if sure:
        more = f", {possible:,} more possible" if possible else ""
        hit = f"{plural(sure, 'customer')} confirmed{more}"
    elif possible:
        hit = f"{plural(possible, 'customer')} possible"
    else:
        hit = NO_CUSTOMER if told["worst"] else "nobody is known to be hit"
    if told["records_wrong"]:
        hit += f"; {plural(told['records_wrong'], 'record')} possibly wrong"
    if told["accepted"]:
        hit += f" ({plural(told['accepted'], 'accepted incident')} not counted)"
    lines = _wrap(hit)
    sums: dict[str, dict[str, Decimal]] = {}
    given: dict[str, Decimal] = {}
    for money in told["money"]:
        by_certain = sums.setdefault(money["currency"], {})
        net = Decimal(money["gross"]) - Decimal(money["compensated"])
        by_certain[money["certain"]] = by_certain.get(money["certain"], Decimal(0)) + net
        if money["stage"] in _GIVEN:
            given[money["currency"]] = given.get(money["currency"], Decimal(0)) + net
    for currency, by_certain in sums.items():
        words = ", ".join(f"{priced(net, currency)} {word}" for word, net in by_certain.items())
        to_them = given.get(currency, Decimal(0))
        share = "" if to_them == sum(by_certain.values()) else f"{to_them:,.2f} of it "
        lines.append(f"{words}, still out{f', {share}given to customers' if to_them else ''}")
    if len(lines) > _MOST_LINES:
        rest = len(lines) - _MOST_LINES + 1
        lines[_MOST_LINES - 1 :] = [f"and {rest} other currencies"]
    return lines


def _worst(document: dict[str, Any], finding_ids: Sequence[str], spare: int) -> list[str]:
    """The incident of each finding, under the id that `show` takes; on two lines where they fit."""
    lines: list[str] = []
    for finding_id in finding_ids:
        head, title, tail = _incident_of(document, finding_id)
        whole = _wrap(f"{head}{title}{tail}", indent=" " * (_SHORT_ID + 1))
        if len(whole) > 1 + min(spare, 1):
            whole = [head + _fitting(title, _room() - len(head) - len(tail)) + tail]
        spare -= len(whole) - 1
        lines += whole
    return lines or ["no findings"]


def _incident_of(document: dict[str, Any], finding_id: str) -> tuple[str, str, str]:
    """Its id and how bad it is, its title, and its money."""
    finding = next(f for f in document["findings"] if f["finding_id"] == finding_id)
    incident = next(i for i in document["incidents"] if i["incident_id"] == finding["incident_id"])
    name = incident["incident_id"] if len(incident["findings"]) > 1 else finding_id
    status = "" if finding["status"] == "new" else f"{finding['status']} "
    head = f"{name[:_SHORT_ID]} {finding['severity']} {finding['grade']} {status}"
    return head, incident["title"], f" {printing.money(incident['exposure'])}".rstrip()


def _typed(sentences: Sequence[str], case: Path) -> list[str]:
    """Commands with the case as it was typed, so that they can be typed again."""
    return [one.replace(of_case(case.name), of_case(case)) for one in sentences]


def _short(sentences: Sequence[str], nothing: str, *, most: int = 3) -> list[str]:
    """Sentences on a few lines, the last cut off where they have to fit."""
    lines = [line for one in sentences for line in _wrap(one)] or [nothing]
    if len(lines) > most and _width() < _UNCUT:
        lines[most - 1 :] = [f"{lines[most - 1][: _room() - 1]}…"]
    return lines


def _fitting(text: str, room: int | None = None) -> str:
    room = _room() if room is None else room
    return text if len(text) <= room else f"{text[: room - 1]}…"


def every_finding(document: dict[str, Any]) -> None:
    """All findings of a run, one a line; on a narrow terminal two."""
    printing.events(
        ("severity", "grade", "status", "pattern", "what", "money", "finding"),
        [_row(finding) for finding in document["findings"]],
        below=("what",),
    )


def _row(finding: dict[str, Any]) -> tuple[str, ...]:
    return (
        finding["severity"],
        finding["grade"],
        finding["status"],
        finding["pattern"],
        finding["explanation"]["title"],
        printing.money(finding["exposure"]),
        finding["finding_id"],
    )


def _closing(document: dict[str, Any]) -> list[str]:
    """What was found in all, and what of the logs had better be known."""
    counts = document["summary"]
    found = f"{plural(counts['findings'], 'finding')} in {plural(counts['incidents'], 'incident')}"
    innocent = f"{counts['suppressed']:,} explained innocently"
    read = f"{plural(counts['events'], 'event')} of {plural(counts['sources'], 'log')}"
    lines = [f"{found}{_statuses(document)}, {innocent}, {read}"]
    if gone := _gone(document):
        lines.append(gone)
    if empty := [c["source"] for c in document["coverage"] if not c["events"]]:
        lines.append(f"no event in {', '.join(empty)}")
    if document["exposures"]:
        first, more = document["exposures"][0], len(document["exposures"]) - 1
        others = f" (and {more:,} more)" if more else ""
        lines.append(f"not happened, but can{others}: {first['explanation']['title']}")
    lines += [
        f"{why['source']}: {plural(why['records'], 'record')} in quarantine, such as"
        f" {why['examples'][0]}: {why['reason']}"
        for why in document["quarantine"][:1]
    ]
    return lines


def _statuses(document: dict[str, Any]) -> str:
    """What is new since the last run; nothing where all is."""
    counts = Counter(finding["status"] for finding in document["findings"])
    if counts.keys() <= {"new"}:
        return ""
    accepted = ("accepted",) if counts["accepted"] else ()
    return f" ({', '.join(f'{counts[s]} {s}' for s in ('new', 'growing', 'recurring', *accepted))})"


def _gone(document: dict[str, Any]) -> str:
    """What earlier runs found and this one does not; empty when that is nothing."""
    counts = Counter(one["status"] for one in document["gone"])
    parts = [
        f"{counts[status]:,} {status.replace('_', ' ')}"
        for status in ("resolved", "not_observed")
        if counts[status]
    ]
    return f"earlier: {', '.join(parts)}, such as {document['gone'][0]['title']}" if parts else ""
