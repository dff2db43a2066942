"""One incident on the page: how it began, its story, whether it goes on, how far it reached."""

from collections import Counter
from collections.abc import Iterator

from forensics.detect.duplicate_side_effect.mechanisms import mechanisms
from forensics.model.impact import Estimate
from forensics.model.incident import (
    BlastRadius,
    Change,
    Harm,
    Incident,
    Money,
    Reached,
    Relation,
    Root,
    Step,
    StillOut,
)
from forensics.model.operations import Operations, Tally
from forensics.model.words import NO_CURRENCY, duration, goes_on, plural, priced
from forensics.report.html import Content, Markup, join, marked, tag
from forensics.report.pieces import amounts, definitions, moment, table

_MOST_LINKS = 40
_MOST_CUSTOMERS = 12
_MOST_LISTED = 500
_MOST_REMEDIES = 3

_SHARED = {
    "chain": "one chain of causes",
    "event": "the same log line",
    "effect": "the same effect",
    "operation": "one operation key",
    "record": "the same record",
    "trace": "one trace",
}


def card(incident: Incident) -> Markup:
    """The whole card, to be reached at `#incident-ID`."""
    return tag(
        "article",
        tag("span", incident.severity.value, class_="badge"),
        tag("h3", marked(incident.title)),
        definitions(_facts(incident)),
        _story(incident),
        tag("h4", "How far it reached"),
        _radius(incident.blast_radius, _behind(incident)),
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
    return [
        ("from", join([moment(incident.first_at), " to ", moment(incident.last_at)])),
        ("began with", list(_roots(incident))),
        ("preceded by", [tag("p", _change(change)) for change in incident.preceded_by]),
        ("came about by", [tag("p", line) for line in _mechanisms(incident)]),
        ("still going on?", standing(incident)),
        ("what to do", [tag("p", marked(one)) for one in incident.remedies[:_MOST_REMEDIES]]),
        ("systems", ", ".join(incident.systems)),
    ]


def _mechanisms(incident: Incident) -> Iterator[Markup]:
    """Each way in which its duplicates came about, in words."""
    for name, findings in incident.mechanisms.items():
        many = f" ({plural(findings, 'finding')})" if len(incident.findings) > 1 else ""
        yield join([f"{mechanisms()[name].words} ", tag("code", name), many])


def _change(change: Change) -> Markup:
    return join([moment(change.occurred_at), " ", marked(change.sentence), f" ({change.source})"])


def _roots(incident: Incident) -> Iterator[Content]:
    """The likeliest beginning, the others folded."""
    if not incident.roots:
        return
    best, *others = incident.roots
    alone = len(incident.findings) == 1
    yield tag("p", _root(best, alone=alone))
    if others:
        yield tag(
            "details",
            tag("summary", f"{plural(len(others), 'other candidate')}"),
            tag("ul", [tag("li", _root(root, alone=alone)) for root in others]),
        )


def _root(root: Root, *, alone: bool) -> Markup:
    share = "" if alone else f": {root.weight:.0%} of the findings follow from it"
    before = ". It names a cause before the log or outside of it" if root.before_log else ""
    return join(
        [
            moment(root.occurred_at),
            " ",
            marked(root.sentence),
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


def _radius(radius: BlastRadius, behind: str) -> Iterator[Content]:
    """Every number is a link to the findings that it adds up."""

    def linked(told: str) -> Content:
        return tag("a", told, href=behind) if told else ""

    if radius.money:
        yield table(
            (
                "money",
                "stage",
                "certain",
                "effects",
                "gross",
                "taken back",
                "still out",
                "vouched for by",
            ),
            [[*_money(one)[:3], *map(linked, _money(one)[3:])] for one in radius.money],
            numbers=("effects", "gross", "taken back", "still out"),
        )
    yield definitions(
        [
            ("still out", linked("; ".join(map(_between, radius.still_out)))),
            ("outcome unknown", linked(amounts(radius.unresolved))),
            ("may cost besides", "; ".join(map(_estimate, radius.estimates))),
            ("customers", [tag("p", linked(_harmed(one)), _named(one)) for one in radius.harms]),
            (
                "hit repeatedly",
                linked(plural(radius.repeated, "customer") if radius.repeated else ""),
            ),
            ("until taken back", linked(_until_corrected(radius))),
            ("operations", linked("; ".join(_operations(radius)))),
            *((name, linked(told)) for name, told in _tallies(radius.operations)),
            ("collateral", linked(_collateral(radius))),
            ("spread over", linked("; ".join(_complexity(radius)))),
        ]
    )


def _money(one: Money) -> tuple[str, ...]:
    return (
        one.currency or NO_CURRENCY,
        one.stage,
        one.certain,
        f"{one.effects:,}",
        f"{one.gross:,.2f}",
        f"{one.compensated:,.2f}",
        f"{one.net:,.2f}",
        ", ".join(
            f"{_VOUCHES[witness]} {net:,.2f}" for witness, net in one.by_witness.items() if net
        ),
    )


_VOUCHES = {
    "settled": "a settlement",
    "recorded": "the callee's log",
    "answered": "the callee's answer",
    "asserted": "the caller's word",
}


def _between(one: StillOut) -> str:
    """The range, or the one number that both ends are."""
    low = priced(one.low, one.currency)
    return low if one.low == one.high else f"{low} to {priced(one.high, one.currency)}"


def _estimate(one: Estimate) -> str:
    """An estimate stands apart from the money that the logs show."""
    rates = ", ".join(one.rates)
    return (
        f"{one.middle:,.2f} {one.currency} (nine times in ten {one.low:,.2f} to {one.high:,.2f}),"
        f" by the declared rates {rates}"
    )


def _harmed(harm: Harm) -> str:
    return f"{len(harm.customers):,} {harm.harm} ({harm.certain})"


def _named(harm: Harm) -> str:
    more = len(harm.customers) - _MOST_CUSTOMERS
    twice = {name for name, times in Counter(harm.customers).items() if times > 1}
    named = ", ".join(
        f"{name} of {tenant or 'no tenant named'}" if name in twice else name
        for name, tenant in list(zip(harm.customers, harm.tenants, strict=True))[:_MOST_CUSTOMERS]
    )
    return f": {named}" + (f" and {more:,} more" if more > 0 else "")


def _until_corrected(radius: BlastRadius) -> str:
    return "" if radius.corrected_s is None else f"{duration(radius.corrected_s)} (median)"


def _operations(radius: BlastRadius) -> Iterator[str]:
    if radius.records_wrong:
        yield f"{plural(radius.records_wrong, 'record')} possibly wrong"
    if radius.calls_wasted:
        yield f"{plural(radius.calls_wasted, 'call')} wasted"
    for one in radius.reached:
        yield f"{plural(one.effects, f'{one.effect_class} effect')} further on{_reached(one)}"


def _reached(one: Reached) -> str:
    """Its money, and what of it is to be expected where it may not have been reached."""
    out = "" if one.amount is None else f", {priced(one.amount, one.currency)} {one.stage}".rstrip()
    if one.certain == "confirmed":
        return out
    if one.amount is None:
        return " (possible)"
    if one.expected is None:
        return f"{out} at most (possible; how likely is not known)"
    return f"{out} at most (possible; {priced(one.expected, one.currency)} expected)"


def _tallies(operations: Operations) -> Iterator[tuple[str, str]]:
    """Each number with what it adds up, and in one row those that the logs do not tell, and why."""
    named = {
        "never served": operations.goodput_lost,
        "records proven wrong": operations.invariants_broken,
        "records that diverged": operations.records_diverged,
        "unfinished at the end": operations.backlog,
    }
    for name, one in named.items():
        if one.value is not None:
            yield name, _tally(one)
    untold = [f"{name}: {one.reason}" for name, one in named.items() if one.value is None]
    yield "not counted", "; ".join(untold)


def _tally(one: Tally) -> str:
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in one.kinds.items())
    more = f"; may be more: {one.reason}" if one.reason else ""
    return f"{one.value:,}{f' ({kinds})' if kinds else ''}{more}"


def _collateral(radius: BlastRadius) -> str:
    if not radius.refused:
        return ""
    whose = plural(radius.refused_customers, "customer")
    others = f" of {whose}" if radius.refused_customers else ""
    return f"{plural(radius.refused, 'call')}{others} refused while it went on, by what it called"


def _complexity(radius: BlastRadius) -> Iterator[str]:
    yield plural(radius.sources_joined, "log")
    yield plural(len(radius.systems), "system")
    if radius.hops:
        yield f"{plural(radius.hops, 'hop')} of cause and effect"
    if radius.inferred:
        yield f"{radius.inferred:.0%} of the story's ties not shown by ids"
    if radius.open_questions:
        yield f"{plural(radius.open_questions, 'innocent reading')} that the logs cannot decide"
