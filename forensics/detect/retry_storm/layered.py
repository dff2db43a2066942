"""Layers that each retry what the layer above them retries."""

from forensics.detect.contract import DERIVED, Facts, Parameter, Pattern
from forensics.detect.retry_storm.sentences import FEW, edge, ending, volume
from forensics.model.finding import Explanation
from forensics.model.words import plural


def explain(facts: Facts) -> Explanation:
    """Say which layers multiplied, and to how many attempts."""
    product = round(facts["product"])
    factors = " x ".join(f"{layer['factor']}" for layer in facts["layers"])
    named = ", ".join(
        f"{layer['layer'] or 'calls'} {layer['caller']} -> {layer['callee']}"
        for layer in facts["layers"]
    )
    return Explanation(
        title=f"{edge(facts)}: layers multiply retries, {factors} = {product}",
        sentences=f"Several layers retried the same work ({named}), so that one failure below"
        f" became up to {plural(product, 'attempt')}. {volume(facts)} {ending(facts)}",
        reasons_for=[
            f"layers of {factors} attempts work on one record, and the lower one counts anew"
            " whenever the upper one tries again"
            if facts["by_time"]
            else f"layers of {factors} attempts share one operation or trace"
        ],
        disproof="The layers worked on different calls of one trace.",
        remedy="Retry in one layer only, the one next to the failure; let the others pass it on.",
    )


LAYERED = Pattern(
    detector="retry_storm",
    name="layered",
    question="Did several layers retry the same work, so that their attempts multiplied?",
    kinds=("attempt", "delivery", "effect", "trigger"),
    needs=(
        "occurred_at",
        "attempt_kind|target_system",
        "operation_key|delivery_id|traced_call|attempt",
    ),
    cure="Log a trace id with every attempt, its number, and which layer made it.",
    drawn_from="layers",
    partition_key="none",
    rank=3,
    explain=explain,
    parameters={
        "product": Parameter(
            default=8,
            unit="attempts for one",
            why="Three layers of two; Google's SRE book warns of 64 from three layers of four.",
            source="Google, *Site Reliability Engineering*",
        ),
        "layer_factor": Parameter(
            default=2,
            unit="attempts in a layer",
            why="A layer that tries once multiplies nothing; 2 is the least that does.",
            source=DERIVED,
        ),
    },
    suppressors=FEW,
)
