"""One version number, two contents: the record has two histories."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import everyone, innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say which version was written twice, and by whom."""
    record = coded(facts["record"])
    writers = facts["writers"]
    against = ["the column may count something finer than the record"]
    if facts["left_alone"]:
        against.append("whoever wrote later may be one that never counts it up")
    return Explanation(
        title=f"Version {facts['version']} of {record} was written {len(writers)} times",
        sentences=(
            f"{everyone(writers)} each committed version {facts['version']} of {record}"
            " with different content. A version stands for one content: whoever read it since"
            " cannot know which of them he got, and one of the writes is lost or lives elsewhere."
        ),
        reasons_for=[f"{len(writers)} different contents under version {facts['version']}"],
        reasons_against=against,
        disproof="The record was removed and made again in between: look for its deletion.",
        remedy="Let the store count versions, in the statement that writes.",
    )


VERSION_FORK = Pattern(
    detector="race_window",
    name="version_fork",
    question="Did two transactions write the same version of a record with different content?",
    kinds=("write", "effect"),
    needs=("entity_id", "version_written", "after_hash", "outcome"),
    cure="Log the version that every write produced, and a hash of the record after it.",
    drawn_from="writes WHERE written_token IS NOT NULL AND made_token IS NOT NULL",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=2,
    explain=explain,
    suppressors=innocent("same_chain", "disjoint_fields", "recreated"),
    disproved_by="recreated",
)
