"""A workflow that starts itself for the record it has just handled."""

from forensics.detect.contract import Pattern
from forensics.detect.recursive_chain.circle_terms import SUPPRESSORS, VISITS
from forensics.detect.recursive_chain.circle_words import explain_circle

SELF_TRIGGER = Pattern(
    detector="recursive_chain",
    name="self_trigger",
    question="Did a workflow start itself again and again for one record?",
    kinds=("trigger", "delivery", "write", "effect"),
    needs=("cause_id|previous_execution_id", "workflow", "entity_id|payload_hash"),
    cure="Log with every run which run or event caused it, and the record it is about.",
    drawn_from="loops",
    partition_key="none",
    rank=3,
    explain=explain_circle,
    parameters={"visits": VISITS},
    suppressors=SUPPRESSORS,
    disproved_by="bounded_cursor",
)
