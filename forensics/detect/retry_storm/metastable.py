"""Goodput stays down after its trigger, at a load that had been served before."""

from datetime import datetime

from forensics.detect.contract import DERIVED, Facts, Parameter, Pattern, Reading
from forensics.detect.retry_storm.sentences import FEW, edge, ending, policy, volume
from forensics.model.finding import Explanation
from forensics.model.words import duration, instant


def explain(facts: Facts) -> Explanation:
    """Say what the log shows before, during and after the trigger, and what it does not say."""
    trigger = (
        f"For {duration(facts['trigger_s'])} more first attempts came than in the hour before."
        if facts["surged"]
        else f"For {duration(facts['trigger_s'])} hardly anything was answered."
    )
    until = (
        "the log ends"
        if facts["cut"]
        else "the retries stop, and nothing shows that it recovered"
        if facts["stopped"]
        else "it recovered"
    )
    return Explanation(
        title=f"{edge(facts)}: goodput stays at {facts['share_after']:.0%} for"
        f" {duration(facts['after_s'])} after the trigger, while retries keep the load up",
        sentences=f"The log shows {facts['firsts_before']:g} first attempts a minute in the hour"
        f" before, of which {facts['share_before']:.0%} were served. {trigger}"
        f" From {_told(facts['trigger_over'])} on the callee answered again, and first attempts"
        f" came no more often than it had served then ({facts['firsts_after']:g} a minute),"
        f" yet only {facts['share_after']:.0%} as many calls got through for"
        f" {duration(facts['after_s'])}, until {until}. Meanwhile retries made"
        f" {facts['attempts_after']:g} attempts a minute of them; in the hour before, there had"
        f" been at most {facts['most_before']:g}. This is what a metastable failure looks like;"
        f" whether the callee was otherwise impaired the log does not say. {volume(facts)}"
        f" {ending(facts)}{policy(facts)}",
        reasons_for=[
            "the same load of first attempts had been served in the hour before",
            "with retries, the load was above all that the callee had served in the hour before",
            *(["the load that began it is seen to come and go"] if facts["surged"] else []),
        ],
        reasons_against=[
            "the callee may have been impaired for as long, whatever the retries did",
            *(
                []
                if facts["surged"]
                else ["that the trigger was over is told only by the callee answering again"]
            ),
        ],
        disproof="The fault itself lasted until the recovery: look at the callee's own metrics.",
        remedy="Shed load until the callee recovers, then let it back slowly; give callers a retry"
        " budget, so that retries cannot keep it down.",
    )


def _told(at: str) -> str:
    return instant(datetime.fromisoformat(at))


METASTABLE = Pattern(
    detector="retry_storm",
    name="metastable",
    question="Did retries keep a callee down after the trigger had gone, at a load it had served?",
    kinds=("attempt", "delivery", "effect", "trigger"),
    needs=("occurred_at", "outcome", "operation_key|delivery_id|traced_call|attempt"),
    cure="Log every attempt, good or bad, with an operation id, its number and what came of it.",
    drawn_from="heat WHERE episode IS NOT NULL AND excuse IS NULL",
    partition_key="hash(tenant, coalesce(environment, 'live'), system, target_system)",
    rank=1,
    explain=explain,
    parameters={
        "calls": Parameter(
            default=30,
            unit="first attempts before, and after",
            why="With 30, a share of 95 % is two standard errors away from 80 %.",
            source=DERIVED,
        ),
        "goodput": Parameter(
            default=0.8,
            unit="of the usual share of first attempts",
            why="One error in five, the retry budget of Finagle and Envoy, is where retries are"
            " no longer the exception.",
            source="Twitter Finagle, `RetryBudget`",
        ),
        "after_s": Parameter(
            default=600,
            unit="seconds after the trigger",
            why="Twice the longest pause of back-off in wide use (300 s), so that clients which"
            " merely wait have come back.",
            source=DERIVED,
        ),
        "patience": Parameter(
            default=3,
            unit="times the trigger",
            why="A callee that ran at two thirds of what it can bear works off a backlog in twice"
            " the time in which it gathered; beyond three times there is none left.",
            source=DERIVED,
        ),
        "amplified": Parameter(
            default=1.5,
            unit="times the most attempts before",
            why="One retry of all that fails doubles the load in the example of Bronson et al."
            " (2021); some get through at once.",
            source="Bronson, Aghayev, Charapko and Zhu",
        ),
    },
    suppressors=FEW
    | {
        "no_before": Reading("the log does not show ten minutes in which the callee served well"),
        "more_load": Reading(
            "more first attempts came than the callee had served in the hour before"
        ),
        "outage_lasts": Reading(
            "nothing shows that the trigger was over: the callee hardly answered"
        ),
        "recovered": Reading("it was well again within the time that a backlog needs"),
        "cut_short": Reading(
            "the log or the retries end before it can be told whether it would have recovered"
        ),
        "unamplified": Reading("retries added too little load to keep it down"),
    },
    disproved_by="outage_lasts",
)
