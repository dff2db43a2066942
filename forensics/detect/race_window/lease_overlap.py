"""Two executions held one exclusive lock at one time."""

from forensics.detect.contract import Facts, Pattern
from forensics.detect.race_window.wording import everyone, innocent
from forensics.model.finding import Explanation
from forensics.model.words import coded


def explain(facts: Facts) -> Explanation:
    """Say who held the lock at once, and whether the lease of the first had run out."""
    holders = facts["holders"]
    how = (
        "The lease of the first had run out, but it went on and let go only after the next had"
        " taken the lock."
        if facts["outlived"]
        else "The lock was granted again before the first holder had let go or its lease had ended."
    )
    return Explanation(
        title=f"{len(holders)} executions held the lock {coded(facts['lock'])} at once",
        sentences=f"{everyone(holders)} held the lock `{facts['lock']}` at the same time. {how}",
        reasons_for=["acquired before the other's release"],
        reasons_against=(
            ["the first may have stopped working when its lease ended, and released late"]
            if facts["outlived"]
            else ["a release or a handover may not have been logged"]
        ),
        disproof="The first had ended when the second began: compare the clocks that stamped them.",
        remedy="Renew the lease while working, and let the store refuse older fencing tokens.",
    )


LEASE_OVERLAP = Pattern(
    detector="race_window",
    name="lease_overlap",
    question="Did two executions hold one exclusive lock at one time?",
    kinds=("lock",),
    needs=("entity_id", "execution_id", "outcome"),
    cure="Log acquisition, renewal, release and lease end of every lock, with its holder.",
    drawn_from="shared_holdings",
    partition_key="(tenant, coalesce(environment, 'live'), entity_type, entity_id)",
    rank=9,
    explain=explain,
    suppressors=innocent("same_chain", "clock_uncertain"),
    disproved_by="clock_uncertain",
)
