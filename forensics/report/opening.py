"""The first screen: seven answers, in the order in which somebody woken at night needs them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from forensics.model.audience import Audience
from forensics.model.audit import Audit
from forensics.model.blast_radius import Money
from forensics.model.finding import Finding
from forensics.model.headline import Headline
from forensics.model.incident import Incident
from forensics.model.words import NO_CUSTOMER, of_case, plural, priced
from forensics.report.headline import headline
from forensics.report.html import Content, Markup, join, marked, tag
from forensics.report.pieces import amounts, grade_badge, moment, severity_badge, status_badge

_MOST_REACHES = 8


def opening(audit: Audit) -> Iterator[Content]:
    """Title and the seven answers."""
    first = min((c.first_at for c in audit.coverage if c.first_at), default=None)
    last = max((c.last_at for c in audit.coverage if c.last_at), default=None)
    yield tag("h1", audit.audience.title or _title(audit.run.named))
    if audit.audience.is_outside:
        yield tag("p", _copy(audit.audience), class_="alert")
    yield tag(
        "p",
        tag("a", plural(len(audit.findings), "finding"), href="#findings"),
        " in ",
        tag("a", plural(len(audit.incidents), "incident"), href="#incidents"),
        ", from ",
        tag(
            "a",
            f"{plural(sum(c.events for c in audit.coverage), 'event')}"
            f" of {plural(len(audit.coverage), 'log')}",
            href="#sources",
        ),
        ", ",
        moment(first),
        " to ",
        moment(last),
        " UTC. ",
        tag("span", id="zone"),
        class_="soft",
    )
    told = headline(audit)
    answers: list[tuple[str, Content]] = [
        ("Is it still going on?", _standing(told)),
        ("Who was hit, and for how much?", _harm(told)),
        (
            "Stop now: what fires next",
            _listed(told.stop, "Nothing unfinished is seen.", "#pending"),
        ),
        ("What matters most", _worst(audit, told)),
        ("What could not be seen", _listed(told.unseen, "Nothing of note.", "#unseen")),
    ]
    if not audit.audience.customer:
        save = _listed(told.save, "No source of these is known to delete.", "#sources")
        answers.insert(3, ("Save now: what expires", save))
        answers.append(("How to go on", _following(told, audit.run.case)))
    yield tag(
        "section",
        [tag("div", tag("h2", question), answer, class_="answer") for question, answer in answers],
        class_="answers",
        aria_label="What to know first",
    )


def _following(told: Headline, case: str) -> Iterator[Content]:
    """What to type, and where, as the page does not know the way to its case."""
    if any(of_case(case) in command for command in told.following):
        yield tag("p", "In the folder in which ", tag("code", case), " lies:", class_="soft")
    yield from (tag("pre", command) for command in told.following)


def _title(case: str) -> str:
    return f"{case}: what the logs show" if case else "What the logs show"


def _copy(audience: Audience) -> str:
    """What a copy leaves out, before anything else is read of it."""
    whose = f" of customer {audience.customer} alone" if audience.customer else ""
    redacted = (
        " Customers, records and other ids stand as pseudonyms; records as they were read are"
        " left out."
        if audience.redact
        else ""
    )
    kind = "A redacted copy" if audience.redact else "A copy"
    return f"{kind}{whose}.{redacted} The case holds the rest."


def _standing(told: Headline) -> Iterator[Content]:
    yield tag("p", tag("a", marked(told.standing), href="#incidents"))
    ends = [
        join(["; " if n else "", r.source, " ", moment(r.last_at)])
        for n, r in enumerate(told.reaches)
    ]
    more = len(ends) - _MOST_REACHES
    tail = f" and {more} more" if more > 0 else ""
    yield tag("p", "Last line of each log, UTC: ", ends[:_MOST_REACHES], tail, class_="soft")


def _accepted(incidents: int) -> str:
    verb = "is" if incidents == 1 else "are"
    return f"{plural(incidents, 'incident')} {verb} accepted and not counted here."


def _harm(told: Headline) -> Iterator[Content]:
    by_currency: dict[str, list[Money]] = defaultdict(list)
    for money in told.money:
        by_currency[money.currency].append(money)
    for currency, lines in by_currency.items():
        sure = [one for one in lines if one.certain == "confirmed"]
        maybe = [one for one in lines if one.certain == "possible"]
        more = f" and possibly {_net(maybe):,.2f} more" if maybe else ""
        # Where nothing is confirmed, a large nought would be read as the answer.
        first, words = (sure, f"confirmed{more}") if sure else (maybe, "possibly")
        amount = tag("strong", priced(_net(first), currency), class_="figure")
        yield tag("p", tag("a", amount, f" still out, {words}", href="#repair"))
        yield tag("p", tag("a", "; ".join(map(_stage, lines)), href="#repair"), class_="soft")
    for one in told.still_out:
        # What no log tells of moves the upper end alone.
        if one.high > _net(by_currency[one.currency]):
            most = (
                f"At most {priced(one.high, one.currency)}, with calls whose outcome no log tells."
            )
            yield tag("p", tag("a", most, href="#incidents"), class_="soft")
    if not told.money:
        yield tag("p", "No money is known to be out.")
    if told.accepted:
        yield tag("p", _accepted(told.accepted), class_="soft")
    hit, possible = told.customers_confirmed, told.customers_possible
    if hit or possible:
        more = f" and possibly {possible:,} more" if possible else ""
        words = f"confirmed{more}" if hit else "possibly"
        noun = "customer" if (hit or possible) == 1 else "customers"
        customers = tag("strong", f"{hit or possible:,}", class_="figure")
        yield tag("p", tag("a", customers, f" {noun} hit, {words}", href="#incidents"))
    else:
        yield tag(
            "p", f"{NO_CUSTOMER.capitalize()}." if told.worst else "Nobody is known to be hit."
        )
    if told.records_wrong:
        noun = "record" if told.records_wrong == 1 else "records"
        records = tag("strong", f"{told.records_wrong:,}", class_="figure")
        yield tag("p", tag("a", records, f" {noun} possibly wrong", href="#repair"))


def _net(lines: Sequence[Money]) -> Decimal:
    return sum((one.net for one in lines), start=Decimal(0))


def _stage(one: Money) -> str:
    """`9 captured, confirmed: 492.60, 20.00 of it taken back`."""
    back = f", {one.compensated:,.2f} of it taken back" if one.compensated else ""
    effects = f"{one.effects:,} {one.stage}" if one.stage else plural(one.effects, "effect")
    return f"{effects}, {one.certain}: {one.gross:,.2f}{back}"


def _listed(sentences: Sequence[str], nothing: str, behind: str) -> Content:
    if not sentences:
        return tag("p", nothing)
    return tag("ul", [tag("li", tag("a", marked(one), href=behind)) for one in sentences])


def _worst(audit: Audit, told: Headline) -> Content:
    if not told.worst:
        return tag("p", "Nothing was found.")
    findings = {finding.finding_id: finding for finding in audit.findings}
    incidents = {incident.incident_id: incident for incident in audit.incidents}
    worst = [findings[name] for name in told.worst]
    lines = [
        _line(incidents[one.incident_id], one, status_badge(audit.within(one.incident_id)))
        for one in worst
        if one.incident_id
    ]
    return tag("ol", [tag("li", line) for line in lines])


def _line(incident: Incident, finding: Finding, status: Markup) -> Markup:
    money = amounts(incident.exposure)
    return join(
        [
            tag("a", marked(incident.title), href=f"#incident-{incident.incident_id}"),
            " ",
            severity_badge(finding.severity),
            " ",
            grade_badge(finding.grade),
            " ",
            status,
            [" ", tag("a", money, href=f"#finding-{finding.finding_id}")] if money else None,
        ]
    )
