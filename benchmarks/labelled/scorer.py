"""Matches what a tool found to what is true, by the records that both name.

A claim *hits* a case when its detector is right for it and at least half of its records are the
case's. A claim that says a thing listed under `also` of such a case neither counts for nor against
the tool. Every other claim is a false accusation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.labelled.findings import Claim
from benchmarks.labelled.story import DETECTOR_OF

DETECTORS = ("duplicate_side_effect", "retry_storm", "race_window", "recursive_chain")

SURE = 0.9
"""The confidence from which on a tool should hardly ever be wrong."""

Label = dict[str, Any]


@dataclass(slots=True)
class Score:
    """Counts of one detector over one or more worlds; `+` adds them up.

    Attributes:
        cases: Cases that the log can decide.
        found: Those of them that a claim above suspicion hits.
        hinted: Those that any claim hits.
        hits: Claims above suspicion that hit a case.
        false: Those that hit none.
        suspicions: Claims of grade `suspicion`.
        false_suspicions: Those of them that hit none.
        fragments: Claims above suspicion beyond the first for a case.
        pattern_right: Found cases of which a claim names a right pattern.
        patterns_told: Found cases whose log still shows a right pattern.
        told_pattern_right: Those of them of which a claim names one.
        mechanisms: Found cases whose mechanism is known.
        mechanism_right: Those of them of which a claim names it.
        mechanisms_told: Found cases whose log still shows the mechanism.
        told_mechanism_right: Those of them of which a claim names it.
        mechanism_wrong: Found cases of which a claim names a mechanism that is not theirs.
        certain: The confidence of each claim that has one, with whether it hit.
    """

    cases: int = 0
    found: int = 0
    hinted: int = 0
    hits: int = 0
    false: int = 0
    suspicions: int = 0
    false_suspicions: int = 0
    fragments: int = 0
    pattern_right: int = 0
    patterns_told: int = 0
    told_pattern_right: int = 0
    mechanisms: int = 0
    mechanism_right: int = 0
    mechanisms_told: int = 0
    told_mechanism_right: int = 0
    mechanism_wrong: int = 0
    certain: list[tuple[float, bool]] = field(default_factory=list)

    def __add__(self, other: "Score") -> "Score":
        return Score(*(getattr(self, name) + getattr(other, name) for name in Score.__slots__))

    def figures(self) -> dict[str, float | int | None]:
        """The shares, beside the counts that they come from; None where there is nothing."""
        return {
            "cases": self.cases, "found": self.found, "hits": self.hits, "false": self.false,
            "suspicions": self.suspicions, "false_suspicions": self.false_suspicions,
            "recall": _share(self.found, self.cases),
            "recall_with_suspicions": _share(self.hinted, self.cases),
            "precision": _share(self.hits, self.hits + self.false),
            "precision_with_suspicions": _share(
                self.hits + self.suspicions - self.false_suspicions,
                self.hits + self.false + self.suspicions,
            ),
            "fragmentation": _share(self.fragments, self.found),
            "pattern_right": _share(self.pattern_right, self.found),
            "told_pattern_right": _share(self.told_pattern_right, self.patterns_told),
            "mechanism_right": _share(self.mechanism_right, self.mechanisms),
            "told_mechanism_right": _share(self.told_mechanism_right, self.mechanisms_told),
            "mechanism_wrong": self.mechanism_wrong,
            "calibration_error": calibration_error(self.certain),
            "right_when_sure": _share(
                sum(right for confidence, right in self.certain if confidence >= SURE),
                sum(confidence >= SURE for confidence, _ in self.certain),
            ),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One thing that a tool got wrong.

    Attributes:
        what: `missed`, `hinted` (a suspicion only), `fragment` (one more finding for a case) or
            `false`.
        detector: Whose business it is.
        label: The case missed, or the label that most of the records belong to; None when they
            are ordinary traffic.
        claim: The fragment or the false accusation; None when something was missed.
    """

    what: str
    detector: str
    label: Label | None
    claim: Claim | None = None


def score(truth: Label, claims: Sequence[Claim]) -> tuple[dict[str, Score], list[Miss]]:
    """Score what a tool says of one world, a detector each."""
    owner = owners(truth)
    scores = {detector: Score() for detector in DETECTORS}
    hits: dict[str, list[Claim]] = defaultdict(list)
    misses = []
    for claim in claims:
        if claim.detector not in scores:
            continue
        label = whose(claim, owner)
        said = verdict(claim, label)
        if said == "also":
            continue
        _count(scores[claim.detector], claim, hit=said == "hit")
        if said == "hit" and label is not None:
            hits[label["id"]].append(claim)
        elif claim.accuses:
            misses.append(Miss(what="false", detector=claim.detector, label=label, claim=claim))
    for case in truth["cases"]:
        misses += _settle(scores[case["detector"]], case, hits[case["id"]])
    return scores, misses


def calibration_error(certain: Iterable[tuple[float, bool]]) -> float | None:
    """Expected calibration error over ten bins; None without confidences."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in certain:
        bins[min(int(confidence * 10), 9)].append((confidence, right))
    total = sum(len(rows) for rows in bins.values())
    if not total:
        return None
    gaps = (abs(sum(c for c, _ in rows) - sum(r for _, r in rows)) for rows in bins.values())
    return round(sum(gaps) / total, 4)


def owners(truth: Label) -> dict[tuple[str, int], Label]:
    """Which case or lookalike each record (log, line) belongs to; ordinary traffic has none."""
    labels = [*truth["cases"], *truth["lookalikes"]]
    return {(log, line): label for label in labels for log, line in label["records"]}


def whose(claim: Claim, owner: dict[tuple[str, int], Label]) -> Label | None:
    """The label that at least half of the claim's records belong to."""
    named = Counter(owner[r]["id"] for r in claim.records if r in owner)
    if not named:
        return None
    name, count = max(named.items(), key=lambda pair: (pair[1], pair[0]))
    if 2 * count < len(claim.records):
        return None
    return next(owner[r] for r in claim.records if r in owner and owner[r]["id"] == name)


def verdict(claim: Claim, label: Label | None) -> str:
    """`hit`, `also` (true besides) or `false`."""
    if label is None:
        return "false"
    if label["answers"] and claim.pattern in label["answers"]:
        return "hit"
    if claim.pattern in label["also"]:
        return "also"
    right = {DETECTOR_OF[pattern] for pattern in label["answers"]}
    return "hit" if claim.detector in right else "false"


def _count(score: Score, claim: Claim, *, hit: bool) -> None:
    if claim.accuses:
        score.hits += hit
        score.false += not hit
    else:
        score.suspicions += 1
        score.false_suspicions += not hit
    if claim.confidence is not None:
        score.certain.append((claim.confidence, hit))


def _settle(score: Score, case: Label, claims: Sequence[Claim]) -> list[Miss]:
    """Count a case; nothing is asked where the log cannot decide it."""
    accusing = [claim for claim in claims if claim.accuses]
    if not case["decidable"]:
        return []
    score.cases += 1
    score.hinted += bool(claims)
    if not accusing:
        what = "hinted" if claims else "missed"
        return [Miss(what=what, detector=case["detector"], label=case)]
    score.found += 1
    score.fragments += len(accusing) - 1
    pattern_right = any(claim.pattern in case["answers"] for claim in accusing)
    score.pattern_right += pattern_right
    if case["pattern_told"]:
        score.patterns_told += 1
        score.told_pattern_right += pattern_right
    named = {claim.mechanism for claim in accusing} - {None}
    score.mechanism_wrong += bool(named - {case["mechanism"]})
    if case["mechanism"]:
        score.mechanisms += 1
        score.mechanism_right += case["mechanism"] in named
    if case["mechanism_told"]:
        score.mechanisms_told += 1
        score.told_mechanism_right += case["mechanism"] in named
    _, *others = sorted(accusing, key=lambda claim: -len(claim.records))
    return [
        Miss(what="fragment", detector=other.detector, label=case, claim=other) for other in others
    ]


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
