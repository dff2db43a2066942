"""Effects that nothing connects but what they say, or how the runs began that made them."""

from collections.abc import Mapping, Sequence
from typing import Any

from forensics.detect import chance
from forensics.detect.contract import CALIBRATED, DERIVED, Facts, Parameter, Pattern
from forensics.detect.duplicate_side_effect.phrases import (
    apart,
    came_about,
    caveat,
    first,
    ids,
    money,
    named,
    remedy,
    returned,
    short,
    suppressors,
    teller,
)
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say what is alike, and what speaks for one intention behind it."""
    facts = named(facts)
    whom = facts["about"] or facts["customer"]
    about, shown = coded(whom), coded(short(whom))
    sum_of = f" of {money(facts)}" if money(facts) else ""
    reasons = [_LIKENESS[facts["likeness"]]]
    if facts["sign"]:
        reasons.append(_SIGNS[facts["sign"]])
    if facts["held"]:
        held = money({**facts, "amount": facts["held"]})
        reasons.append(f"no more than {held} had been held for it in all")
    if facts["hardly_any_again"]:
        reasons.append(f"{facts['action']} takes effect once on nearly every other record")
    if facts["doubt"]:
        reasons.append(f"an attempt before ended in {facts['doubt']}")
    against = [*caveat(facts), "The customer may have wanted it more than once."]
    if together := facts.get("returned"):
        (reasons if together["too_much"] else against).append(_what_came_back(facts, together))
    if spellings := facts["spellings"]:
        against.append(_two_spellings(spellings))
    if names := facts.get("differing"):
        against.append(_what_differs(names))
    if facts["others"] is not None:
        (reasons if facts["rare"] else against).append(_how_rare(facts))
    if weights := facts.get("weights"):
        heavy = weights["sum"] > weights["asked"]
        (reasons if heavy else against).append(_what_it_weighs(weights))
    by_design, by_chance = chance.said(facts)
    return Explanation(
        title=f"{facts['action']}{sum_of} took effect {facts['effects']} times for {shown}",
        sentences=(
            f"{teller(facts)} {plural(facts['effects'], 'effect')} of {facts['action']}{sum_of} for"
            f" {about}: {ids(facts)}{apart(facts)}. No key or message connects them; only what"
            f" they say is the same.{first(facts)}{returned(facts)}"
            f"{came_about(facts)}"
        ),
        reasons_for=[*reasons, *by_design],
        reasons_against=[*against, *by_chance],
        disproof="The first had been taken back before the next: look for a refund of it.",
        remedy=remedy(
            facts,
            "Make a key from what the effect is for, such as the order, before the first attempt,"
            " and let the callee refuse it the second time.",
        ),
    )


_LIKENESS: Mapping[str, str] = {
    "content": "same action, same content, in a short time",
    "thing": "same action, same content, for one record",
    "run": "same action, by two runs that began alike for one record",
}

_SIGNS: Mapping[str, str] = {
    "delivered_again": "the later run was handed what it worked on for another time",
    "rebalanced": "the consumers were rebalanced in between",
    "replayed": "the later run was a replay of the workflow that had made the first",
    "same_moment": "both runs began in the same moment",
    "still_at_work": "the first was still being made when the next began",
}


def _how_rare(facts: Facts) -> str:
    """How many other effects have the amount, as a reason for or against."""
    alike, others = facts["others_alike"], facts["others"]
    if not others:
        alone = f"there is no other effect of {facts['action']}"
        if facts["rare"]:
            return f"{alone} to compare the amount with, but its digits make it a rare one"
        return f"{alone} to compare the amount with: too few to call it rare."
    share = f"{alike:,} of the {others:,} other effects of {facts['action']} have this amount"
    if facts["rare"]:
        return f"{share}, and its digits make it a rare one"
    return f"{share}: {'it may be chance' if alike else 'too few to call it rare'}."


def _two_spellings(ids: Sequence[str]) -> str:
    """What is no evidence of two records, and yet may be two."""
    return (
        f"the two ids {' and '.join(map(coded, ids))} differ in nothing but their spelling: where"
        " both records exist, these are two deeds"
    )


def _what_came_back(facts: Facts, together: Mapping[str, Any]) -> str:
    """What returns of one effect give back together, beside what was paid."""
    given, paid = (money({**facts, "amount": together[name]}) for name in ("sum", "paid"))
    if together["too_much"]:
        return f"they name one payment of {paid}, of which {given} had been given back by then"
    return f"they name one payment, and make up all of the {paid} that it was: parts of one return"


def _what_differs(names: Sequence[str]) -> str:
    """In what the lines are not alike; not the values, as these may name people."""
    shown = " and ".join(map(coded, names[:2])) + (" and others" if names[2:] else "")
    return f"the lines differ in {shown}: where that says for whom or what, these are two deeds"


def _what_it_weighs(weights: Mapping[str, float]) -> str:
    """The weight of each agreement, and what a pair of so many effects asks for."""
    amount = f", the amount {weights['amount']:g}" if "amount" in weights else ""
    return (
        f"the agreement weighs {weights['sum']:g} bits: whom it is about {weights['about']:g}"
        f"{amount}, the pause {weights['pause']:g}; a pair among so many effects asks for"
        f" {weights['asked']:g}"
    )


SAME_CONTENT = Pattern(
    detector="duplicate_side_effect",
    name="same_content",
    question="Did the same effect happen twice in a short time, with nothing else in common?",
    kinds=("effect",),
    needs=(
        "customer_id|entity_id|natural_key",
        "amount|payload_hash",
        # Of what has neither, two lines may tell of one effect.
        "effect_id|amount",
        "occurred_at",
        "outcome",
    ),
    cure="Log whom each effect concerns, its id, and its amount or a hash of what was sent.",
    drawn_from="suspect_effects WHERE repeats_content OR repeats_record OR repeats_run",
    partition_key="coalesce(customer_id, entity_id, natural_key)",
    rank=7,
    explain=explain,
    parameters={
        "window_s": Parameter(
            default=600,
            unit="seconds, at most a day",
            why="Double clicks and blind retries come within minutes; wishes rarely do.",
            source=CALIBRATED,
        ),
        "record_window_s": Parameter(
            default=518_400,
            unit="seconds, at most six days",
            why="What is handed over, replayed or sent again for one record is so within days; 7"
            " days on, the same sum may be the next instalment.",
            source=DERIVED,
        ),
        "rare_share": Parameter(
            default=0.01,
            unit="share of the action's effects",
            why="An amount that one effect in a hundred has repeats by chance too seldom.",
            source=CALIBRATED,
        ),
        "prior_effects": Parameter(
            default=20,
            unit="effects",
            why="Where none of 20 effects has an amount, up to 3 in 20 may have it (the rule of"
            " three): what its digits let expect, the prior of Fellegi and Sunter's weight, counts"
            " for as many effects as that.",
            source=DERIVED,
        ),
    },
    suppressors=suppressors(
        "idempotent_replay",
        "refused_attempt",
        "authorise_then_capture",
        "other_stage",
        "scheduled_run",
        "instalment",
        "fan_out",
        "reissued",
        "own_ids",
        "test_mode",
        "within_authorisation",
        "several_witnesses",
        "read_twice",
    ),
    disproved_by="reissued",
    conclusions=("same_content_weights", "same_content_differences", "same_content_returned"),
    chance_of="such pairs",
)
