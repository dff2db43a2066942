"""How the stories charge, refund and send: one fact each, in whatever log the story is told."""

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.stage import Entity, Stage

LOGS_OF_CHARGES = ("stripe", "canonical", "otlp", "cloudevents")


def charge(
    stage: Stage,
    seconds: float,
    about: Entity,
    *,
    cents: int,
    customer: str,
    log: str | None = None,
    effect_id: str | None = None,
    **columns: object,
) -> Fact:
    """Take money for an order or an invoice."""
    chosen = {"effect_id": effect_id or stage.token("ch_3Q", 22), "system": "billing"}
    return stage.note(
        seconds, "effect", "charge", log=log, entity=about, customer_id=customer,
        amount=cents / 100, currency="EUR",
        **({"money_stage": "captured", "effect_class": "billing", "target_system": "card-gateway",
            "vantage": "client", "lasts": 0.6} | chosen | columns),
    )  # fmt: skip


def failed_charge(
    stage: Stage,
    seconds: float,
    about: Entity,
    *,
    cents: int,
    customer: str,
    outcome: str = "error",
    **columns: object,
) -> Fact:
    """Try to take money; what came of it is the outcome."""
    filled = {
        "effect_class": "billing", "target_system": "card-gateway", "vantage": "client",
        "system": "billing", "lasts": 0.6,
    }  # fmt: skip
    return stage.note(
        seconds, "effect", "charge", entity=about, customer_id=customer, amount=cents / 100,
        currency="EUR", outcome=outcome, **(filled | columns),
    )  # fmt: skip


def message(stage: Stage, seconds: float, about: Entity, **columns: object) -> Fact:
    """Send a mail."""
    filled = {
        "effect_id": stage.token("msg_", 18), "effect_class": "messaging", "system": "notify",
        "target_system": "mailer", "vantage": "client", "reversible": False, "lasts": 0.2,
    }  # fmt: skip
    return stage.note(seconds, "effect", "mail.send", entity=about, **(filled | columns))
