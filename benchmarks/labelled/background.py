"""Ordinary business: orders that are placed, paid and sent, each once, in every log."""

from datetime import datetime, timedelta

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.calls import attempt
from benchmarks.labelled.stories.money import charge, message
from sample_data.moments import later

_PRICES = (9_90, 9_90, 14_90, 24_90, 24_90, 39_00, 59_80)
"""What most baskets cost: an equal amount says little."""


def background(seed: int, start: datetime, days: int, orders_a_day: int) -> list[Fact]:
    """What a shop logs in some days without trouble."""
    stage = Stage(seed, None, start, ("canonical",))
    regulars = [stage.customer() for _ in range(days * orders_a_day // 4)]
    for day in range(days):
        for _ in range(orders_a_day):
            seconds = day * 86_400 + stage.random.triangular(0, 86_399, 64_000)
            stage.at = later(start, round(seconds, 3))
            new = stage.random.random() < 0.6
            _order(stage, stage.customer() if new else stage.random.choice(regulars))
        stage.at = start + timedelta(days=day, hours=3)
        _nightly(stage)
    return stage.facts


def _order(stage: Stage, customer: str) -> None:
    order, run, task = stage.order(), stage.run(), stage.key()
    row = ("orders", order[1])
    odd = stage.random.random() < 0.3
    cents = stage.cents() if odd else stage.random.choice(_PRICES)
    stage.note(0, "other", "order.placed", log="cloudevents", run=run, entity=order,
               customer_id=customer, payload={"total": cents})  # fmt: skip
    stage.note(0.2, "write", "insert", log="debezium", system="shop-db", entity=row,
               write_kind="create", version_written="1", payload={"status": "new", "total": cents},
    )  # fmt: skip
    attempt(stage, 0.4, "POST /availability", log="otlp", caller="shop", callee="stock",
            about=order, cause_id=run, trace_id=run)  # fmt: skip
    effect = stage.token("ch_3Q", 22)
    for log, seconds in (("celery", 2.0), ("stripe", 2.3)):
        charge(stage, seconds, order, cents=cents, customer=customer, log=log, effect_id=effect,
               operation_key=task, delivery_id=task, workflow="billing.pay",
               actor=stage.random.choice(("worker-1@tasks", "worker-2@tasks")))  # fmt: skip
    stage.note(3.4, "write", "update", log="debezium", system="shop-db", entity=row,
               write_kind="update", version_read="1", version_written="2",
               payload={"status": "paid"})  # fmt: skip
    message(stage, 4.0, order, customer_id=customer, cause_id=run, workflow="confirm")
    shipped = stage.between(3, 9) * 3600
    stage.note(shipped, "write", "update", log="debezium", system="shop-db", entity=row,
               write_kind="update", version_read="2", version_written="3",
               payload={"status": "sent"})  # fmt: skip
    stage.note(
        shipped + 1, "effect", "SendMessage", log="cloudtrail", system="fulfilment",
        target_system="sqs",
        payload={"request": {"queueUrl": "https://sqs.example.com/ship", "body": order[1]},
                 "answer": {"messageId": stage.key()}},
    )  # fmt: skip


def _nightly(stage: Stage) -> None:
    job = stage.run()
    stage.note(0, "trigger", "report.daily", run=job, system="scheduler", workflow="report.daily",
               trigger_kind="schedule", actor="cron", actor_kind="schedule",
               scheduled_for=stage.at)  # fmt: skip
    stage.note(4, "effect", "payout", log="stripe", entity=("bank", "ba_main"), system="billing",
               effect_id=stage.token("po_3Q", 22), amount=stage.cents() / 100, currency="EUR",
    )  # fmt: skip
    for number in range(3):
        stage.note(60 + number * 5, "read", "DescribeInstances", log="cloudtrail",
                   system="inventory", target_system="ec2", payload={"request": {}})  # fmt: skip
