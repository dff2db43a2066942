"""One root that gave more runs than anybody meant to start."""

from forensics.detect.contract import CALIBRATED, DERIVED, Facts, Parameter, Pattern, Reading
from forensics.detect.recursive_chain.circle_words import ending, growth, joined, within
from forensics.model.finding import Explanation
from forensics.model.words import coded, plural


def explain(facts: Facts) -> Explanation:
    """Say what grew, how far, how fast and how much of it was repetition."""
    again = plural(facts["repeats"], "run") if facts["repeats"] else "No run"
    unseen = " Its first cause lies before the log." if facts["root_unseen"] else ""
    torn = f" {joined(facts)}" if facts["joined"] else ""
    shared = "trace" if facts["joined"] else "root"
    return Explanation(
        title=f"One {facts['root_place'][:40]} grew to {plural(facts['executions'], 'run')}",
        sentences=(
            f"{coded(facts['root'])} led to {plural(facts['executions'] - 1, 'further run')}"
            f"{within(facts['duration_s'])}, {plural(facts['depth'], 'cause')} deep; most of"
            f" them were {facts['place']}. {again} of them handled a record that another run of"
            f" the chain had handled already.{growth(facts)}{unseen}{torn} {ending(facts)}"
        ),
        reasons_for=[f"{plural(facts['executions'], 'run')} have one {shared}"],
        reasons_against=["a large batch may be meant to do so much"],
        disproof="The root was asked to do this many things, and the number was known before.",
        remedy="Give every chain a budget of runs, and collect the records before starting runs.",
    )


FAN_OUT = Pattern(
    detector="recursive_chain",
    name="fan_out",
    question="Did one event start more runs than anybody meant?",
    kinds=("trigger", "delivery", "write", "effect"),
    needs=("cause_id|previous_execution_id", "entity_id|payload_hash"),
    cure="Log with every run which run or event caused it, and the record it is about.",
    drawn_from="chain_runs",
    partition_key="none",
    rank=4,
    explain=explain,
    parameters={
        "executions": Parameter(
            default=100,
            unit="executions",
            why="A budget that stops a runaway early; few handlers are meant to cause more.",
            source=CALIBRATED,
        ),
        "tree_depth": Parameter(
            default=3,
            unit="causes",
            why="A walk over nested records goes from root to branch, leaf and page: 3 causes.",
            source=DERIVED,
        ),
    },
    suppressors={
        "import_once": Reading("one step over many records, each touched once"),
        "tree_walk": Reading("a walk over nested records that visits each once"),
    },
    disproved_by="import_once",
)
