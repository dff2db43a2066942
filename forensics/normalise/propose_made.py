"""Which field is the id of what was made, where its name alone says that it is another's.

A `message_id` is mostly that of a message in a queue, an `entry_id` that of a line of the log, a
`Belegnummer` that of an invoice. In a log of mails that were sent, of postings to a ledger, or of
payments, one that is new on every line can be the id of the mail, the posting or the payment.
"""

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary

from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_columns import RULES, USUAL
from forensics.normalise.propose_words import Sense

_LETTER = "(message|msg|reply|notification|letter|push)_(id|uuid|ref)"
_POSTING = "((ledger|journal|gl)_)?(entry|posting)_(id|uuid|no|number)|buchungs_?(id|nr|nummer)"
_DOCUMENT = (
    "beleg_?(id|nr|nummer)|(document|voucher|receipt|posting)_(no|number|id)"
    "|(numero|num|no|n)(_de)?_piece(_comptable)?"
)
_OWN = {
    "messaging": (_LETTER,),
    "ledger": (_POSTING, _DOCUMENT),
    "billing": (_DOCUMENT,),
}
"""Class of an effect to the names that may be the ids of such effects."""

_RETURN = (
    r"(refund|reversal|chargeback|void|credit_?note|credit_?memo|return)_?(id|uuid|no|number|ref)"
    r"|(rueck)?(erstattungs?|zahlungs)_?(id|nr|nummer)|(gutschrifts?|storno)_?(id|nr|nummer)"
    r"|((id|numero|num|no|n)(_de|_du)?_)?remboursement(_id)?"
)
"""Names of the id of what gives money back."""

_PREFIXED = re.compile(r"([A-Za-z]{2,10})_[A-Za-z0-9]{6,}")
_PREFIXES_OF_LINES = frozenset({"evt", "event", "log", "msg", "req", "line", "rec", "entry", "id"})


def effects_of(senses: Iterable[tuple[str, int, Sense]]) -> dict[str, int]:
    """Class of an effect to the sampled records that tell of one."""
    counted: Counter[str] = Counter()
    for _, count, sense in senses:
        if sense.columns.get("kind") == "effect":
            counted[sense.columns["effect_class"]] += count
    return dict(counted)


def pays_out(senses: Iterable[tuple[str, int, Sense]]) -> bool:
    """Whether money goes out in a log, and none comes in from customers."""
    stages = {sense.columns.get("money_stage") for _, _, sense in senses}
    return "debited" in stages and not stages & {"authorised", "captured", "settled"}


def own_ids(profile: Profile, effects: Dictionary[str, int]) -> frozenset[str]:
    """Paths of the ids that effects of one class have, where no other field names them.

    Args:
        profile: The log.
        effects: Class of an effect to the sampled records that tell of one.
    """
    named = [f for f in profile.fields.values() if plainness("effect_id", f) >= USUAL]
    return frozenset(
        entry.path
        for effect_class, count in effects.items()
        for entry in profile.fields.values()
        if entry.unique
        and 1 < entry.filled <= count
        and any(re.fullmatch(name, entry.phrase) for name in _OWN.get(effect_class, ()))
        and all(profile.relation(entry, other).together == 0 for other in named)
        and (not re.fullmatch(_DOCUMENT, entry.phrase) or _has_record(profile, entry))
    )


def may_be_made(entry: Field) -> bool:
    """Whether a field may be the id of what was made, in some log."""
    names = (name for listed in _OWN.values() for name in listed)
    return (
        bool(plainness("effect_id", entry))
        or entry.phrase == "id"
        or any(re.fullmatch(name, entry.phrase) for name in names)
    )


def names_what_was_made(entry: Field) -> bool:
    """Whether a plain `id` names things, such as `ch_…`, rather than lines of the log."""
    matches = [_PREFIXED.fullmatch(value) for value in entry.values]
    return (
        entry.phrase == "id"
        and bool(matches)
        and all(m is not None and m[1].lower() not in _PREFIXES_OF_LINES for m in matches)
    )


def return_beside(
    profile: Profile, made: Iterable[Field], others: Iterable[Field]
) -> tuple[Field, Field] | None:
    """The id of returns, and that of what they take back, which stands on its own lines too.

    Args:
        profile: The log.
        made: The fields with the ids of what was made.
        others: Further fields that may be such.
    """
    return next(
        (
            (other, paid)
            for paid in made
            for other in others
            if re.fullmatch(_RETURN, other.phrase)
            and other.path != paid.path
            and profile.relation(other, paid).together == other.filled < paid.filled
        ),
        None,
    )


def _has_record(profile: Profile, entry: Field) -> bool:
    """Whether another field names the record: what is paid for comes again, a document does not."""
    return any(
        other.path != entry.path and not other.unique and other.filled >= entry.filled
        for other in profile.fields.values()
        if plainness("entity_id", other)
    )


def plainness(column: str, entry: Field) -> float:
    """How plainly a field is named as a column, by any of its rules."""
    return max(rule.plainness(entry) for rule in RULES if rule.column == column)
