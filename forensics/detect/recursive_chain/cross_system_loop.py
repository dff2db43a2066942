"""Workflows of several systems that set each other off over one record."""

from forensics.detect.contract import Pattern
from forensics.detect.recursive_chain.circle_terms import SUPPRESSORS, VISITS
from forensics.detect.recursive_chain.circle_words import explain_circle

CROSS_SYSTEM_LOOP = Pattern(
    detector="recursive_chain",
    name="cross_system_loop",
    question="Did workflows of several systems set each other off again and again over one record?",
    kinds=("trigger", "delivery", "write", "effect"),
    needs=("cause_id|previous_execution_id", "workflow", "entity_id|payload_hash"),
    cure="Log with every run which run or event caused it, and the record it is about.",
    drawn_from="loops",
    partition_key="none",
    rank=1,
    explain=explain_circle,
    parameters={"visits": VISITS},
    suppressors=SUPPRESSORS,
    disproved_by="bounded_cursor",
)
