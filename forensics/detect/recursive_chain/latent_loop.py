"""Workflows that would set each other off in a circle, each step of which was seen."""

from forensics.detect.contract import DERIVED, Facts, Parameter, Pattern
from forensics.model.finding import Explanation
from forensics.model.words import plural


def explain(facts: Facts) -> Explanation:
    """Say who sets off whom by writing what, and that nothing seen would stop it."""
    kind, legs = facts["record_type"], facts["legs"]
    names = [leg["from"].partition("@")[0] for leg in legs]
    steps = [
        f"`{leg['from']}` wrote {kind} and so set off `{leg['to']}`"
        f" ({plural(leg['runs'], 'run')} over {plural(leg['records'], 'record')})"
        for leg in legs
    ]
    others = f" and {names[1]}" if len(names) == 2 else f" and {len(names) - 1} others"  # noqa: PLR2004 - a pair
    return Explanation(
        title=f"{names[0]}{others} can set each other off over {kind}",
        sentences=(
            f"{'; '.join(steps)}. Together that is a circle. No chain of runs went round it, and no"
            " guard is seen: no run skipped a record that had not changed, and none counts down."
        ),
        reasons_for=[
            "every run named the run that caused it, and that run had written the record",
        ],
        reasons_against=[
            "a trigger's own condition, which the other's writes never meet, stops it unseen",
        ],
        disproof="Look at the conditions of the triggers: one that no write of the circle meets.",
        remedy=(
            "Mark what the automation writes itself and ignore it as a trigger, or start only"
            " when the value really changed."
        ),
    )


LATENT_LOOP = Pattern(
    detector="recursive_chain",
    name="latent_loop",
    question="Which workflows would set each other off in a circle if one chain went on?",
    kinds=("trigger", "delivery", "write"),
    needs=("cause_id", "workflow", "entity_id"),
    cure="Log with every run which run or event caused it, and every record that it writes.",
    drawn_from="linked_executions",
    partition_key="none",
    rank=0,
    explain=explain,
    parameters={
        "records": Parameter(
            default=3,
            unit="records",
            why="After 3 of 3 records the next will do so too with a probability of 4/5 (Laplace's"
            " rule of succession); once or twice may be a hand at work.",
            source=DERIVED,
        ),
        "unlucky": Parameter(
            default=3,
            unit="runs",
            why="Where three more runs should have set off the next and none did, chance is below"
            " 5 % (exp(-3)): then a condition that no log shows holds the circle open.",
            source="the rule of three",
        ),
    },
)
