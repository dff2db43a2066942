"""Weighs fields for columns: what the name says, what the values say, what other fields say."""

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from types import MappingProxyType

from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_columns import (
    PLAIN,
    RULES,
    USUAL,
    VAGUE,
    is_paid_out,
    paying_side,
)
from forensics.normalise.propose_fits import is_count, is_time
from forensics.normalise.propose_made import (
    may_be_made,
    names_what_was_made,
    own_ids,
    plainness,
)
from forensics.normalise.propose_money import money_of
from forensics.normalise.propose_names import nesting, segments
from forensics.normalise.propose_readings import (
    from_zero,
    in_cents,
    named_cents,
    placeholder,
    time_shape,
)

PROPOSED = 0.7
MENTIONED = 0.4
_MOST = 0.98
_UNIQUE_SHARE = 0.999
_RARE = 0.1
_SELDOM = frozenset({"error", "cause_id", "retry_after", "previous_execution_id", "attempt"})
"""Columns that most records of a log may lack."""

_OTHER_TIMES = ("ended_at", "recorded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A field that may be a column.

    Attributes:
        column: The canonical column.
        entry: The field.
        confidence: 0 to 1.
        reasons: What speaks for it and against it.
    """

    column: str
    entry: Field
    confidence: float
    reasons: tuple[str, ...]


def candidates(
    profile: Profile,
    *,
    taken: Collection[str] = (),
    effects: Dictionary[str, int] = MappingProxyType({}),
    sellers_are_paid: bool = False,
) -> list[Candidate]:
    """Every field for every column that its name may mean, surest first.

    Args:
        profile: The log.
        taken: Paths that are something else already.
        effects: Class of an effect to the records that tell of one: an id may be an effect's.
        sellers_are_paid: Whether the log is one of payouts.
    """
    pool = [entry for path, entry in profile.fields.items() if path not in taken]
    own = own_ids(profile, effects)
    found = []
    for rule in RULES:
        for entry in pool:
            plain = rule.plainness(entry)
            if entry.path in own:
                plain = USUAL if rule.column == "effect_id" else 0.0
            elif rule.column == "effect_id" and not plain and effects:
                plain = PLAIN if names_what_was_made(entry) else 0.0
            elif rule.column == "customer_id" and sellers_are_paid and is_paid_out(entry):
                plain = max(plain, USUAL)
            weighed = _weighed(rule.column, entry, profile, plain) if plain else None
            if weighed is not None and weighed not in found:
                found.append(weighed)
    order = [rule.column for rule in RULES]
    return sorted(
        found,
        key=lambda c: (
            -c.confidence, order.index(c.column), *_closeness(c.entry),
        ),
    )  # fmt: skip


def _closeness(entry: Field) -> tuple[float, int, int, str]:
    """By which of two equally sure fields the first is taken: fuller, further out, said shorter."""
    return -entry.fill, entry.path.count("."), entry.phrase.count("_"), entry.path


def assigned(found: Sequence[Candidate]) -> dict[str, Candidate]:
    """One field a column and one column a field, the surest first.

    The only time that there is says when it was, though its name says first that it is the time of
    the end, or of writing it down.
    """
    result: dict[str, Candidate] = {}
    used: set[str] = set()
    sure = [candidate for candidate in found if candidate.confidence >= PROPOSED]
    for candidate in sure:
        if candidate.column not in result and candidate.entry.path not in used:
            result[candidate.column] = candidate
            used.add(candidate.entry.path)
    time = next((c for c in sure if c.column == "occurred_at"), None)
    if time and "occurred_at" not in result:
        for column in _OTHER_TIMES:
            if column in result and result[column].entry == time.entry:
                del result[column]
                result["occurred_at"] = time
    return result


def exclusive(
    profile: Profile,
    first: Candidate,
    found: Sequence[Candidate],
    *,
    elsewhere: Dictionary[str, float],
) -> list[Candidate]:
    """Further fields for the same column, none of which is filled where another one is.

    Args:
        profile: The log.
        first: The field that fills the column already.
        found: All candidates.
        elsewhere: Path to confidence of fields that fill other columns: what is more surely one of
            them is not this one.
    """
    chosen = [first]
    for other in found:
        fits = other.column == first.column and other.confidence >= max(
            first.confidence - 0.3, elsewhere.get(other.entry.path, 0.0)
        )
        apart = all(
            profile.relation(other.entry, member.entry).together == 0 for member in chosen
        ) and all(other.entry.path != member.entry.path for member in chosen)
        if fits and apart and sum(m.entry.fill for m in [*chosen, other]) <= 1.0 + 1e-9:
            chosen.append(other)
    return chosen


def _weighed(column: str, entry: Field, profile: Profile, plain: float) -> Candidate | None:
    more = _EVIDENCE.get(column, _nothing_more)(entry, profile)
    if more is None:
        return None
    extra, reasons = more
    aside, doubts = _doubts(column, entry)
    name = "the name says it" if plain > VAGUE else "the name may mean it"
    if column == "effect_id" and entry.phrase == "id":
        name = "its prefixes name things that were made, not lines of a log"
    elif column == "effect_id" and not plainness(column, entry):
        name = "new on every line that tells of what was made"
    confidence = round(max(0.0, min(0.99, plain + extra - aside)), 2)
    return Candidate(
        column=column, entry=entry, confidence=confidence, reasons=(name, *reasons, *doubts)
    )


def _doubts(column: str, entry: Field) -> tuple[float, list[str]]:
    """What speaks against any field: that it is of another thing, or hardly ever there."""
    doubts = []
    if nesting(entry.path):
        doubts.append("it belongs to something inside the record")
    if entry.fill < _RARE and column not in _SELDOM:
        doubts.append(f"in only {entry.fill:.0%} of the records")
    return 0.15 * len(doubts), doubts


_Evidence = tuple[float, tuple[str, ...]] | None


def _nothing_more(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    return 0.0, (_filling(entry),)


def _filling(entry: Field) -> str:
    return f"filled in {entry.fill:.0%}, {entry.distinct:,} different"


def _occurred(entry: Field, profile: Profile) -> _Evidence:
    times = [f for f in profile.fields.values() if is_time(f) and f.fill >= _MOST]
    extra, reasons = 0.0, [time_shape(entry)]
    if entry.fill >= _MOST:
        extra += 0.05
        reasons.append("in every record")
    else:
        extra -= 0.2
        reasons.append(f"in only {entry.fill:.0%} of the records")
    if times == [entry]:
        extra += 0.15
        reasons.append("the only time that every record has")
    return extra, tuple(reasons)


def _occurrence(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    if entry.distinct < _UNIQUE_SHARE * entry.filled or entry.fill < _MOST:
        return None
    return 0.1, ("in every record another value",)


def _delivery(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    if entry.unique and entry.phrase.startswith("event_"):
        return None
    if entry.unique:
        return 0.0, (_filling(entry),)
    return 0.1, (f"the same value in up to {entry.most_repeated:,} records",)


def _operation(entry: Field, profile: Profile) -> _Evidence:
    # Lines cut out of a log may be of one operation; other names say too little for that.
    if entry.distinct == 1 < entry.filled and "idempot" not in entry.phrase:
        return None
    if entry.unique:
        return _nothing_more(entry, profile)
    return 0.05, (f"the same value in up to {entry.most_repeated:,} records",)


def _cause(entry: Field, profile: Profile) -> _Evidence:
    """A cause is worth the more if what it names is in the log."""
    inside = [
        (profile.relation(entry, other).contained, other.path)
        for other in profile.fields.values()
        if other is not entry and profile.relation(entry, other).equal == 0
    ]
    contained, path = max(inside, default=(0.0, ""), key=lambda pair: (pair[0], pair[1]))
    if contained >= 0.5:  # noqa: PLR2004 - most of them
        return 0.1, (f"{contained:.0%} of its values are also in `{path}`",)
    return -0.1, ("what it names is not among the sampled records",)


def _compensated(entry: Field, profile: Profile) -> _Evidence:
    """What was taken back is in the log under another field; what bears its own id took nothing."""
    own = [
        other.path
        for other in profile.fields.values()
        if may_be_made(other)
        and profile.relation(entry, other).contained >= 0.5  # noqa: PLR2004 - most of them
        and profile.relation(entry, other).equal == 0
    ]
    return (0.2, (f"its values are ids in `{min(own)}`",)) if own else None


def _attempt(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    if not is_count(entry):
        return None
    start = "counts from 0, so 1 is added" if from_zero(entry) else "counts from 1"
    return 0.05, (f"small whole numbers, {start}",)


def _amount(entry: Field, profile: Profile) -> _Evidence:
    currency = currency_of(profile)
    if currency is not None:
        unit = "cents" if in_cents(entry, beside_currency=True) else "major units"
        return 0.1, (f"numbers beside the currency in `{currency.path}`", f"read as {unit}")
    if named_cents(entry):
        return 0.05, ("the name says cents",)
    if entry.shape == "integer":
        # Off by a hundred is worse than no amount.
        return -0.3, ("whole numbers and no currency: cents or not, nothing here tells",)
    return 0.0, ("decimals, read as major units",)


def currency_of(profile: Profile) -> Field | None:
    """The field with the currency, if there is one: that of the sum, where others have one too."""
    sums = _named("amount", profile)
    _, surest = min(sums, key=lambda pair: (-pair[0], *_closeness(pair[1])), default=(0.0, None))
    named = [entry for _, entry in _named("currency", profile)]
    return min(named, key=lambda f: (not _are_of_one(f, surest), *_closeness(f)), default=None)


def _named(column: str, profile: Profile) -> list[tuple[float, Field]]:
    """How plainly a field is named so, and the field."""
    weighed = [
        (rule.plainness(entry), entry)
        for rule in RULES
        if rule.column == column
        for entry in profile.fields.values()
    ]
    return [(plain, entry) for plain, entry in weighed if plain]


def _are_of_one(currency: Field, amount: Field | None) -> bool:
    """Whether their names, and what they stand in, say that they belong together."""
    return amount is not None and (
        money_of(currency.phrase) == money_of(amount.phrase)
        and segments(currency.path)[:-1] == segments(amount.path)[:-1]
    )


def _currency(entry: Field, profile: Profile) -> _Evidence:
    if entry == currency_of(profile):
        return 0.05, (_filling(entry), "the one that goes with the amount")
    return _nothing_more(entry, profile)


def currency_reading(profile: Profile) -> str | None:
    """The expression of the currency, if a field holds it."""
    entry = currency_of(profile)
    return placeholder(entry) if entry else None


def _customer(entry: Field, profile: Profile) -> _Evidence:
    """Of who pays and who is paid, the side with fewer names is that of whoever keeps the log."""
    side = paying_side(entry)
    others = [f for f in profile.fields.values() if side and paying_side(f) not in ("", side)]
    most = max(others, key=lambda f: (f.distinct, f.path), default=None)
    if most is None or most.distinct < entry.distinct:
        return _nothing_more(entry, profile)
    more = "as many" if most.distinct == entry.distinct else "more"
    return -0.25, (_filling(entry), f"the other side, `{most.path}`, has {more} different values")


def _entity(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    extra = 0.1 if entry.fill >= _MOST and not entry.unique else 0.0
    return extra, (_filling(entry),)


def _version(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    return 0.2, (f"{entry.distinct:,} different values: of a record, not of a program",)


def _sequence(entry: Field, profile: Profile) -> _Evidence:  # noqa: ARG001 - one shape for all
    if entry.sequence:
        return 0.1, ("whole numbers without a gap",)
    return 0.0, ("whole numbers, each nearly once",)


_EVIDENCE = {
    "occurred_at": _occurred,
    "occurrence_id": _occurrence,
    "delivery_id": _delivery,
    "operation_key": _operation,
    "cause_id": _cause,
    "compensates_effect_id": _compensated,
    "attempt": _attempt,
    "amount": _amount,
    "currency": _currency,
    "customer_id": _customer,
    "entity_id": _entity,
    "version_read": _version,
    "version_written": _version,
    "source_seq": _sequence,
}
"""What more than the name speaks for a column; None where the values speak against it."""
