"""An execution acted on what it had read, though somebody else had changed it in between."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import innocent, who
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say what was checked, who changed it, and what was done all the same."""
    checked = coded(facts["checked"])
    *changed, acted = facts["writers"]
    return Explanation(
        title=f"{facts['act']} acted on a check of {checked} that no longer held",
        sentences=(
            f"{who(acted)} read {checked} ({facts['check']}). Then {who(changed[0])}"
            f" changed it ({facts['change']}), and after that {who(acted)} went on with"
            f" {facts['act']} without looking again."
        ),
        reasons_for=["the change lies between the check and the act"],
        reasons_against=["the act may not depend on what was changed"],
        disproof="The change left what had been read as it was: compare what it held then and now.",
        remedy="Make the act conditional on what was checked, or hold a lock from check to act.",
    )


CHECK_THEN_ACT = Pattern(
    detector="race_window",
    name="check_then_act",
    question="Did somebody act on a check after another had changed what was checked?",
    kinds=("read",),
    needs=("entity_id|predicate", "source_seq|occurred_at", "outcome"),
    outcomes_of=("write",),
    cure="Log the reads that decisions rest on, with the record or the search, in the same log.",
    drawn_from="concerns",
    partition_key=(
        "(tenant, coalesce(environment, 'live'), entity_type, entity_id, predicate, natural_key)"
    ),
    rank=12,
    explain=explain,
    suppressors=innocent(
        "commutative",
        "same_chain",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "held_lock",
        "isolated",
        "clock_uncertain",
    ),
    disproved_by="same_value",
)
