"""The seven answers that stand first on the page, in the terminal and in `findings.json`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from forensics.model.audit import Audit
from forensics.model.blast_radius import Money, StillOut
from forensics.model.elsewhere import Elsewhere
from forensics.model.finding import Verdict
from forensics.model.headline import Headline, Reach
from forensics.model.incident import Pending, Untold
from forensics.model.words import instant, of_case, plural

_MOST = 3
_SILENT = ", and does not say it"
_PERHAPS = ", unless it is of another system or time"
_LATE = datetime.max.replace(tzinfo=UTC)


def headline(audit: Audit) -> Headline:
    """What a person has to know first, from the audit alone."""
    sure = _customers(audit, "confirmed")
    # What to keep and what to look into is for those who have the case.
    is_customers = bool(audit.audience.customer)
    return Headline(
        standing=_standing(audit),
        reaches=sorted(
            (Reach(source=c.source, last_at=c.last_at) for c in audit.coverage if c.events),
            key=lambda reach: (reach.last_at or _LATE, reach.source),
        ),
        customers_confirmed=len(sure),
        customers_possible=len(_customers(audit, "possible") - sure),
        records_wrong=sum(one.blast_radius.records_wrong for one in audit.counting),
        money=_money(audit),
        still_out=_still_out(audit),
        accepted=len(audit.incidents) - len(audit.counting),
        stop=_stop(audit),
        save=[] if is_customers else _save(audit),
        worst=_worst(audit),
        unseen=_unseen(audit),
        following=[] if is_customers else _following(audit),
    )


def _standing(audit: Audit) -> str:
    """Never more than up to the end of the log that ends first."""
    if not any(coverage.last_at for coverage in audit.coverage):
        if audit.run.since or audit.run.until:
            return "No line with a time lies in the window asked for: nothing is told of it."
        return "No log has times: whether anything goes on cannot be told."
    states = Counter(incident.standing.state for incident in audit.counting)
    if not audit.counting:
        return "Nothing was found that could go on."
    if states["running"]:
        first = next(i for i in audit.counting if i.standing.state == "running")
        more = f" and {plural(states['running'] - 1, 'other')}" if states["running"] > 1 else ""
        return f"Maybe: {first.title}{more} has lines up to the end of its log."
    if states["unknown"]:
        share = f"{states['unknown']:,} of {plural(len(audit.counting), 'incident')}"
        unknown = [one.standing for one in audit.counting if one.standing.state == "unknown"]
        holes = sum(not one.is_whole for one in unknown)
        why = "the logs end too soon after it" if len(unknown) == 1 else "the logs end too soon"
        if holes:
            why = "the logs have holes" if holes == len(unknown) else f"{why}, or have holes"
        others = (
            "" if states["unknown"] == len(audit.counting) else " Nothing is seen of the others."
        )
        return f"Not to be told for {share}: {why}.{others}"
    return "Nothing more is seen of any incident up to the end of its logs."


def _customers(audit: Audit, certain: str) -> set[tuple[str, str]]:
    return {
        owned
        for incident in audit.counting
        for harm in incident.blast_radius.harms
        if harm.certain == certain
        for owned in harm.owned
    }


def _money(audit: Audit) -> list[Money]:
    """The incidents' money added up; no effect is in two of them."""
    groups: dict[tuple[str, str, str], list[Money]] = defaultdict(list)
    for incident in audit.counting:
        for money in incident.blast_radius.money:
            groups[money.currency, money.certain, money.stage].append(money)
    return [
        Money(
            currency=currency,
            stage=stage,
            certain=certain,
            effects=sum(one.effects for one in members),
            gross=sum((one.gross for one in members), start=members[0].gross * 0),
            compensated=sum((one.compensated for one in members), start=members[0].gross * 0),
            by_witness=_summed(one.by_witness for one in members),
        )
        for (currency, certain, stage), members in sorted(groups.items())
    ]


def _summed(shares: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for share in shares:
        for witness, net in share.items():
            sums[witness] += net
    return dict(sorted(sums.items()))


def _still_out(audit: Audit) -> list[StillOut]:
    """The incidents' intervals added up."""
    groups: dict[str, list[StillOut]] = defaultdict(list)
    for incident in audit.counting:
        for one in incident.blast_radius.still_out:
            groups[one.currency].append(one)
    return [
        StillOut(
            currency=currency,
            low=sum((one.low for one in members), start=Decimal(0)),
            high=sum((one.high for one in members), start=Decimal(0)),
        )
        for currency, members in sorted(groups.items())
    ]


def _worst(audit: Audit) -> list[str]:
    """The worst finding of each of the worst incidents; what is new or has grown comes first.

    An accepted one never stands for its incident.
    """
    places = {
        finding.finding_id: (finding.status == "accepted", place)
        for place, finding in enumerate(audit.findings)
    }
    status = {finding.finding_id: finding.status for finding in audit.findings}
    counting = audit.counting
    news = [
        any(status[finding] in {"new", "growing"} for finding in incident.findings)
        for incident in counting
    ]
    ranked = sorted(zip(news, counting, strict=True), key=lambda pair: not pair[0])
    return [min(incident.findings, key=places.__getitem__) for _, incident in ranked[:_MOST]]


_WHY = {
    "queued": ("message", "waiting in the queue"),
    "unacknowledged": ("message", "not acknowledged: may be delivered again"),
    "unfinished": ("run", "begun and not seen to end: may still be running"),
    "unanswered": (
        "call",
        "never answered, outcome never learnt: look it up at the callee before a new try",
    ),
    "retry due": ("retry", "due"),
    "scheduled": ("run", "scheduled"),
    "still looping": ("loop", "not seen to end before the log did"),
}


def _stop(audit: Audit) -> list[str]:
    """Who may still be at it, then one sentence a kind of unfinished work."""
    ends_at = max((c.last_at for c in audit.coverage if c.last_at), default=_LATE)
    groups: dict[tuple[str, str, str], list[Pending]] = defaultdict(list)
    for work in audit.pending:
        groups[work.why, work.system, work.action].append(work)
    running = [i for i in audit.counting if i.standing.state == "running" and i.systems]
    sentences = [
        f"may still be going on in {', '.join(f'`{one}`' for one in incident.systems[:_MOST])}:"
        f" {incident.title}"
        for incident in running
    ] + [_fires(*kind, members, ends_at) for kind, members in groups.items()]
    sentences += endless(audit.untold)
    if (more := len(sentences) - _MOST) > 0:
        sentences[_MOST:] = [f"and {more:,} more kinds of work"]
    return sentences


def endless(untold: Sequence[Untold]) -> list[str]:
    """Of which work the logs cannot tell whether it fires again, a sentence a log and kind."""
    what = {"message": "acknowledgement", "run": "end of a run"}
    groups: dict[tuple[str, str], list[Untold]] = defaultdict(list)
    for one in untold:
        groups[one.source, one.kind].append(one)
    return [
        f"`{source}` tells of no {what[kind]} by"
        f" {', '.join(f'`{one.whose}`' for one in members[:_MOST])}"
        f"{' and others' if len(members) > _MOST else ''}: which of"
        f" {plural(sum(one.works for one in members), kind)} may come again cannot be told"
        for (source, kind), members in groups.items()
    ]


def _fires(
    why: str, system: str, action: str, members: Sequence[Pending], ends_at: datetime
) -> str:
    noun, what = _WHY[why]
    due = min((work.fires_at for work in members if work.fires_at), default=None)
    key = min((work.key_until for work in members if work.key_until), default=None)
    words = f"{plural(len(members), noun)} `{action}` of `{system}` {what}"
    if due:
        words += f", from {instant(due)} UTC"
    if key and key > ends_at:
        first = "the key is" if len(members) == 1 else "the first key is"
        words += f"; {first} forgotten from {instant(key)} UTC"
    elif key:
        words += "; a key is forgotten by now, so that a repeat would act again"
    return words


def _save(audit: Audit) -> list[str]:
    """What its source deletes by itself, what is deleted first standing first."""
    deadlines = []
    for coverage in audit.coverage:
        days = audit.kept_days.get(coverage.source)
        if days and coverage.first_at:
            deadlines.append((coverage.first_at + timedelta(days=days), coverage.source, days))
    sentences = []
    for gone_at, source, days in sorted(deadlines):
        if gone_at > audit.run.at:
            sentences.append(
                f"`{source}`: its source deletes after {days} days; the oldest of this goes on"
                f" {gone_at:%Y-%m-%d %H:%M} UTC"
            )
        else:
            sentences.append(
                f"`{source}`: its source deletes after {days} days; keep this case, it may be the"
                " only copy"
            )
    if len(sentences) > _MOST:
        sentences[_MOST:] = [f"and {len(sentences) - _MOST} more logs that their sources delete"]
    return sentences


def _unseen(audit: Audit) -> list[str]:
    """What is missing, then the patterns of which no source can say anything, with the cure.

    What keeps most of them from seeing comes first; a pattern is named once.
    """
    waiting = [coverage.waiting for coverage in audit.coverage if coverage.waiting]
    sentences = [*audit.missing, *waiting, *_undecided(audit), *_hidden(audit), *_blind(audit)]
    if len(sentences) > _MOST:
        sentences[_MOST:] = [f"and {len(sentences) - _MOST} more"]
    return sentences


def _hidden(audit: Audit) -> Iterator[str]:
    """What logs hold back of that which patterns see in them, and may be taken to have seen.

    A log that would show it, and was read, may be of another system: that is for people to say.
    """
    hiding = [one for one in audit.elsewhere if one.hidden]
    for one in sorted(hiding, key=lambda one: bool(one.read_as)):
        yield _other_log(one, f"{_first_of(one.hidden)}, in part", audit.run.case, here=_PERHAPS)


def _blind(audit: Audit) -> Iterator[str]:
    words: Mapping[str, list[Verdict]] = defaultdict(list)
    cures: dict[str, str] = {}
    for verdict in audit.verdicts:
        words[verdict.pattern].append(verdict.verdict)
        if verdict.verdict is Verdict.BLIND:
            cures.setdefault(verdict.pattern, verdict.reason)
    blind = [name for name, said in words.items() if all(word is Verdict.BLIND for word in said)]
    while blind and audit.elsewhere:
        # What blinds the most is what had better be read first.
        most = max(audit.elsewhere, key=lambda one: len(set(one.blind) & set(blind)))
        named = [name for name in blind if name in most.blind]
        if not named:
            break
        yield _other_log(most, f"{_first_of(named)}, in every log", audit.run.case, here=_SILENT)
        blind = [name for name in blind if name not in named]
    yield from (f"{name}, in every log: {cures[name]}" for name in blind)


def _first_of(patterns: Sequence[str]) -> str:
    return f"{patterns[0]} and {len(patterns) - 1} more" if len(patterns) > 1 else patterns[0]


def _other_log(one: Elsewhere, which: str, case: str, *, here: str) -> str:
    """For which patterns a log lacks what, which log has it, and how to get that."""
    commands = "`, `".join(one.commands_into(case))
    read = f" (`{one.read_as[0]}` is one{here})" if one.read_as else ""
    return (
        f"{which}: `{one.source}` cannot show {one.what}; that is in {one.log}{read}: `{commands}`"
    )


def _undecided(audit: Audit) -> Iterator[str]:
    """What the lines of the first finding lack to rule out all that would make it harmless."""
    worst = _worst(audit)[:1]
    undecided = next((f.explanation.undecided for f in audit.findings if f.finding_id in worst), {})
    if not undecided:
        return
    every = {name for names in undecided.values() for name in names}
    # What is lacking by itself is lacking where another would do as well.
    lacking = sorted(n for n in every if not (every - {n}) & set(n.split("|")))
    told = ", ".join(f"`{name}`".replace("|", "` or `") for name in lacking)
    yield (
        f"{plural(len(undecided), 'innocent reading')} of the first finding could not be"
        f" looked for: not all its lines say {told}"
    )


def _following(audit: Audit) -> list[str]:
    case = audit.run.case
    worst = _worst(audit)
    if not worst:
        if any(account.unmapped for account in audit.accounts):
            return ["forensics formats", "forensics map SOURCE"]
        asked = f'forensics sql "SELECT source, reason FROM quarantine" {of_case(case)}'
        return [asked] if audit.quarantine else []
    return [
        f"forensics show {worst[0]} {of_case(case)}",
        f"forensics show {of_case(case)}",
    ]
