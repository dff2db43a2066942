"""How far one incident reached, on its card: money, customers, operations, forensic complexity."""

from collections import Counter
from collections.abc import Iterator, Sequence

from forensics.model.blast_radius import BlastRadius, Harm, JoinedLogs, Money, Reached, StillOut
from forensics.model.impact import Estimate
from forensics.model.operations import Operations, Tally
from forensics.model.words import NO_CURRENCY, duration, plural, priced
from forensics.report.html import Content, marked, tag
from forensics.report.pieces import amounts, definitions, table

_MOST_CUSTOMERS = 12
_MOST_JOINS = 6


def reach(radius: BlastRadius, behind: str) -> Iterator[Content]:
    """Every number is a link to the findings that it adds up.

    Args:
        radius: How far it reached.
        behind: Where the lines behind its numbers are.
    """

    def linked(told: str) -> Content:
        return tag("a", marked(told), href=behind) if told else ""

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
    untold = _untold(radius.operations)
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
            ("not counted", tag("span", untold, class_="soft") if untold else ""),
            ("collateral", linked("; ".join(_collateral(radius)))),
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
    """Each number with what it adds up."""
    for name, one in _named_tallies(operations).items():
        if one.value is not None:
            yield name, _tally(one)


def _untold(operations: Operations) -> str:
    """Those that the logs do not tell, and why."""
    named = _named_tallies(operations).items()
    return "; ".join(f"{name}: {one.reason}" for name, one in named if one.value is None)


def _named_tallies(operations: Operations) -> dict[str, Tally]:
    return {
        "fewer served than before": operations.goodput_lost,
        "records proven wrong": operations.invariants_broken,
        "records that diverged": operations.records_diverged,
        "unfinished at the end": operations.backlog,
    }


def _tally(one: Tally) -> str:
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in one.kinds.items())
    more = f"; may be more: {one.reason}" if one.reason else ""
    return f"{one.value:,}{f' ({kinds})' if kinds else ''}{more}"


def _collateral(radius: BlastRadius) -> Iterator[str]:
    """Work of others; that a limit starved it is never more than possible."""
    for done, count, customers in (
        ("refused on a limit of what it called", radius.refused, radius.refused_customers),
        ("that waited for it in vain (possible)", radius.starved, radius.starved_customers),
    ):
        if count:
            whose = f" of {plural(customers, 'customer')}" if customers else ""
            yield f"{plural(count, 'operation')} of others{whose} {done}, while it went on"


def _complexity(radius: BlastRadius) -> Iterator[str]:
    yield plural(radius.sources_joined, "log") + _joins(radius.joins)
    yield plural(len(radius.systems), "system")
    if radius.hops:
        systems = radius.proof_systems
        through = f", through {plural(systems, 'system')}" if systems > 1 else ""
        yield f"{plural(radius.hops, 'hop')} of cause and effect on the shortest proof{through}"
    if radius.inferred:
        yield f"{radius.inferred:.0%} of its causes and ties not shown by ids"
    if radius.open_questions:
        yield f"{plural(radius.open_questions, 'innocent reading')} that the logs cannot decide"


def _joins(joins: Sequence[JoinedLogs]) -> str:
    """Which names somebody would have to look up in two logs."""
    if not joins:
        return ""
    shown = "; ".join(f"{one.left} and {one.right} by {one.by}" for one in joins[:_MOST_JOINS])
    more = f" and {len(joins) - _MOST_JOINS:,} more" if len(joins) > _MOST_JOINS else ""
    return f", {plural(len(joins), 'join')} between them ({shown}{more})"
