"""Several transactions built their write on one state of a record; all but one are lost."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import both, everyone, fields, innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded

_PROOF = {
    "version": "{all} were built on version {base}.",
    "order": "In the serial log no write lies between what they had read, and {all} wrote after.",
    "value": "{all} had read the same content, and nothing in the log restored it.",
}


def explain(facts: Facts) -> Explanation:
    """Say who wrote over whom, and what shows that they had seen the same state."""
    record = coded(facts["record"])
    writers = facts["writers"]
    proof = _PROOF[facts["proof"]].format(base=facts["base"], all=both(writers))
    proof = proof[0].upper() + proof[1:]
    lost = "one is" if len(writers) == 2 else f"{len(writers) - 1} are"  # noqa: PLR2004 - a pair
    unless = ", unless they wrote other fields, which the log does not name"
    unless = unless if facts["untold"] else ""
    return Explanation(
        title=f"{len(writers)} writes of {record} were built on the same state",
        sentences=(
            f"{everyone(writers)} each wrote {fields(facts['fields'])} of {record}."
            f" {proof} None of them can have taken the others into account: {lost} lost{unless}."
        ),
        reasons_for=[proof, f"{len(writers)} transactions committed"],
        reasons_against=["a later write that nobody logged may have merged them"]
        + ["they may have written different fields: the log does not name them"] * bool(unless),
        disproof="They left one content: compare the record as it is now with what each set.",
        remedy="Write only if the version is still the one that was read, or read under a lock.",
    )


LOST_UPDATE = Pattern(
    detector="race_window",
    name="lost_update",
    question="Did two transactions change a record from the same state, so that one is lost?",
    kinds=("write", "effect"),
    needs=("entity_id", "version_read|version_seen|content_read|read_order", "outcome"),
    outcomes_of=("read|version_read|content_read",),
    cure="Log the version that was read with every write, or the reads in the same serial log."
    " Row changes hold that version where they hold the row before (PostgreSQL: `REPLICA IDENTITY"
    " FULL`; DMS: `BeforeImageSettings`).",
    drawn_from="writes WHERE base IS NOT NULL",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=1,
    explain=explain,
    suppressors=innocent(
        "guarded",
        "commutative",
        "same_chain",
        "disjoint_fields",
        "last_write_wins",
        "same_value",
        "held_lock",
        "isolated",
    ),
    disproved_by="same_value",
)
