"""Two logs of the same effects against each other, on the page."""

from collections.abc import Iterator

from forensics.model.audit import Audit
from forensics.model.reconciliation import Period
from forensics.report.html import Content, Markup, join, tag
from forensics.report.pieces import moment, table


def agreement(audit: Audit) -> Iterator[Content]:
    """A row each class of effect, system and pair of logs."""
    if not audit.reconciliations:
        yield tag("p", "No two logs name an effect by one id: nothing can be held against another.")
        return
    yield tag(
        "p",
        "Each effect by its id, in the time that both logs cover. What one tells of outside of the"
        " other's time is not counted as missing there. That only one tells of it is no"
        " error where the other was not meant to hold everything.",
    )
    yield table(
        ("effects", "of", "logs", "first whole", "second whole", "compared", "matched",
         "amount differs", "only first", "only second", "such as"),
        [
            (
                one.effect_class,
                one.callee,
                f"{one.left}, {one.right}",
                _whole(one.left_whole),
                _whole(one.right_whole),
                join([moment(one.first_at), " to ", moment(one.last_at)]),
                f"{one.matched:,}",
                f"{one.differing:,}",
                f"{one.left_only:,}",
                f"{one.right_only:,}",
                ", ".join(one.examples),
            )
            for one in audit.reconciliations
        ],
        numbers=("matched", "amount differs", "only first", "only second"),
    )  # fmt: skip


def _whole(period: Period | None) -> Markup | str:
    """The time in which a log holds everything."""
    if period is None:
        return "not known to be"
    return join([moment(period.first_at), " to ", moment(period.last_at)])
