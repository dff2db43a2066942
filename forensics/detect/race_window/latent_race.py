"""Code paths that would overwrite each other if two of their runs met."""

from forensics.detect.contract import DERIVED, Facts, Parameter, Pattern
from forensics.detect.race_window.wording import fields
from forensics.model.finding import Explanation
from forensics.model.words import duration, plural


def explain(facts: Facts) -> Explanation:
    """Say which code reads before it writes, how long it takes and how often it would collide."""
    kind = facts["record_type"]
    names = [f"`{path['name']}`" for path in facts["paths"]]
    told = [
        f"{name} ({plural(path['runs'], 'run')}, {duration(path['window_s'])} from read to write)"
        for name, path in zip(names, facts["paths"], strict=True)
    ]
    alone = len(names) == 1
    who = f"Two runs of {names[0]}" if alone else " and ".join(names)
    return Explanation(
        title=f"{who} can overwrite each other on {kind}",
        sentences=(
            f"{' and '.join(told)} {'reads' if alone else 'read'} {kind} and then"
            f" {'writes' if alone else 'write'} {fields(facts['fields'])}; the log shows no guard."
            f" {plural(facts['meetings'], 'pair')} of runs touched the same"
            f" {plural(facts['records'], 'record')} in {duration(facts['span_s'])}, and none is"
            f" found to have collided. Where runs arrive independently, about"
            f" {facts['expected_30d']:.2g} collisions are to be expected in 30 days"
            f" ({facts['expected_in_log']:.2g} in the time of the log)."
        ),
        reasons_for=[
            "none of these writes is conditional, names the version it replaces or is under a lock",
        ],
        reasons_against=[
            "a guard that no log shows, such as a version in the WHERE or a queue by record",
            "runs that do not arrive independently of each other meet more often, or never",
        ],
        disproof="Look at the code of the write: a version check or lock there refutes it.",
        remedy="Write only if the version is still the one that was read, or read under a lock.",
    )


LATENT_RACE = Pattern(
    detector="race_window",
    name="latent_race",
    question="Which code would overwrite another's change if two of its runs met?",
    kinds=("read", "write"),
    needs=("entity_id", "occurred_at", "execution_id"),
    cure="Log the reads of a record with its writes, both with times and the run that made them.",
    drawn_from="accesses",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type)",
    rank=0,
    explain=explain,
    parameters={
        "runs": Parameter(
            default=5,
            unit="runs",
            why="Of five windows, the true median lies between the least and the greatest in 94 %"
            " (1 - 2 / 2^5); of fewer it may well lie outside.",
            source=DERIVED,
        ),
        "unlucky": Parameter(
            default=3,
            unit="collisions",
            why="Independent runs that should have met three times in the log escape altogether in"
            " less than 5 % (exp(-3)): then something unseen keeps them apart.",
            source="the rule of three",
        ),
        "expected_30d": Parameter(
            default=0.01,
            unit="collisions in 30 days",
            why="Once in eight years: by the rule of three it would take 25 years of logs to see"
            " that it is not never.",
            source=DERIVED,
        ),
    },
)
