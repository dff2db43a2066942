"""What to undo or correct, on the page: a group for each act and system, from the top down."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from forensics.model.audit import Audit, Repair
from forensics.model.words import plural, priced
from forensics.report.html import Content, Markup, join, tag
from forensics.report.pieces import table

_MOST = 2_000
_ACTS = {
    "refund": "Refund",
    "void": "Void",
    "collect": "Collect back",
    "reverse": "Reverse",
    "answer": "Answer the dispute",
    "retract": "Retract",
    "correct": "Correct",
    "check": "Check",
    "none": "Nothing to do: already taken back",
}
"""In the order in which they are worked off."""


def repairs(audit: Audit) -> Iterator[Content]:
    """The same rows as in `repair.csv`, whose sums are those at the top of the page."""
    return listed(audit.repairs)


def listed(asked: Sequence[Repair]) -> Iterator[Content]:
    """Groups of these rows, which stand in the order to work through."""
    if not asked:
        yield tag("p", "Nothing to undo or correct was found.")
        return
    yield tag(
        "p",
        "The same rows stand in repair.csv, with a key for each act under which doing it twice"
        " does no harm. Check each before acting on it.",
    )
    order = list(_ACTS)
    shown = {row.idempotency_key for row in asked[:_MOST]}
    placed = sorted(asked, key=lambda r: (order.index(r.act), r.system))
    for (act, system), rows in groupby(placed, key=lambda r: (r.act, r.system)):
        yield _group(act, system, list(rows), shown)
    if len(asked) > _MOST:
        yield tag("p", f"{len(asked) - _MOST:,} more stand in repair.csv.")


def _group(
    act: str, system: str, rows: Sequence[Repair], shown: Collection[str]
) -> Iterator[Content]:
    """All rows are counted and summed; the first of the list stand in the table."""
    where = f" at {system}" if system else ""
    yield tag("h3", f"{_ACTS[act]}{where}: {plural(len(rows), 'row')}{_sum(rows)}")
    automations = sorted({row.sets_off for row in rows if row.sets_off})
    if automations and act != "none":
        yield tag("p", f"Such acts set off before: {'; '.join(automations)}.")
    yield table(
        ("what", "amount", "taken back", "keep", "customer", "state", "grade", "finding"),
        [_row(row) for row in rows if row.idempotency_key in shown],
        numbers=("amount", "taken back"),
    )


def _sum(rows: Sequence[Repair]) -> str:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row.amount:
            sums[row.currency] = sums.get(row.currency, Decimal(0)) + Decimal(row.amount)
    return "".join(f", {priced(amount, currency)}" for currency, amount in sums.items() if amount)


def _row(row: Repair) -> tuple[Content, ...]:
    return (
        tag("code", row.subject),
        _linked(row, priced(Decimal(row.amount), row.currency) if row.amount else ""),
        _linked(row, f"{Decimal(row.compensated):,.2f}" if row.compensated else ""),
        _keep(row),
        row.customer,
        row.state,
        row.grade,
        tag("a", row.finding_id[:8], href=f"#finding-{row.finding_id}"),
    )


def _linked(row: Repair, number: str) -> Content:
    """A number leads to the lines of its finding."""
    return tag("a", number, href=f"#finding-{row.finding_id}") if number else ""


def _keep(row: Repair) -> Markup | str:
    if not row.keep:
        return ""
    return join([tag("code", row.keep), f": {row.keep_because}"])
