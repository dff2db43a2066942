"""Histories of small stores: those that are correct accuse nobody, the others are noticed.

    uv run python -m benchmarks.reach.histories [COUNT]

So many histories with what protects the store at work, and as many with it switched off. Of the
first, every finding above a suspicion is a false accusation. Of the second, the store knows which
records went wrong; a history counts as noticed when a finding above a suspicion names one of them.
Many are told too badly for that: the shares are by what the logs held. Some of the first are
audited alone, too, and must be judged as they were in company. Fails on any accusation.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable

from benchmarks.reach.histories.audit import Found, above_suspicion, audited, noticed
from benchmarks.reach.histories.history import History, histories
from benchmarks.results import keep

ALONE = 10


def main() -> None:
    """Simulate, audit, print and keep the result."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    correct = histories(count, protected=True)
    found = audited(correct)
    accused = [
        f"{history.name} ({history.store}): {row['pattern']}, {row['grade']}, {row['subject']}"
        for history in correct
        for row in above_suspicion(found[history.name])
    ]
    differing = [
        history.name
        for history in correct[:: max(count // ALONE, 1)]
        if _said(audited([history]), history) != _said(found, history)
    ]
    broken = [h for h in histories(count, protected=False) if h.anomalies]
    found_broken = audited(broken)
    print(*accused, sep="\n")
    print(keep(
        "histories",
        claim="no finding above a suspicion in a correct history",
        correct={
            "histories": count,
            "events": sum(len(h.events) for h in correct),
            "by_store": Counter(h.store for h in correct),
            "accusations": accused,
            "suspicions": sum(len(found[h.name]) for h in correct) - len(accused),
            "judged_otherwise_alone": differing,
        },
        unprotected={
            "histories_that_went_wrong": len(broken),
            "noticed": _share(broken, found_broken),
            "by_store": _shares(broken, found_broken, lambda h: h.store),
            "by_logs": _shares(broken, found_broken, _what_the_logs_held),
        },
    ).read_text(encoding="utf-8"))  # fmt: skip
    sys.exit(1 if accused or differing else 0)


def _said(found: Found, history: History) -> list[tuple[str, str, list[str]]]:
    return sorted((r["pattern"], r["grade"], sorted(r["ids"])) for r in found[history.name])


def _what_the_logs_held(history: History) -> str:
    told = history.telling
    held = {"versions": told.versions, "hashes": told.hashes, "neither": True}
    return f"{told.logs}, {next(name for name, there in held.items() if there)}"


def _shares(
    broken: Iterable[History], found: Found, kind: Callable[[History], str]
) -> dict[str, str]:
    groups: dict[str, list[History]] = {}
    for history in broken:
        groups.setdefault(kind(history), []).append(history)
    return {name: _share(group, found) for name, group in sorted(groups.items())}


def _share(broken: Iterable[History], found: Found) -> str:
    seen = [noticed(history, found[history.name]) for history in broken]
    return f"{sum(seen)} of {len(seen)}"


if __name__ == "__main__":
    main()
