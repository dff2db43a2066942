"""The parts of the page, each from the audit alone."""

from collections.abc import Callable, Iterator, Sequence

from forensics.model.audience import Audience
from forensics.model.audit import Audit, QuarantineReason
from forensics.model.incident import Incident
from forensics.model.words import duration, of_case, priced
from forensics.report import incident_card
from forensics.report.headline import endless
from forensics.report.html import Content, join, marked, tag
from forensics.report.pieces import amounts, moment, table

Fill = Callable[[Audit], Content]

_MOST_INCIDENTS = 10
_MOST_ROWS = 500
_MOST_PENDING = 200
_MOST_JOINS = 30


def incidents(audit: Audit) -> Iterator[Content]:
    """The worst incidents with their story, the others a row each."""
    if not audit.incidents:
        yield tag("p", "Nothing was found. What that is worth stands below: ",
                  tag("a", "what could not be seen", href="#unseen"), ".")  # fmt: skip
    yield [
        incident_card.card(incident, audit.within(incident.incident_id))
        for incident in audit.incidents[:_MOST_INCIDENTS]
    ]
    if rest := audit.incidents[_MOST_INCIDENTS:]:
        yield tag("h3", "The others")
        yield table(
            ("severity", "what", "findings", "money", "customers", "still going on?"),
            [
                (
                    one.severity.value,
                    tag(
                        "a",
                        marked(one.title),
                        href=f"#finding-{one.findings[0]}",
                        id=f"incident-{one.incident_id}",
                    ),
                    _linked(one, f"{len(one.findings):,}"),
                    _linked(one, amounts(one.exposure)),
                    _linked(one, f"{len(one.customers):,}" if one.customers else ""),
                    incident_card.standing(one),
                )
                for one in rest[:_MOST_ROWS]
            ],
            numbers=("findings", "money", "customers"),
        )
    if len(audit.incidents) > _MOST_INCIDENTS + _MOST_ROWS:
        more = len(audit.incidents) - _MOST_INCIDENTS - _MOST_ROWS
        yield tag("p", f"{more:,} more stand in findings.json.")


def _linked(incident: Incident, number: str) -> Content:
    """A number leads to the lines behind it."""
    return tag("a", number, href=f"#finding-{incident.findings[0]}") if number else ""


def pending(audit: Audit) -> Iterator[Content]:
    """What the logs leave unfinished, in the order in which it may fire."""
    yield [tag("p", marked(f"{sentence}.")) for sentence in endless(audit.untold)]
    if not audit.pending:
        no_log = "No other log" if audit.untold else "No log"
        yield tag("p", f"{no_log} says that something was begun and not ended.")
        return
    yield tag("p", "At the end of the logs; whether it has fired since they do not tell.")
    yield table(
        (
            "why",
            "what",
            "name",
            "last seen",
            "may fire",
            "key remembered until",
            "money",
            "incident",
        ),
        [
            (
                work.why,
                join([tag("code", work.action), " of ", work.system]),
                tag("code", work.name),
                moment(work.since),
                moment(work.fires_at) if work.fires_at else "any time",
                moment(work.key_until) if work.key_until else "",
                "" if work.amount is None else priced(work.amount, work.currency),
                tag("a", work.incident_id[:8], href=f"#incident-{work.incident_id}")
                if work.incident_id
                else "",
            )
            for work in audit.pending[:_MOST_PENDING]
        ],
        numbers=("money",),
    )
    if len(audit.pending) > _MOST_PENDING:
        yield tag("p", f"{len(audit.pending) - _MOST_PENDING:,} more stand in findings.json.")


def suppressed(audit: Audit) -> Content:
    """What looked like a failure and has a named innocent explanation."""
    if not audit.suppressed:
        return tag("p", "Nothing.")
    return [
        tag("p", marked("Each with its events in the case's table `suppressed`.")),
        table(
            ("pattern", "explanation", "what it means", "candidates"),
            [
                (s.pattern, s.suppressor.replace("_", " "), marked(s.meaning), f"{s.candidates:,}")
                for s in audit.suppressed
            ],
            numbers=("candidates",),
        ),
    ]


def _joins(audit: Audit) -> Content:
    """What is called the same in two sources, what rests on it, and what only looks so."""
    if not audit.joins:
        return None
    rows = [
        (
            tag("code", join.name),
            join.standing,
            f"{join.shared:,}",
            f"{join.left_share:.0%}, {join.right_share:.0%}",
            join.cardinality,
            ", ".join(join.examples),
            join.reason,
        )
        for join in audit.joins[:_MOST_JOINS]
    ]
    rest = len(audit.joins) - len(rows)
    return [
        tag("h3", "Which fields name one thing"),
        table(
            ("fields", "standing", "shared values", "of each", "things", "such as", "why"),
            rows,
            numbers=("shared values",),
        ),
        tag("p", f"{rest:,} more stand in findings.json.") if rest else None,
    ]


def sources(audit: Audit) -> Iterator[Content]:
    """Every source: its period, and an account of each of its records."""
    covered = {coverage.source: coverage for coverage in audit.coverage}
    rows = []
    for account in audit.accounts:
        coverage = covered.get(account.source)
        rows.append(
            (
                account.source,
                ", ".join(account.formats) or "none fits",
                moment(coverage.first_at if coverage else None),
                moment(coverage.last_at if coverage else None),
                coverage.state if coverage else "no events",
                *(
                    f"{count:,}"
                    for count in (
                        account.read,
                        account.mapped,
                        sum(account.ignored.values()),
                        account.already_stored,
                        account.quarantined,
                    )
                ),
            )
        )
    counts = ("read", "mapped", "ignored", "stored before", "quarantined")
    read = {account.source for account in audit.accounts}
    rows += [
        (c.source, "nothing read", moment(None), moment(None), c.state, *["0"] * len(counts))
        for c in audit.coverage
        if c.source not in read
    ]
    yield table(("source", "format", "from", "to", "coverage", *counts), rows, numbers=counts)
    yield tag("p", "Read = mapped + ignored + stored before + quarantined.", class_="soft")
    yield [tag("p", marked(coverage.times)) for coverage in audit.coverage if coverage.times]
    yield [tag("p", marked(coverage.waiting)) for coverage in audit.coverage if coverage.waiting]
    yield _joins(audit)
    if audit.quarantine:
        yield tag("h3", "Why records could not be read")
        yield table(
            ("source", "reason", "records", "such as"),
            [(q.source, marked(q.reason), f"{q.records:,}", _places(q)) for q in audit.quarantine],
            numbers=("records",),
        )
    ignored = [(a.source, name, n) for a in audit.accounts for name, n in a.ignored.items()]
    if ignored:
        yield tag(
            "details",
            tag("summary", "What was ignored, by name"),
            table(
                ("source", "records", "count"),
                [(source, name.replace("_", " "), f"{n:,}") for source, name, n in ignored],
                numbers=("count",),
            ),
        )


def _places(quarantined: QuarantineReason) -> Content:
    """Where the first of them stand, a line each."""
    return [tag("div", tag("code", place)) for place in quarantined.examples]


def rests(audit: Audit) -> Iterator[Content]:
    """What was taken on the user's word, and the numbers that decided."""
    said = audit.run.declarations
    declared = [
        f"In {what}, the last write is meant to win: `forensics.toml` says so, no log does."
        for what in (
            _listed("the field", said.last_write_wins_fields),
            _listed("the system", said.last_write_wins_systems),
        )
        if what
    ]
    declared += [
        f"Transactions of `{system}` run at {level.replace('_', ' ')}: `forensics.toml` says so."
        for system, level in said.isolation.items()
    ]
    declared += [
        f"`{callee}` remembers a key for {duration(seconds)}: `forensics.toml` says so."
        for callee, seconds in said.key_lifetimes.items()
    ]
    declared += [
        f"How `{edge}` retries (`{'`, `'.join(f'{k} = {v:g}' for k, v in told.items())}`):"
        " `forensics.toml` says so."
        for edge, told in audit.run.declarations.retries.items()
    ]
    if declared:
        yield tag("p", "Verdicts may rest on what was declared and is in no log:")
        yield tag("ul", [tag("li", marked(sentence)) for sentence in declared])
    else:
        yield tag("p", "On the logs alone: nothing was declared of the systems.")
    yield tag(
        "details",
        tag("summary", "The numbers that decided"),
        table(
            ("pattern", "threshold", "value"),
            [
                (pattern, tag("code", name), f"{value:,}")
                for pattern, values in audit.run.thresholds.items()
                for name, value in values.items()
            ],
            numbers=("value",),
        ),
    )


def _listed(what: str, names: Sequence[str]) -> str:
    """`the fields a, b`; nothing when there is no name."""
    plural = "s" if len(names) > 1 else ""
    return f"{what}{plural} {', '.join(f'`{name}`' for name in names)}" if names else ""


def custody(audit: Audit) -> Content:
    """What says that the evidence is what was read."""
    return [
        tag("p", "Head digest of the chain of custody when the detectors ran:"),
        tag("pre", audit.run.custody_digest),
        tag(
            "p",
            "Secrets were masked before anything was stored; the names of people were not. ",
            _naming(audit.audience),
        ),
        tag(
            "p",
            "Kept outside this case (mail, ticket, timestamp service), it lets ",
            tag("code", f"forensics verify {of_case(audit.run.case)} --expect DIGEST"),
            " say “unchanged”. Without it, verify can only say “consistent with itself”.",
        ),
    ]


def _naming(audience: Audience) -> str:
    """What stands in the place of names on this page."""
    if audience.redact:
        return (
            "In this copy customers, records and all other ids have pseudonyms, as people have; the"
            " same name has the same one in every report of this case."
        )
    if audience.name_people:
        return "This page names people."
    return (
        "On this page people, e-mail addresses and telephone numbers have pseudonyms"
        " (person-…), the same in every report of this case."
    )


def closing(audit: Audit) -> Content:
    """Who made the page, when and how."""
    window = ""
    if audit.run.since or audit.run.until:
        window = f" Window: {audit.run.since or 'begin'} to {audit.run.until or 'end'}."
    return (
        f"event-forensics {audit.run.tool_version}, {audit.run.at:%Y-%m-%d %H:%M:%S} UTC."
        f" Times are UTC.{window}"
    )
