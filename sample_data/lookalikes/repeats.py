"""Repeats that did nothing twice, or were meant: replayed, refused, due again."""

from datetime import datetime

from sample_data.identifiers import content_hash
from sample_data.logs.cloud import ACCOUNT, REGION
from sample_data.moments import later
from sample_data.traffic import advance, place
from sample_data.week import Week

_BILLING = {
    "effect_class": "billing", "currency": "EUR", "environment": "live", "vantage": "client",
}  # fmt: skip


def replayed_charge(week: Week, at: datetime) -> None:
    """The second call under one key got the first one's answer."""
    order = week.order(at)
    key = week.ids.uuid("replay")
    charge = week.stripe.charge(at, order, key=key)["id"]
    for wait, outcome in ((1, "ok"), (35, "replayed")):
        week.audit.add(
            later(at, wait), "effect", "charge.create", run=week.run(), outcome=outcome,
            operation_key=key, effect_id=charge, target_system="stripe", amount=order.amount / 100,
            entity=("order", order.order_id), money_stage="captured",
            customer_id=order.customer_id, workflow="order-payment", **_BILLING,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-replay-charge", "same_key", "idempotent_replay", source="stripe+audit",
        keys=[charge, key], why="the second answer came from the provider's memory",
    )  # fmt: skip


def replayed_container(week: Week, at: datetime) -> None:
    """AWS answers a repeated client token with the task that is already running."""
    token, task = week.ids.uuid("run-task"), week.ids.hexadecimal("ecs", 32)
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/batch"
    calls = [
        week.cloud.record(
            later(at, wait), "ecs", "RunTask", role="batch-starter",
            parameters={
                "cluster": cluster, "taskDefinition": "nightly-export:12", "count": 1,
                "launchType": "FARGATE", "clientToken": token,
            },
            answer={
                "tasks": [
                    {
                        "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/batch/{task}",
                        "lastStatus": "PROVISIONING",
                    }
                ],
                "failures": [],
            },
        )
        for wait in (0, 8)
    ]  # fmt: skip
    week.truth.lookalike(
        "quiet-replay-ecs", "same_key", "idempotent_replay", source="cloudtrail",
        keys=[token, *(call["eventID"] for call in calls)],
        why="one client token, and both answers name the same task",
    )  # fmt: skip


def refused_by_conflict(week: Week, at: datetime) -> None:
    """The second capture was answered with 409."""
    order = week.order(at)
    cause, effect = week.run(), week.ids.token("cap_", 16)
    answers = (("ok", effect, None), ("rejected", None, "409"))
    for number, (outcome, made, error) in enumerate(answers):
        week.audit.add(
            later(at, number * 12), "effect", "payment.capture", run=week.run(), outcome=outcome,
            effect_id=made, error=error, error_kind="conflict" if error else None, cause_id=cause,
            operation_key=week.ids.token("capop-", 10), target_system="cardgate",
            entity=("order", order.order_id), amount=order.amount / 100, money_stage="captured",
            customer_id=order.customer_id, workflow="capture-on-shipping", **_BILLING,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-refused-conflict", "rekeyed_retry", "refused_attempt", source="audit",
        keys=[effect, cause, order.order_id], why="the provider answered the second with 409",
    )  # fmt: skip


def refused_put(week: Week, at: datetime) -> None:
    """A conditional put finds that the item is there."""
    item = week.ids.uuid("idempotency-item")
    calls = [
        week.cloud.record(
            later(at, wait), "dynamodb", "PutItem", error=error,
            parameters={"tableName": "idempotency", "key": {"id": item}, "items": ["id"]},
        )
        for wait, error in ((0, None), (4, "ConditionalCheckFailedException"))
    ]  # fmt: skip
    week.truth.lookalike(
        "quiet-refused-put", "same_content", "refused_attempt", source="cloudtrail",
        keys=[item, *(call["eventID"] for call in calls)],
        why="the table's condition refused the second put",
    )  # fmt: skip


def declined_then_paid(week: Week, at: datetime) -> None:
    """The first card was declined, the second paid."""
    order = week.order(at, amount=9145)
    place(week, order, at)
    declined = week.stripe.failed_charge(later(at, 4), order, key=week.ids.uuid("declined"))
    charge = week.stripe.charge(later(at, 71), order, key=week.ids.uuid("card"))
    advance(week, order, later(at, 73), "paid", charge_id=charge["id"])
    week.truth.lookalike(
        "quiet-declined-card", "same_content", "refused_attempt", source="stripe",
        keys=[declined["id"], charge["id"]], why="the first charge failed: one effect only",
    )  # fmt: skip


def refused_by_constraint(week: Week, at: datetime) -> None:
    """The ledger's unique constraint refused the second posting."""
    order = week.order(at)
    delivery, posting = week.ids.token("whd_", 16), week.ids.token("posting_", 12)
    for number, outcome in enumerate(("ok", "rejected")):
        week.audit.add(
            later(at, number * 30), "effect", "ledger.post", run=week.run(), outcome=outcome,
            effect_id=None if number else posting, error="23505" if number else None,
            error_kind="conflict" if number else None, delivery_id=delivery,
            handoff_id=week.ids.token("atm_", 12), consumer="ledger", attempt=number + 1,
            entity=("order", order.order_id), amount=order.amount / 100, money_stage="debited",
            customer_id=order.customer_id, **_BILLING,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-refused-unique", "redelivery", "refused_attempt", source="audit",
        keys=[delivery, posting], why="a unique violation refused the second posting",
    )  # fmt: skip


def instalments(week: Week, at: datetime) -> None:
    """Three instalments that fell due while the account was blocked, collected together."""
    customer = week.order(at).customer_id
    effects = [week.ids.token("inst_", 16) for _ in range(3)]
    for number, effect in enumerate(effects):
        week.audit.add(
            later(at, number * 45), "effect", "instalment.collect", run=week.run(),
            effect_id=effect, target_system="bankline", period_key=f"2026-0{number + 1}",
            customer_id=customer, entity=("customer", customer), amount=33.25,
            money_stage="captured", **_BILLING,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-instalments", "same_content", "instalment", source="audit", keys=effects,
        why="each collects another period",
    )  # fmt: skip


def daily_fee(week: Week, at: datetime) -> None:
    """A stall at the market pays the same fee every day."""
    order = week.order(at, amount=1200)
    charges = []
    for day in range(4):
        charge = week.stripe.charge(later(at, day * 86_400), order, key=week.ids.uuid("fee"))
        charges.append(charge["id"])
    week.truth.lookalike(
        "quiet-daily-fee", "same_content", "instalment", source="stripe", keys=charges,
        why="one sum at regular gaps of a day",
    )  # fmt: skip


def caught_up_schedule(week: Week, at: datetime) -> None:
    """After a pause the scheduler runs two ticks that it owes, a minute apart."""
    customer = week.order(at).customer_id
    effects = [week.ids.token("msg_", 18) for _ in range(2)]
    for number, effect in enumerate(effects):
        tick = later(at.replace(minute=0, second=0, microsecond=0), 3600 * (number - 2))
        week.audit.add(
            later(at, number * 60), "effect", "digest.send", run=week.run(), effect_id=effect,
            scheduled_for=tick, trigger_kind="schedule", workflow="hourly-digest",
            target_system="mailer", effect_class="messaging", environment="live",
            customer_id=customer, entity=("customer", customer),
            payload_hash=content_hash("digest", customer),
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-schedule-digest", "same_content", "scheduled_run", source="audit", keys=effects,
        why="each was meant for another tick",
    )  # fmt: skip


def hourly_task(week: Week, at: datetime) -> None:
    """One task name and one argument, every hour."""
    tasks = []
    for hour in range(3):
        tick = later(at, hour * 3600)
        tasks.append(week.celery.task("mail.stock_alert", "STOCK-ALL", eta=tick))
        week.celery.run(tasks[-1], tick, result=week.ids.token("msg_", 18))
    week.truth.lookalike(
        "quiet-schedule-task", "redelivery", "scheduled_run", source="celery",
        keys=[task.uuid for task in tasks], why="three ticks of a schedule, each its own task",
    )  # fmt: skip


QUIET_REPEATS = (
    replayed_charge,
    replayed_container,
    refused_by_conflict,
    refused_put,
    declined_then_paid,
    refused_by_constraint,
    instalments,
    caught_up_schedule,
)

LONG_QUIET_REPEATS = (daily_fee, hourly_task)
"""Those that go on for hours or days."""
