"""Proposes a mapping for a log that nobody knows, from what its fields look like.

Rules, not a model: docs/mappings.md states them. A column is proposed at a confidence of 0.7,
mentioned as an alternative from 0.4, and otherwise left to the person who knows the log.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace

from forensics.model.columns import BY_NAME, COLUMNS
from forensics.normalise.paths import PLACEHOLDER, top_level
from forensics.normalise.profile import Field, Profile
from forensics.normalise.propose_action import Choice, Verbs, refusing, status, verbs
from forensics.normalise.propose_candidates import (
    MENTIONED,
    PROPOSED,
    Candidate,
    assigned,
    candidates,
    currency_reading,
    exclusive,
)
from forensics.normalise.propose_derived import (
    Chosen,
    derived,
    environment_flag,
    silent_cases,
    told_cases,
)
from forensics.normalise.propose_given import Said
from forensics.normalise.propose_made import effects_of, pays_out, return_beside
from forensics.normalise.propose_readings import outcome_doubt, placeholder, reading
from forensics.normalise.propose_rows import Row, action_of, classified
from forensics.normalise.propose_times import joined

_JOINED = ("effect_id", "entity_id", "error", "delivery_id")
"""Columns that several fields may fill, where no record has two of them."""

_IDS = (*_JOINED, "compensates_effect_id")
"""Columns that say which thing it was: a field that a person said for one fills no other beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One column of the mapping, or one that might be.

    Attributes:
        column: The canonical column.
        expression: What it is read from.
        confidence: 0 to 1; 1 for what a person said.
        reason: Why, in plain words.
        doubt: What a person should check, as a sentence; empty when nothing.
    """

    column: str
    expression: str
    confidence: float
    reason: str
    doubt: str = ""

    @property
    def paths(self) -> list[str]:
        """The fields it uses."""
        return list(dict.fromkeys(PLACEHOLDER.findall(self.expression)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A mapping for an unknown log, with its reasons.

    Attributes:
        records: How many were looked at.
        lists: Where the records stand in a document; none when the document is the record.
        recognise: Expression that is true for a record of this log.
        lines: The columns, in canonical order.
        rows: Classification by the value of the action.
        alternatives: What was considered and not proposed, best first.
        left: Fields that no column uses.
    """

    records: int
    lists: tuple[str, ...]
    recognise: str
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    alternatives: tuple[Line, ...]
    left: tuple[Field, ...]

    def keeps(self, entry: Field) -> bool:
        """Whether a field that was left goes to `attributes`; if not it stays in `raw` only."""
        used = {top_level(path) for line in self.lines for path in line.paths}
        return top_level(entry.path) not in used


def propose(profile: Profile, *, given: Dictionary[str, Said] | None = None) -> Proposal:
    """A mapping for a profiled log.

    Args:
        profile: The log.
        given: Columns that a person said; they outrank everything.
    """
    spoken = given or {}
    said = verbs(profile, _field_of("action", spoken, profile))
    outcome = status(profile, said.action.entry if said.action else None)
    refused = refusing(profile, said.action.entry if said.action else None) if not outcome else None
    taken = _taken(said, outcome, refused)
    found = candidates(
        profile,
        taken=taken,
        effects=effects_of(said.senses),
        sellers_are_paid=pays_out(said.senses),
    )
    firsts = assigned(found)
    elsewhere = {
        **{first.entry.path: first.confidence for first in firsts.values()},
        **{said_of.entry.path: 1.0 for c, said_of in spoken.items() if c in _IDS and said_of.entry},
    }
    chosen: dict[str, Sequence[Candidate]] = {
        column: exclusive(profile, first, found, elsewhere=elsewhere)
        if column in _JOINED
        else [first]
        for column, first in firsts.items()
        if column not in spoken
    }
    chosen |= _spoken_time(spoken)
    lines = {
        **{column: _line(profile, members) for column, members in chosen.items()},
        **_spoken_for(said, outcome),
    }
    if not spoken.keys() & {"effect_id", "compensates_effect_id"}:
        lines |= _return_lines(profile, chosen, found)
    lines |= environment_lines(profile, lines)
    lines |= {
        column: Line(column=column, expression=expression, confidence=confidence, reason=reason)
        for column, expression, confidence, reason in derived(
            profile, chosen, said, outcome, refused
        )
        if column not in lines
    }
    status_cases = _where_filled(outcome)
    if "outcome" in lines:
        lines["outcome"] = _told_in_part(lines["outcome"], chosen, status_cases, refused)
    in_two_fields = _joined_time(profile, chosen)
    lines |= in_two_fields
    lines |= {
        column: Line(
            column=column,
            expression=said_of.expression,
            confidence=1.0,
            reason=said_of.reason,
            doubt=said_of.doubt,
        )
        for column, said_of in spoken.items()
        if not (column == "occurred_at" and in_two_fields and said_of.entry)
    }
    rows = classified(
        said,
        spoken=set(spoken),
        has_outcome=outcome is not None,
        is_partial=bool(status_cases),
        told=(*status_cases, *told_cases(chosen, refused)),
        has_keys="operation_key" in lines,
        has_sides="money_stage" in lines,
    )
    ordered = tuple(lines[column.name] for column in COLUMNS if column.name in lines)
    return Proposal(
        records=profile.records,
        lists=profile.lists,
        recognise=_recognise(profile, ordered),
        lines=ordered,
        rows=rows,
        alternatives=_alternatives(profile, found, ordered),
        left=_left(profile, ordered),
    )


def _field_of(column: str, spoken: Dictionary[str, Said], profile: Profile) -> Field | None:
    """The one field that somebody said a column is read from, in whatever expression."""
    paths = set(PLACEHOLDER.findall(spoken[column].expression)) if column in spoken else set()
    return profile.fields.get(paths.pop()) if len(paths) == 1 else None


def _spoken_time(spoken: Dictionary[str, Said]) -> Chosen:
    """The field that a person named as the time: its digits, and the time of the day beside it."""
    said_of = spoken.get("occurred_at")
    if said_of is None or said_of.entry is None:
        return {}
    one = Candidate(
        column="occurred_at", entry=said_of.entry, confidence=1.0, reasons=(said_of.reason,)
    )
    return {"occurred_at": [one]}


def _joined_time(profile: Profile, chosen: Chosen) -> dict[str, Line]:
    """When it was, where the time of the day has a field of its own."""
    days = chosen.get("occurred_at", ())
    time = joined(profile, days[0].entry) if days else None
    if time is None:
        return {}
    told = {"occurred_at": time.expression}
    if time.resolution_us is not None:
        told["clock_resolution_us"] = f"{time.resolution_us}"
    return {
        column: Line(
            column=column, expression=expression, confidence=days[0].confidence, reason=time.reason
        )
        for column, expression in told.items()
    }


def environment_lines(profile: Profile, lines: Dictionary[str, Line]) -> dict[str, Line]:
    """The environment from a flag such as `livemode`, where no field names it."""
    flag = environment_flag(profile)
    if flag is None or "environment" in lines:
        return {}
    line = Line(
        column="environment",
        expression=reading("environment", flag),
        confidence=0.9,
        reason="true and false under a name that says live or test",
    )
    return {"environment": line}


def _told_in_part(
    line: Line, chosen: Chosen, status_cases: Sequence[str], refused: Field | None
) -> Line:
    """The outcome, where its field is not in every record or holds words that are unknown."""
    if refused is not None:
        doubt = outcome_doubt(refused, read_as="left to what else a record says")
        return replace(line, doubt=doubt)
    silent = silent_cases(chosen, None)
    if not status_cases or not silent:
        return line
    cases = " ".join([*status_cases, *silent])
    return replace(line, expression=f"CASE {cases} ELSE 'unknown' END")


def _where_filled(outcome: Choice | None) -> tuple[str, ...]:
    """What came of the records that have a status, as a branch of a `CASE`, if others have none."""
    if outcome is None or outcome.confidence < PROPOSED or outcome.entry.fill == 1:
        return ()
    told = reading("outcome", outcome.entry)
    return (f"WHEN {placeholder(outcome.entry)} IS NOT NULL THEN {told}",)


def _taken(said: Verbs, outcome: Choice | None, refused: Field | None) -> set[str]:
    entries = [c.entry for c in (said.action, outcome) if c and c.confidence >= PROPOSED]
    if said.address is not None and said.action is not None:
        entries.append(said.address)
    if refused is not None:
        entries.append(refused)
    return {entry.path for entry in entries}


def _return_lines(profile: Profile, chosen: Chosen, found: Sequence[Candidate]) -> dict[str, Line]:
    """Effects and what they take back, where a refund's line has its own id and the charge's."""
    made = chosen.get("effect_id", ())
    others = [c.entry for c in found if c.column == "effect_id"]
    pair = return_beside(profile, [member.entry for member in made], others)
    if pair is None or "compensates_effect_id" in chosen:
        return {}
    given_back, paid = (placeholder(entry) for entry in pair)
    ids = ", ".join([given_back, *(placeholder(member.entry) for member in made)])
    reason = f"`{pair[0].path}` takes back what `{pair[1].path}` is the id of"
    told = {
        "effect_id": f"coalesce({ids})",
        "compensates_effect_id": f"CASE WHEN {given_back} IS NOT NULL THEN {paid} END",
    }
    return {
        column: Line(column=column, expression=expression, confidence=0.85, reason=reason)
        for column, expression in told.items()
    }


def _line(profile: Profile, members: Sequence[Candidate]) -> Line:
    """A column from its field, or from the first of several that is filled."""
    first = members[0]
    readings = [reading(first.column, m.entry, currency=currency_reading(profile)) for m in members]
    return Line(
        column=first.column,
        expression=readings[0] if len(readings) == 1 else f"coalesce({', '.join(readings)})",
        confidence=first.confidence,
        reason="; ".join(first.reasons)
        if len(members) == 1
        else f"of {', '.join(f'`{m.entry.path}`' for m in members)} a record has one",
    )


def _spoken_for(said: Verbs, outcome: Choice | None) -> dict[str, Line]:
    """The action and the outcome."""
    result = {}
    if said.action and said.action.confidence >= PROPOSED:
        result["action"] = Line(
            column="action",
            expression=action_of(said),
            confidence=said.action.confidence,
            reason=said.action.reason,
        )
    if outcome and outcome.confidence >= PROPOSED:
        result["outcome"] = Line(
            column="outcome",
            expression=reading("outcome", outcome.entry),
            confidence=outcome.confidence,
            reason=outcome.reason,
            doubt=outcome_doubt(outcome.entry),
        )
    return result


def _recognise(profile: Profile, lines: Iterable[Line]) -> str:
    """What every record of this log has: at most two fields that are always filled."""
    always = {path for path, f in profile.fields.items() if f.filled == f.records}
    wanted = ("occurred_at", "action", "occurrence_id", "entity_id", "trace_id")
    by_column = {line.column: line for line in lines}
    paths = [
        path
        for column in wanted
        if column in by_column
        for path in by_column[column].paths
        if path in always
    ]
    named = list(dict.fromkeys(paths))[:2]
    return " AND ".join(f"{{{path}}} IS NOT NULL" for path in named) or "true"


def _alternatives(
    profile: Profile, found: Sequence[Candidate], lines: Sequence[Line]
) -> tuple[Line, ...]:
    """Candidates that lost or were too weak, by column."""
    used = {(line.column, path) for line in lines for path in line.paths}
    order = list(BY_NAME)
    return tuple(
        Line(
            column=c.column,
            expression=reading(c.column, c.entry, currency=currency_reading(profile)),
            confidence=c.confidence,
            reason="; ".join(c.reasons),
        )
        for c in sorted(found, key=lambda c: order.index(c.column))
        if c.confidence >= MENTIONED and (c.column, c.entry.path) not in used
    )


def _left(profile: Profile, lines: Iterable[Line]) -> tuple[Field, ...]:
    """Fields of which no column uses anything."""
    used = {path for line in lines for path in line.paths}
    return tuple(
        entry
        for path, entry in profile.fields.items()
        if path not in used
        and not any(path.startswith(f"{other}.") for other in used)
        and not (entry.shape == "object" and _holds_fields(path, profile))
    )


def _holds_fields(path: str, profile: Profile) -> bool:
    return any(re.match(re.escape(path) + r"[.]", other) for other in profile.fields)
