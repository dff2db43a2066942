"""Two records were created for what should be one."""

from forensics.detect.contract import Facts, Parameter, Pattern
from forensics.detect.race_window.wording import everyone, innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded, duration


def explain(facts: Facts) -> Explanation:
    """Say which key has how many records, who made them and how far apart."""
    ids = facts["ids"]
    named = ", ".join(f"`{one}`" for one in ids[:4]) + (" and more" if len(ids) > 4 else "")  # noqa: PLR2004 - as many as fit
    records = "records" if facts["type"] == "record" else f"{facts['type']} records"
    return Explanation(
        title=f"{len(ids)} {records} were created for {coded(facts['key'])}",
        sentences=(
            f"{everyone(facts['writers'])} created {named} in {facts['store']} within"
            f" {duration(facts['gap_s'])}, all for `{facts['key']}`, which names one"
            f" {facts['type']}. No creation was refused for being the second."
        ),
        reasons_for=[f"{len(ids)} ids under one business key"],
        reasons_against=["the key may not be unique by design"],
        disproof="The first was removed before the second was made: look for its deletion.",
        remedy="Put a unique constraint on the key, and treat its violation as the answer.",
    )


TWIN_CREATE = Pattern(
    detector="race_window",
    name="twin_create",
    question="Were two records created at once for one business key?",
    kinds=("write", "effect"),
    needs=("natural_key", "write_kind", "entity_id", "outcome"),
    cure="Map the business key that should be unique to `natural_key`.",
    drawn_from="accesses WHERE creates AND natural_key IS NOT NULL",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, natural_key)",
    rank=8,
    explain=explain,
    parameters={
        "window_s": Parameter(
            default=60,
            unit="seconds",
            why="A check for absence and the creation after it rarely take longer than a request's"
            " usual time-out, 60 s; later twins are a missing constraint, not a race.",
            source="nginx, *proxy_read_timeout*",
        ),
    },
    suppressors=innocent("guarded", "recreated", "same_chain"),
    disproved_by="recreated",
)
