"""What the words of a log say: which kind of thing happened, and what came of it.

A lexicon, not a model: a value is split into words, and the first row that knows one of them
decides. What no row knows stays `other`, for a person to fill in.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field

from forensics.normalise.propose_names import words

_OUTCOMES: tuple[tuple[str, str], ...] = (
    ("timeout", "timeout timedout timed deadline"),
    ("rejected", "rejected reject refused denied declined conflict forbidden blocked"),
    ("replayed", "replayed replay idempotent cached"),
    ("skipped", "skipped skip deduplicated deduped duplicate ignored noop"),
    ("cancelled", "cancelled canceled cancel aborted revoked voided"),
    ("partial", "partial partially"),
    ("error", "error errored failed fail failure failing exception crashed crash dead invalid"),
    ("error", "retrying unavailable"),
    ("pending", "pending queued enqueued waiting scheduled running processing started received"),
    ("pending", "inprogress progress accepted start begin began"),
    ("ok", "ok okay success successful succeeded succeed succeeds completed complete done"),
    ("ok", "finished finish delivered processed sent paid acked acknowledged captured committed"),
    ("ok", "approved erfolgreich erfolgt abgeschlossen erledigt ausgefuehrt gebucht bezahlt"),
    ("error", "fehlgeschlagen gescheitert"),
    ("rejected", "abgelehnt verweigert"),
    ("cancelled", "abgebrochen storniert"),
    ("pending", "offen ausstehend wartend"),
)
"""Outcomes and the words that say so; of several in one value the first row wins."""

_OUTCOME_OF = {word: outcome for outcome, listed in _OUTCOMES for word in listed.split()}
_RANK = list(dict.fromkeys(outcome for outcome, _ in _OUTCOMES))

SETTLED = frozenset({"ok", "error", "timeout", "rejected", "replayed", "skipped", "cancelled"})
"""Outcomes that say how something ended."""

REFUSED = frozenset({"error", "timeout", "rejected", "replayed", "skipped"})
"""Those of them after which what was asked for was not done."""

_CAME_TO_NOTHING = frozenset({"error", "timeout", "rejected", "cancelled"})

_TO_COME = frozenset({"be", "will"})
_NOT_SO = _TO_COME | {"not", "no", "un", "non", "would", "should", "could", "might", "dry"}
"""Beside these a verb says nothing of what was done: `will be charged`, `dry run: charged`."""


def outcome_of(value: str, *, status: bool = False) -> str | None:
    """The outcome that a value's words speak of, or None.

    Args:
        value: Such as `payment.failed` or `COMPLETED`.
        status: Whether the value is a status and nothing else: then every word must be known.
    """
    found = words(value)
    if not found or _NOT_SO & set(found):
        return None
    joined = "".join(found)
    known = [_OUTCOME_OF[word] for word in [*found, joined] if word in _OUTCOME_OF]
    if not known or (status and joined not in _OUTCOME_OF and len(known) < len(found)):
        return None
    return min(known, key=_RANK.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """What a value of the action says of the event.

    Attributes:
        columns: Canonical column to word.
        words: The words of the value that said it.
        announces: Whether it says of an effect that it is about to be tried, as `charging card`
            and `payout requested` do, and not that it was.
        failed: Whether it says of an effect, as its last word, that it came to nothing, as
            `refund_failed` does.
    """

    columns: Dictionary[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    announces: bool = False
    failed: bool = False

    @property
    def known(self) -> bool:
        """Whether any word was known."""
        return bool(self.words)


def _forms(listed: str) -> frozenset[str]:
    """Each word with its endings: charge, charges, charged, charging."""
    result: set[str] = set()
    for word in listed.split():
        stem = word.removesuffix("e")
        result |= {word, f"{word}s", f"{stem}ed", f"{stem}ing", f"{stem}er"}
        if word.endswith("y"):
            result |= {f"{word[:-1]}ied", f"{word[:-1]}ies"}
    return frozenset(result)


_Row = tuple[frozenset[str], dict[str, str]]

_MONEY_STAGES: tuple[tuple[frozenset[str], str], ...] = (
    (_forms("authorize authorise authorization authorisation preauth"), "authorised"),
    (_forms("refund") | {"erstattung", "erstattet", "rueckerstattung", "rueckzahlung"}, "refunded"),
    (_forms("reverse reversal chargeback void ruecklastschrift") | {"storno", "storniert"},
     "reversed"),
    (_forms("dispute"), "disputed"),
    (_forms("fee"), "fee"),
    (_forms("payout withdraw withdrawal debit transfer")
     | {"withdrawn", "ueberweisung", "abbuchung", "abgebucht", "auszahlung"}, "debited"),
    (_forms("credit topup deposit") | {"gutschrift", "gutgeschrieben", "einzahlung"}, "credited"),
    (_forms("charge pay payment capture bill purchase settle settlement collect")
     | {"paid", "zahlung", "bezahlt", "lastschrift"},
     "captured"),
)  # fmt: skip

_WHICH_WAY = {
    "debited": "debited", "abgebucht": "debited",
    "credited": "credited", "gutgeschrieben": "credited",
}  # fmt: skip
_EITHER_WAY = _forms("transfer deposit") | {"ueberweisung", "einzahlung"}
"""Nouns of money that comes to one account and goes from another: the verb says which of them."""

_GIVEN_BACK = _forms("refund chargeback dispute ruecklastschrift")
_TAKEN_AGAIN = _forms("reverse reversal reinstate") | {"won", "reinstatement"}
"""Of a refund or a dispute they say that it was undone: the customer paid after all."""

_CALLED_OFF = frozenset({"storniert", "voided"})
"""Of a payment they say that it was reversed, and not that the reversal came to nothing. Alone,
`storniert` may be an order."""

_PAST = frozenset({"won", "erstattet", "storniert", "abgebucht", "gutgeschrieben"})
"""Words of what was done that do not end in `ed`."""

_RETURNED = frozenset({"returned", "returning", "retoure", "retourniert"})
_RETURN = _forms("return")
_TAKEN_BACK = frozenset({"captured", "credited", "debited"})

_READS: _Row = (
    _forms("get read list fetch view query search lookup head select find describe poll check"
           " scan") | {"viewed", "lookup", "options"},
    {"kind": "read"},
)  # fmt: skip
_LOOKED_AT = _forms("open click read download bounce")
_MESSAGES = _forms("send email mail sms notify notification receipt newsletter dispatch dm") | {
    "sent",
}
_EFFECTS: tuple[_Row, ...] = (
    (frozenset().union(*(forms for forms, _ in _MONEY_STAGES)) - {"storniert"},
     {"kind": "effect", "effect_class": "billing"}),
    (_MESSAGES, {"kind": "effect", "effect_class": "messaging"}),
    (_forms("ship reserve allocate restock fulfil fulfill pick pack") | {"shipped", "shipment"},
     {"kind": "effect", "effect_class": "inventory"}),
    (_forms("grant revoke invite entitle"), {"kind": "effect", "effect_class": "access"}),
    (_forms("provision deprovision terminate launch reboot") | {"spawn"},
     {"kind": "effect", "effect_class": "infrastructure"}),
)  # fmt: skip
_LEDGERS = frozenset({"ledger", "journal", "gl", "hauptbuch"})
_BOOKED = frozenset({"posted", "booked", "debited", "credited", "reversed", "gebucht", "verbucht"})
_ENTRIES = frozenset({"entry", "transaction", "txn"})
_POSTINGS: _Row = (
    _LEDGERS | _BOOKED | _ENTRIES,
    {"kind": "effect", "effect_class": "ledger"},
)
"""What was posted to a ledger; to a server, a noun of other things is."""
_LOCKS: _Row = (_forms("lock lease mutex unlock"), {"kind": "lock"})
_APPROVALS: _Row = (_forms("approve approval"), {"kind": "approval"})
_CHANGES: _Row = (
    _forms("deploy publish migrate rollback") | {"deployment", "rollout", "release", "released"},
    {"kind": "change"},
)
_OTHERS: tuple[_Row, ...] = (
    (_forms("retry call request attempt invoke post") | {"http", "rpc"}, {"kind": "attempt"}),
    (_forms("deliver redeliver receive consume webhook ack nack") | {"delivery", "redelivery"},
     {"kind": "delivery"}),
    (_forms("create insert add register signup") | {"new", "issued"},
     {"kind": "write", "write_kind": "create"}),
    (_forms("upsert save put"), {"kind": "write", "write_kind": "upsert"}),
    (_forms("write overwrite") | {"wrote", "written"}, {"kind": "write"}),
    (_forms("update change edit modify set patch rename move"),
     {"kind": "write", "write_kind": "update"}),
    (_forms("delete remove destroy drop purge"), {"kind": "write", "write_kind": "delete"}),
    (_forms("infer inference generate completion prompt classify"), {"kind": "inference"}),
    (_forms("run execute trigger job task workflow step") | {"ran"}, {"kind": "trigger"}),
)  # fmt: skip
_QUEUED = _forms("enqueue queue schedule submit defer") | {"queued"}
_BEGUN = _forms("start begin process") | {"began", "running", "progress"}
_ENDED = _forms("complete finish end succeed fail crash error abort") | {
    "done", "success", "failure", "succeeded", "failed",
}  # fmt: skip
_ASKED = _forms("request attempt try retry call") - {"requester", "caller"}
_NO_VERBS = frozenset({"billing", "mailing"})
_FINISHED_LOCK = _forms("release expire unlock")


def sense_of(value: str) -> Sense:
    """What a value of an action-like field says, by its words."""
    found = tuple(words(value))
    said: dict[str, str] = {}
    used: list[str] = []
    called_off: list[str] = []
    row = _row_for(found)
    if row is not None:
        said |= row[1]
        used += [word for word in found if word in row[0]]
    _add_phase(found, said, used)
    stage = _stage(found) if said.get("effect_class") in {"billing", "ledger"} else None
    if stage is not None:
        back = _return_of(found, stage)
        used += back
        used += [word for word in found if stage == "reinstated" and word in _TAKEN_AGAIN]
        called_off = [word for word in found if stage == "reversed" and word in _CALLED_OFF]
        used += called_off
        said |= {"money_stage": "reversed" if back else stage}
    rest = " ".join(word for word in found if word not in called_off)
    outcome = outcome_of(rest) or _done(found, used, said.get("kind"))
    if outcome and said.get("kind") not in {None, "lock"}:
        said["outcome"] = outcome
    is_effect = said.get("kind") == "effect"
    return Sense(
        columns=said,
        words=tuple(dict.fromkeys(used)),
        announces=is_effect and outcome not in SETTLED and _is_asked(found, used),
        failed=is_effect and outcome in _CAME_TO_NOTHING and outcome_of(found[-1]) == outcome,
    )


def _done(found: Iterable[str], verbs: Iterable[str], kind: str | None) -> str | None:
    """What is told in the past was done: `contact.updated`, `invoice charged`."""
    if kind not in {"effect", "write"} or _NOT_SO & set(found):
        return None
    return "ok" if any(verb.endswith("ed") or verb in _PAST for verb in verbs) else None


def _is_asked(found: Iterable[str], verbs: Iterable[str]) -> bool:
    ongoing = {word for word in verbs if word.endswith("ing")} - _NO_VERBS
    said = set(found)
    is_to_come = said & _TO_COME and not said & (_NOT_SO - _TO_COME)
    return bool(ongoing or said & _ASKED or is_to_come)


def _row_for(found: Iterable[str]) -> _Row | None:
    present = set(found)
    if present & _LOOKED_AT and present & _MESSAGES:
        return _READS
    for row in (_READS, _LOCKS, _APPROVALS):
        if present & row[0]:
            return row
    if present & _BOOKED and (present & _LEDGERS or (present & _ENTRIES and "posted" in present)):
        return _POSTINGS
    for row in (*_EFFECTS, _CHANGES):
        if present & row[0]:
            return row
    # The verb comes last in `order.created` and first in `create_order`; a job is not a verb.
    return next((row for row in _OTHERS if present & row[0]), None)


def _add_phase(found: tuple[str, ...], said: dict[str, str], used: list[str]) -> None:
    """Rows that say that something was put in a queue, began or ended."""
    present = set(found)
    kind = said.get("kind")
    if kind == "lock":
        said["phase"] = "end" if present & _FINISHED_LOCK else "start"
    elif present & _QUEUED and kind in {None, "trigger"}:
        said |= {"kind": "other", "outcome": "pending"}
        used += sorted(present & _QUEUED)
    elif present & _BEGUN:
        said |= {"kind": {"effect": "attempt"}.get(kind or "", kind or "trigger")}
        said |= {"phase": "start", "outcome": "pending"}
        used += sorted(present & _BEGUN)
    elif present & _ENDED and kind in {None, "trigger"}:
        said |= {"kind": "trigger", "phase": "end"}
        used += sorted(present & _ENDED)


def _stage(found: Iterable[str]) -> str | None:
    present = set(found)
    if present & _GIVEN_BACK and present & _TAKEN_AGAIN:
        return "reinstated"
    stage = next((stage for forms, stage in _MONEY_STAGES if present & forms), None)
    ways = {_WHICH_WAY[word] for word in present & _WHICH_WAY.keys()}
    if stage in set(_WHICH_WAY.values()) and present & _EITHER_WAY and len(ways) == 1:
        return ways.pop()
    return stage


def _return_of(found: Sequence[str], stage: str | None) -> list[str]:
    """The word that says that the money went back, as in `debit.returned`.

    It is the last: `payment API returned 402` says what was answered. A `payment.return` may be a
    customer who comes back from the page of the provider; a debit comes back as money only.
    """
    if stage not in _TAKEN_BACK:
        return []
    said = _RETURNED | _RETURN if stage == "debited" else _RETURNED
    return [word for word in found[-1:] if word in said]


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
"""HTTP methods; see `method_sense`."""

_METHOD_SENSES: Dictionary[str, Dictionary[str, str]] = {
    "GET": {"kind": "read"},
    "HEAD": {"kind": "read"},
    "OPTIONS": {"kind": "read"},
    "POST": {"kind": "attempt"},
    "PUT": {"kind": "write", "write_kind": "upsert"},
    "PATCH": {"kind": "write", "write_kind": "update"},
    "DELETE": {"kind": "write", "write_kind": "delete"},
}


def method_sense(value: str) -> Sense:
    """What an HTTP method says (RFC 9110, section 9): what a POST made, only its answer knows."""
    columns = _METHOD_SENSES.get(value.upper(), {})
    return Sense(columns=columns, words=(value.lower(),) if columns else ())


_CODES: Dictionary[str, Dictionary[str, str]] = {
    "I": {"kind": "write", "write_kind": "create"},
    "U": {"kind": "write", "write_kind": "update"},
    "D": {"kind": "write", "write_kind": "delete"},
    "T": {"kind": "write", "write_kind": "delete"},
    "B": {"kind": "other"},
    "C": {"kind": "other"},
    "M": {"kind": "other"},
}
"""Insert, update, delete, truncate, begin, commit, message, as captures of changes write them.
https://github.com/eulerto/wal2json#format-version-2"""


def speaks_in_codes(values: Iterable[str]) -> bool:
    """Whether the actions are the letters of a capture of changes."""
    return {"I", "U"} <= set(values) <= _CODES.keys()


def code_sense(value: str) -> Sense:
    """What a letter of a capture of changes says."""
    return Sense(columns=_CODES[value], words=(value,))
