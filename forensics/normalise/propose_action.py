"""Which field says what was done and which one what came of it, and what their values mean."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_columns import (
    ACTION_NAMES,
    ADDRESS_NAMES,
    METHOD_NAMES,
    PLAIN,
    STATUS_NAMES,
    SUCCESS_NAMES,
)
from forensics.normalise.propose_names import nesting
from forensics.normalise.propose_readings import is_http_status, refused_values
from forensics.normalise.propose_stages import in_stages
from forensics.normalise.propose_words import (
    METHODS,
    SETTLED,
    Sense,
    code_sense,
    method_sense,
    outcome_of,
    sense_of,
    speaks_in_codes,
)

_MOST_ACTIONS = 200
_FEW_ACTIONS = 60
_REPEATED = 0.7
_HALF = 0.5
_KNOWN_SHARE = 0.8
_LITTLE, _MUCH = 0.1, 0.3
"""What a doubt takes from the confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A field that was chosen for its name and its values.

    Attributes:
        entry: The field.
        confidence: 0 to 1.
        reason: In plain words.
    """

    entry: Field
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbs:
    """What a log says of what was done.

    Attributes:
        action: The field with the verb, if any.
        address: For an access log: the field with the path that was asked for.
        senses: Value of the action, how often it occurs and what it means; most frequent first.
    """

    action: Choice | None
    address: Field | None
    senses: tuple[tuple[str, int, Sense], ...]


def verbs(profile: Profile, named: Field | None = None) -> Verbs:
    """The field that says what was done.

    Args:
        profile: The log.
        named: The field that somebody said it is; where none of its words is known, the one that is
            classified by may be another.
    """
    fields = list(profile.fields.values())
    method = next((f for f in _ordered(fields) if _is_method(f)), None)
    chosen = _best(fields, ACTION_NAMES, _verb_evidence)
    if named and named is method:
        chosen = None
    elif named and any(sense_of(value).known for value in named.values):
        chosen = Choice(entry=named, confidence=1.0, reason="as you said")
    if chosen and speaks_in_codes(chosen.entry.values):
        return Verbs(action=chosen, address=None, senses=_senses(chosen.entry, code_sense))
    if chosen and (method is None or chosen.entry is not method) and chosen.confidence >= 0.7:  # noqa: PLR2004 - as plain as any column must be
        return Verbs(action=chosen, address=None, senses=_senses(chosen.entry, sense_of))
    if method is None:
        return Verbs(action=chosen, address=None, senses=_senses(chosen.entry, sense_of)
                     if chosen else ())  # fmt: skip
    addresses = [f for f in _ordered(fields) if re.fullmatch(ADDRESS_NAMES, f.phrase)]
    action = Choice(entry=method, confidence=0.9, reason="its values are HTTP methods")
    return Verbs(
        action=action,
        address=addresses[0] if addresses else None,
        senses=_senses(method, method_sense),
    )


def status(profile: Profile, action: Field | None) -> Choice | None:
    """The field that says what came of it, if one does."""
    fields = [f for f in profile.fields.values() if f is not action]
    named = [f for f in _ordered(fields) if re.fullmatch(SUCCESS_NAMES, f.phrase)]
    flag = next((f for f in named if f.shape == "boolean"), None)
    # Records without it are asked otherwise what came of them, so that it need not be in most.
    best = _best(fields, STATUS_NAMES, _status_evidence, if_rare=_LITTLE)
    if best is None and flag is not None:
        return Choice(entry=flag, confidence=0.9, reason="true and false under the name of success")
    return best


def refusing(profile: Profile, action: Field | None) -> Field | None:
    """A status of words that are mostly unknown, some of which say that nothing was done.

    No `cancelled` is asked for: it may be the order's whose charge the line gives back.
    """
    plain = [name for name, weight in STATUS_NAMES if weight >= PLAIN]
    named = (
        entry
        for entry in _ordered(profile.fields.values())
        if entry is not action
        and nesting(entry.path) == 0
        and any(re.fullmatch(name, entry.phrase) for name in plain)
    )
    return next((entry for entry in named if refused_values(entry)), None)


def _is_method(entry: Field) -> bool:
    return bool(re.fullmatch(METHOD_NAMES, entry.phrase)) and all(
        value.upper() in METHODS for value in entry.values
    )


def _ordered(fields: Iterable[Field]) -> list[Field]:
    """Fuller fields first, then those that stand further out."""
    return sorted(fields, key=lambda f: (-f.fill, f.path.count("."), f.path))


def _best(
    fields: Sequence[Field],
    names: Sequence[tuple[str, float]],
    evidence: Callable[[Field], tuple[float, str] | None],
    *,
    if_rare: float = _MUCH,
) -> Choice | None:
    found = []
    for entry in _ordered(fields):
        plain = max((w for name, w in names if re.fullmatch(name, entry.phrase)), default=0.0)
        more = evidence(entry) if plain else None
        if more is not None:
            doubts = if_rare * (entry.fill < _HALF) + _MUCH * (nesting(entry.path) > 0)
            confidence = round(min(0.99, plain + more[0]) - doubts, 2)
            found.append(Choice(entry=entry, confidence=confidence, reason=more[1]))
    return max(found, key=lambda choice: choice.confidence, default=None)


def _verb_evidence(entry: Field) -> tuple[float, str] | None:
    """A verb is a word of which there are few; better if the words are known."""
    most = min(_MOST_ACTIONS, max(_FEW_ACTIONS, entry.filled // 3))
    few = entry.distinct <= most and entry.distinct <= max(5, _REPEATED * entry.filled)
    if entry.shape not in {"word", "text", "url"} or not few or entry.epoch:
        return None
    if max(map(len, entry.values)) > 80:  # noqa: PLR2004 - sentences, not verbs
        return None
    known = [value for value in entry.values if sense_of(value).known]
    share = len(known) / len(entry.values)
    if entry.constant:
        # An object that is a `charge` says what was done; a name may be a program's.
        says = entry.phrase in {"object", "kind"} and sense_of(entry.values[0])
        extra = 0.2 if says and says.columns.get("kind") == "effect" else 0.0
        return extra, f"every record says `{entry.values[0]}`"
    count = f"{len(known)} of {len(entry.values)} values are verbs that are known"
    return (0.2 if share >= _HALF else 0.1 if known else 0.0), count


def _status_evidence(entry: Field) -> tuple[float, str] | None:
    """Nearly all records' words must be outcomes, and some of them final."""
    if is_http_status(entry):
        return 0.1, "its values are HTTP status codes"
    if entry.shape == "boolean":
        return None
    outcomes = [(outcome_of(value, status=True), n) for value, n in entry.frequent]
    known = sum(n for outcome, n in outcomes if outcome)
    final = any(outcome in SETTLED for outcome, _ in outcomes)
    if not final or known < _KNOWN_SHARE * entry.filled:
        return None
    words = ", ".join(f"`{value}`" for value in entry.values[:3])
    return 0.1, f"its values are outcomes: {words}"


def _senses(entry: Field, sense: Callable[[str], Sense]) -> tuple[tuple[str, int, Sense], ...]:
    return in_stages((value, count, sense(value)) for value, count in entry.frequent)
