"""One incident on the page: how it began, its story, whether it goes on, how far it reached."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.model.finding import Finding
from forensics.model.incident import (
    MOST_FAILURES,
    MOST_REMEDIES,
    Change,
    Failure,
    Incident,
    Relation,
    Root,
    Step,
)
from forensics.model.words import fraction_digits, goes_on, plural, span_digits, with_error
from forensics.report.html import Content, Markup, join, marked, tag
from forensics.report.incident_reach import reach
from forensics.report.pieces import definitions, moment, severity_badge, status_badge

_MOST_LINKS = 40
_MOST_LISTED = 500

_SHARED = {
    "chain": "one chain of causes",
    "event": "the same log line",
    "effect": "the same effect",
    "operation": "one operation key",
    "record": "the same record",
    "trace": "one trace",
}


def card(incident: Incident, findings: Sequence[Finding]) -> Markup:
    """The whole card, to be reached at `#incident-ID`.

    Args:
        incident: The incident.
        findings: Those that it is made of.
    """
    return tag(
        "article",
        severity_badge(incident.severity),
        " ",
        status_badge(findings),
        tag("h3", marked(incident.title)),
        definitions(_facts(incident)),
        _story(incident),
        tag("h4", "How far it reached"),
        reach(incident.blast_radius, _behind(incident)),
        _findings(incident),
        class_=f"card {incident.severity.value}",
        id=f"incident-{incident.incident_id}",
    )


def _behind(incident: Incident) -> str:
    """Where the lines behind the card's numbers are."""
    alone = len(incident.findings) == 1
    return f"#finding-{incident.findings[0]}" if alone else f"#behind-{incident.incident_id}"


def _findings(incident: Incident) -> Content:
    """The findings that the numbers add up, folded until a number leads there."""
    if len(incident.findings) == 1:
        return None
    links = [tag("li", tag("a", name, href=f"#finding-{name}")) for name in incident.findings]
    return tag(
        "details",
        tag("summary", f"{plural(len(incident.findings), 'finding')} behind these numbers"),
        tag("ul", links[:_MOST_LISTED], class_="columns"),
        id=f"behind-{incident.incident_id}",
    )


def standing(incident: Incident) -> Markup:
    """Whether it goes on, in words that reach no further than its logs."""
    told = incident.standing
    source = f" ({told.source})" if told.source else ""
    return join([f"{goes_on(told.state).capitalize()} ", moment(told.reaches_to), source])


def _facts(incident: Incident) -> list[tuple[str, Content]]:
    ends = (incident.first_at, incident.last_at)
    digits = span_digits(ends)
    shown, more = incident.failed[:MOST_FAILURES], len(incident.failed) - MOST_FAILURES
    return [
        ("from", join([_at(ends[0], digits), " to ", _at(ends[1], digits)])),
        ("began with", list(_roots(incident, digits))),
        ("preceded by", [tag("p", _line(change)) for change in incident.preceded_by]),
        (
            "failed meanwhile",
            [
                *(tag("p", _line(one, digits, lines=one.lines)) for one in shown),
                *([tag("p", f"and {more:,} more kinds of failure")] if more > 0 else []),
            ],
        ),
        ("came about by", [tag("p", line) for line in _mechanisms(incident)]),
        ("still going on?", standing(incident)),
        ("what to do", [tag("p", marked(one)) for one in incident.remedies[:MOST_REMEDIES]]),
        ("systems", ", ".join(incident.systems)),
    ]


def _at(when: datetime | None, digits: int) -> Markup:
    """A time of several logs' beside each other: none with more digits than its own log has."""
    return moment(when, min(digits, fraction_digits([when])))


def _mechanisms(incident: Incident) -> Iterator[Markup]:
    """Each way in which its duplicates came about, in words."""
    for name, findings in incident.mechanisms.items():
        many = f" ({plural(findings, 'finding')})" if len(incident.findings) > 1 else ""
        yield join([f"{mechanisms()[name].words} ", tag("code", name), many])


def _line(one: Change | Failure, digits: int = 0, *, lines: int = 1) -> Markup:
    """What it was, and where it stands; the whole path is its title."""
    short = one.place.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    return join(
        [
            _at(one.occurred_at, digits),
            " ",
            marked(with_error(one.sentence, one.error)),
            f" ({one.source} ",
            tag("code", short, title=one.place),
            f", {plural(lines, 'line')})" if lines > 1 else ")",
        ]
    )


def _roots(incident: Incident, digits: int) -> Iterator[Content]:
    """The likeliest beginning, the others folded."""
    if not incident.roots:
        return
    best, *others = incident.roots
    alone = len(incident.findings) == 1
    yield tag("p", _root(best, digits, alone=alone))
    if others:
        yield tag(
            "details",
            tag("summary", f"{plural(len(others), 'other candidate')}"),
            tag("ul", [tag("li", _root(root, digits, alone=alone)) for root in others]),
        )


def _root(root: Root, digits: int, *, alone: bool) -> Markup:
    share = "" if alone else f": {root.weight:.0%} of the findings follow from it"
    before = ". It names a cause before the log or outside of it" if root.before_log else ""
    return join(
        [
            _at(root.occurred_at, digits),
            " ",
            marked(with_error(root.sentence, root.error)),
            f" ({root.source}){share}{before}",
        ]
    )


def _story(incident: Incident) -> Iterator[Content]:
    """The steps; an incident of one is told by its title."""
    if len(incident.story) > 1:
        yield tag("h4", "How it went")
        yield tag("ol", [_step(step) for step in incident.story], class_="story")


def _step(step: Step) -> Markup:
    return tag(
        "li",
        tag("a", marked(step.sentence), href=f"#finding-{step.findings[0]}"),
        [
            join([" ", tag("a", str(number), href=f"#finding-{finding}")])
            for number, finding in enumerate(step.findings[1:_MOST_LINKS], start=2)
        ],
        f" and {more:,} more" if (more := len(step.findings) - _MOST_LINKS) > 0 else "",
        tag("span", _relation(step), class_="soft relation"),
    )


def _relation(step: Step) -> str:
    """`caused by step 1, by one chain of causes`; a weaker word where the evidence is weaker."""
    if step.relation is None:
        return ""
    shared = f": {_SHARED[step.by]}" if step.by in _SHARED else ""
    if step.relation is Relation.CAUSED:
        return f" caused by step {step.after}{shared}"
    if step.relation is Relation.FOLLOWED:
        return f" followed step {step.after}{shared}"
    return f" coincided with step {step.after}; nothing shows which led to which{shared}"
