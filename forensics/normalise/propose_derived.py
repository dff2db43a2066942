"""Columns that follow from others: constants, resolutions, kinds of errors, outcomes."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dictionary

from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_abroad import noun_of
from forensics.normalise.propose_action import Choice, Verbs
from forensics.normalise.propose_candidates import PROPOSED, Candidate
from forensics.normalise.propose_fits import is_side_of_money
from forensics.normalise.propose_money import SIDES
from forensics.normalise.propose_readings import (
    is_http_status,
    placeholder,
    refused_cases,
    resolution_us,
    stage_reading,
)
from forensics.normalise.sql_types import text

Derived = tuple[str, str, float, str]
"""Column, expression, confidence, reason."""

Chosen = Dictionary[str, Sequence[Candidate]]
"""Column to the fields that fill it; several where a record has one of them."""

_MOSTLY = 0.5
_ENDS = re.compile(r"(ended|finished|completed)_at|end_time|end_ts|end")
_LIVE_OR_TEST = re.compile(r"(is_)?(live|test|sandbox)(_?mode)?")
_RECORDS_OF_ANY_TYPE = frozenset(
    {"id", "entity", "resource", "object", "target", "subject", "aggregate", "reference", "ref",
     "referenz", "pk", "primary_key"}
)  # fmt: skip
_ID_WORDS = re.compile(r"_(id|uuid|ref|reference|no|number|nr|key|sid)$")


def environment_flag(profile: Profile) -> Field | None:
    """A flag that says whether a record is real or a test."""
    named = [
        entry
        for entry in profile.fields.values()
        if entry.shape == "boolean" and _LIVE_OR_TEST.fullmatch(entry.phrase)
    ]
    return min(named, key=lambda f: (-f.fill, f.path), default=None)


def side_of_money(profile: Profile) -> Field | None:
    """The field that says whether an account was debited or credited, and nothing else."""
    named = [
        entry
        for entry in profile.fields.values()
        if re.fullmatch(SIDES, entry.phrase) and is_side_of_money(entry)
    ]
    return min(named, key=lambda f: (-f.fill, f.path), default=None)


def derived(
    profile: Profile, chosen: Chosen, said: Verbs, outcome: Choice | None, refused: Field | None
) -> Iterator[Derived]:
    """What follows from the fields that were chosen.

    Args:
        profile: The log.
        chosen: Column to the candidates that fill it.
        said: What the log says of what was done.
        outcome: The field that says what came of it.
        refused: A status of which only some words are known: that nothing was done.
    """
    if "occurred_at" in chosen:
        yield from _of_time(chosen["occurred_at"][0].entry)
    if "entity_id" in chosen and "entity_type" not in chosen:
        yield from _of_entity(chosen["entity_id"])
    side = side_of_money(profile)
    if side is not None:
        yield "money_stage", stage_reading(side), 0.85, "its values say debit and credit"
    if "actor" in chosen and re.search(
        "worker|host|pod|node|consumer", chosen["actor"][0].entry.phrase
    ):
        yield "actor_kind", "'worker'", 0.8, "the actor is a worker by name"
    if outcome is not None and outcome.confidence >= PROPOSED and is_http_status(outcome.entry):
        yield from _of_http(outcome.entry, said)
    elif "error" in chosen:
        where = placeholder(chosen["error"][0].entry)
        yield "error_kind", f"failure_kind({where})", 0.8, "from the words of the error"
    if outcome is None:
        yield from _of_silence(chosen, refused)
    if "execution_id" not in chosen:
        yield from _of_runs(profile, chosen, said)
    if not said.senses:
        yield from _without_verbs(chosen)


def _of_time(entry: Field) -> Iterator[Derived]:
    resolution = resolution_us(entry)
    if resolution:
        reason = "its times have no finer digits; nothing below is ordered"
        yield "clock_resolution_us", f"{resolution}", 0.9, reason
    if _ENDS.fullmatch(entry.phrase):
        yield "time_means", "'end'", 0.85, f"`{entry.path}` names the end"
    if entry.phrase == "received_at":
        yield "time_means", "'received'", 0.85, f"`{entry.path}` says when it arrived"


def _of_entity(members: Sequence[Candidate]) -> Iterator[Derived]:
    names = [(placeholder(m.entry), _noun(m.entry)) for m in members]
    if len(names) == 1:
        yield "entity_type", text(names[0][1]), members[0].confidence, "the name of the field"
        return
    cases = " ".join(f"WHEN {where} IS NOT NULL THEN {text(noun)}" for where, noun in names)
    yield "entity_type", f"CASE {cases} END", members[0].confidence, "the name of the filled field"


def _noun(entry: Field) -> str:
    noun = noun_of(entry.phrase) or _ID_WORDS.sub("", entry.phrase)
    return noun if noun not in _RECORDS_OF_ANY_TYPE else "record"


def _of_http(entry: Field, said: Verbs) -> Iterator[Derived]:
    code = f"try_cast({placeholder(entry)} AS INTEGER)"
    kind = f"CASE WHEN {code} >= 400 THEN failure_kind({placeholder(entry)}) END"
    yield "error_kind", kind, 0.9, "from the HTTP status"
    if said.address is not None:
        yield "vantage", "'server'", 0.7, "a method, an address and a status: a server's access log"
        yield "entity_type", "'address'", 0.7, "what was asked for"
        yield (
            "entity_id",
            f"split_part({placeholder(said.address)}, '?', 1)",
            0.7,
            ("what was asked for, without the query"),
        )


def _of_silence(chosen: Chosen, refused: Field | None) -> Iterator[Derived]:
    """No field says what came of it, but a word, an error, or the id of what was made, does."""
    cases = silent_cases(chosen, refused)
    if not cases:
        return
    made = "effect_id" in chosen
    words = [f"words of `{refused.path}` for what was not done"] if refused else []
    words += ["an error where it failed"] if "error" in chosen else []
    words += ["an id where something was made"] if made else []
    status = "not every word of a status is known" if refused else "no status"
    otherwise = text("unknown" if refused or made else "ok")
    yield (
        "outcome",
        f"CASE {' '.join(cases)} ELSE {otherwise} END",
        0.7,
        f"{status}, but {' and '.join(words)}",
    )


def told_cases(chosen: Chosen, refused: Field | None) -> tuple[str, ...]:
    """Branches of a `CASE`: what came of a record in which something went wrong or undone."""
    failed = _any(chosen.get("error", ()))
    cases = refused_cases(refused) if refused else ()
    return (*cases, f"WHEN {failed} THEN 'error'") if failed else cases


def silent_cases(chosen: Chosen, refused: Field | None) -> tuple[str, ...]:
    """Those, and that what has an id was made."""
    made = _any(chosen.get("effect_id", ()))
    told = told_cases(chosen, refused)
    return (*told, f"WHEN {made} THEN 'ok'") if made else told


def _any(members: Sequence[Candidate]) -> str:
    """The expression that holds where one of the fields is filled; empty for none."""
    return " OR ".join(f"{placeholder(member.entry)} IS NOT NULL" for member in members)


def _of_runs(profile: Profile, chosen: Chosen, said: Verbs) -> Iterator[Derived]:
    """What a cause names is an execution; rows that begin and end are rows of one execution."""
    for member in chosen.get("cause_id", ()):
        for column in ("occurrence_id", "delivery_id"):
            for named in chosen.get(column, ()):
                if profile.relation(member.entry, named.entry).contained >= _MOSTLY:
                    reason = f"`{member.entry.path}` names causes by it"
                    yield "execution_id", placeholder(named.entry), 0.85, reason
                    return
    in_steps = any(sense.columns.get("phase") == "end" for _, _, sense in said.senses)
    if in_steps and "delivery_id" in chosen:
        job = placeholder(chosen["delivery_id"][0].entry)
        tries = [placeholder(member.entry) for member in chosen.get("attempt", ())]
        run = f"concat_ws('#', {job}, {tries[0]})" if tries else job
        yield "execution_id", run, 0.75, "one run has several rows: where it began, where it ended"


def _without_verbs(chosen: Chosen) -> Iterator[Derived]:
    """Without a verb the kind is what the other columns are typical of."""
    typical = (
        ("effect_id", "effect", "each record has the id of what was made"),
        ("version_written", "write", "each record has the version that was written"),
        ("attempt", "attempt", "each record counts an attempt"),
        ("workflow", "trigger", "each record names a job"),
        ("delivery_id", "delivery", "each record names a message"),
    )
    for column, kind, reason in typical:
        if column in chosen and chosen[column][0].entry.fill >= 0.9:  # noqa: PLR2004 - nearly every record
            yield "kind", f"'{kind}'", 0.7, reason
            return
