"""What each pattern can say about each log, what would cure its blindness, and which log has it."""

from collections.abc import Iterable, Iterator

from forensics.model.audit import Audit, SourceVerdict
from forensics.model.columns import TOLD_BY
from forensics.model.elsewhere import Elsewhere
from forensics.model.finding import Verdict
from forensics.report.html import Content, marked, tag
from forensics.report.pieces import table


def unseen(audit: Audit) -> Iterator[Content]:
    """What each pattern can say about each source."""
    yield tag(
        "p",
        "“Clear” holds only for the period and events of that source. “Blind” means that the log"
        " lacks what the pattern needs; nothing can be said. Where most events lack it, two numbers"
        " say how many of how many do not; of the others nothing can be said.",
    )
    patterns = list(dict.fromkeys(v.pattern for v in audit.verdicts))
    sources = list(dict.fromkeys(v.source for v in audit.verdicts))
    words = {(v.pattern, v.source): v for v in audit.verdicts}
    hidden = {(name, one.source): one.what for one in audit.elsewhere for name in one.hidden}
    head = tag("tr", [tag("th", name, scope="col") for name in ("pattern", *sources)])
    body = []
    for pattern in patterns:
        cells: list[Content] = [tag("th", pattern, scope="row")]
        for source in sources:
            verdict = words[pattern, source]
            some = "most events lack" if verdict.partly_blind else "lacks"
            lacking = f"{some} {', '.join(verdict.missing)}. " if verdict.missing else ""
            cells.append(
                tag(
                    "td",
                    _word(verdict),
                    data_label=source,
                    class_=f"word-{verdict.verdict.value}",
                    title=f"{lacking}{verdict.reason}{_but_for(hidden.get((pattern, source)))}",
                )
            )
        body.append(tag("tr", cells))
    yield tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", body), class_="matrix stack"),
        class_="wide",
        tabindex="0",
        role="region",
        aria_label="Verdict of every pattern on every source",
    )
    yield _elsewhere(audit)
    yield _cures(audit)


def _but_for(what: str | None) -> str:
    return f" Not in the log: {what}." if what else ""


def _word(verdict: SourceVerdict) -> str:
    """The verdict; where most events lack what it takes, with how many do not."""
    word = verdict.verdict.value
    if not verdict.partly_blind:
        return word
    return f"{word} ({verdict.population:,} of {verdict.events:,})"


def _cures(audit: Audit) -> Content:
    """For every blind pattern what is lacking where, and which log or field would cure it."""
    lacking: dict[str, list[SourceVerdict]] = {}
    for verdict in audit.verdicts:
        if verdict.verdict is Verdict.BLIND:
            lacking.setdefault(verdict.pattern, []).append(verdict)
    if not lacking:
        return None
    rows = [
        (
            pattern,
            ", ".join(v.source for v in verdicts),
            ", ".join(sorted({need.replace("|", " or ") for v in verdicts for need in v.missing})),
            marked(verdicts[0].reason),
        )
        for pattern, verdicts in lacking.items()
    ]
    return [
        tag("h3", "What would cure the blindness"),
        table(("pattern", "blind in", "lacks", "cure"), rows),
        *_told_by(need for verdicts in lacking.values() for v in verdicts for need in v.missing),
    ]


def _told_by(needs: Iterable[str]) -> Iterator[Content]:
    """Which columns tell what is none."""
    named = {name for need in needs for name in need.split("|")}
    for name in sorted(named & TOLD_BY.keys()):
        column, where = TOLD_BY[name]
        yield tag("p", marked(f"`{name}` is told by `{column}` {where}."), class_="soft")


def _elsewhere(audit: Audit) -> Content:
    """For every log what it cannot show, and how to have the log that shows it."""
    if not audit.elsewhere:
        return None
    return [
        tag("h3", "Which log would show it"),
        table(
            ("log", "cannot show", "blind for want of it", "what has it", "how to get that"),
            [
                (one.source, one.what, _blinded(one), _other(one), _commands(one, audit.run.case))
                for one in audit.elsewhere
            ],
        ),
    ]


def _blinded(one: Elsewhere) -> Content:
    return [
        tag("div", ", ".join(one.blind)) if one.blind else None,
        tag("div", f"to most of the log: {', '.join(one.partly)}") if one.partly else None,
        tag("div", f"to this alone: {', '.join(one.hidden)}") if one.hidden else None,
    ]


def _other(one: Elsewhere) -> Content:
    """The other log, with those of the case that are such a log and do not have it."""
    here = f"here: {', '.join(one.read_as)}" if one.read_as else ""
    return [tag("div", marked(one.log)), tag("div", here, class_="soft") if here else None]


def _commands(one: Elsewhere, case: str) -> Content:
    return [tag("div", tag("code", command)) for command in one.commands_into(case)]
