"""What `forensics map` says of what could be seen with its proposal, and of what it lacks."""

import re
from collections.abc import Sequence

from forensics.case.mapping_proposal import MappingProposal
from forensics.case.mapping_trial import Blind
from forensics.cli import printing
from forensics.model.columns import BY_NAME
from forensics.normalise.propose import Proposal
from forensics.normalise.propose_fits import is_time
from forensics.normalise.propose_names import phrase_of

_NEAREST = 5
_BESIDE_A_RECORD = {"numbered_record": "attempt", "traced_call": "trace_id"}
"""What tells it where a record is named; a content of the line does for the trace as well."""

_WORKS = re.compile(r"(thread|worker|tid|process|pid|consumer)(_(id|name|no|number))?")


def print_sight(found: MappingProposal) -> None:
    """What could be seen now, or would be once the records have a kind."""
    trial = found.trial
    strangers = [b.pattern for b in trial.blind if b.of_other_kinds]
    if trial.seeing:
        printing.line(f"Can be seen: {', '.join(trial.seeing)}.")
        if strangers:
            printing.line(f"No record is of a kind that these look at: {', '.join(strangers)}.")
        return
    once = list(dict.fromkeys(pattern for seen in trial.promised.values() for pattern in seen))
    has_kinds = _has_kinds(found.proposal)
    if not trial.tally.events:
        printing.line("Can be seen: nothing, as no sampled record gives an event.")
        return
    if trial.nearest and has_kinds:
        printing.line(f"Can be seen: nothing yet; {_nearest(trial.nearest)}")
        return
    if once:
        when = "were the records of another kind" if has_kinds else "once the records have a kind"
        printing.line(f"Can be seen: nothing yet; {when}: {', '.join(once)}.")
    elif trial.wanted:
        printing.line(
            "Can be seen: nothing yet, whatever kind the records are: most patterns want"
            f" {', '.join(trial.wanted)}. --set COLUMN=PATH says where they stand."
        )
    else:
        printing.line("Can be seen: nothing yet, whatever kind the records are.")
    if trial.example:
        kinds = ", ".join(trial.promised or ("effect", "attempt", "write"))
        which = (
            "If some are of another kind, say so in the mapping"
            if has_kinds
            else ("Say in the mapping of what kind they are")
        )
        printing.line(f"{which} ({kinds}), such as:")
        for line in trial.example.splitlines():
            printing.line(f"  {line}")


def _nearest(blind: Sequence[Blind]) -> str:
    """What one column more would show, those first of which a field may be the column."""
    ordered = sorted(blind, key=lambda b: not b.maybe)
    needs: dict[str, list[str]] = {}
    for one in ordered:
        alternatives = [_BESIDE_A_RECORD.get(name, name) for name in one.enough]
        named = [name for name in alternatives if name in BY_NAME] or alternatives
        needs.setdefault(" or ".join(named), []).append(one.pattern)
    listed = [f"with {need}: {', '.join(patterns)}" for need, patterns in needs.items()]
    more = f"; {len(listed) - _NEAREST} more lack one" if len(listed) > _NEAREST else ""
    return (
        f"{'; '.join(listed[:_NEAREST])}{more}. --set COLUMN=PATH says where such a column stands."
    )


def _has_kinds(proposal: Proposal) -> bool:
    return any(line.column == "kind" for line in proposal.lines) or any(
        "kind" in row.columns for row in proposal.rows
    )


def has_records(proposal: Proposal) -> bool:
    """Whether the log has reads or writes of records, or may have, as a field says what is one."""
    kinds = [line.expression for line in proposal.lines if line.column == "kind"]
    kinds += [row.columns["kind"] for row in proposal.rows if "kind" in row.columns]
    return any("'read'" in kind or "'write'" in kind or "'" not in kind for kind in kinds)


def runs_are_one(proposal: Proposal) -> str:
    """That runs cannot be told apart, and how they may be, where lines say who worked."""
    if any(line.column == "execution_id" for line in proposal.lines):
        return ""
    paths = [path for line in proposal.lines for path in line.paths]
    paths += [entry.path for entry in proposal.left]
    worker = next((path for path in paths if _WORKS.fullmatch(phrase_of(path))), "")
    record = next((x.expression for x in proposal.lines if x.column == "entity_id"), "")
    if not worker or not record:
        return ""
    return (
        "No field names the run that a line belongs to (`execution_id`), so that runs are not told"
        f" apart. Where `{worker}` never works on one record twice, both together name it:"
        f" --set \"execution_id={{{worker}}} || '/' || {record}\"."
    )


def where_time_may_be(proposal: Proposal) -> str:
    """Say what a person who knows the log can do when no time was found."""
    if times := [f.path for f in proposal.left if is_time(f)]:
        return f"Perhaps --set {' or --set '.join(f'occurred_at={path}' for path in times)}."
    unclear = (f.path for f in proposal.left if f.shape == "day_or_month_first")
    if path := next(unclear, None):
        return (
            f"No date in `{path}` shows whether its day or its month comes first: say it with"
            f" --set 'occurred_at=iso_time(day_first({{{path}}}))' or the same with month_first."
        )
    return "Say where it stands with --set occurred_at=PATH."
