"""The detector `recursive_chain` and its patterns, strongest first."""

from forensics.detect.contract import Detector
from forensics.detect.recursive_chain.cross_system_loop import CROSS_SYSTEM_LOOP
from forensics.detect.recursive_chain.fan_out import FAN_OUT
from forensics.detect.recursive_chain.flip_flop import FLIP_FLOP
from forensics.detect.recursive_chain.inferred_loop import INFERRED_LOOP
from forensics.detect.recursive_chain.latent_loop import LATENT_LOOP
from forensics.detect.recursive_chain.loop import LOOP
from forensics.detect.recursive_chain.self_trigger import SELF_TRIGGER

RECURSIVE_CHAIN = Detector(
    name="recursive_chain",
    question="Did automations set each other off?",
    patterns=(CROSS_SYSTEM_LOOP, LOOP, SELF_TRIGGER, FAN_OUT, FLIP_FLOP, INFERRED_LOOP),
    # A trace alone makes no circle, and what no id links is linked by what was written.
    drawn_from="""(
        SELECT 1 FROM linked_executions
        UNION ALL
        SELECT 1 FROM events WHERE kind = 'write' AND entity_id IS NOT NULL
    )""",
    relations=("torn_chains", "runs", "visits", "lines", "circles", "turns"),
    conclusions=("endings",),
    latent=(LATENT_LOOP,),
)
