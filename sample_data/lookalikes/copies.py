"""One effect told of more than once, or several that belong together."""

from datetime import datetime

from sample_data.logs.cloud import ACCOUNT, REGION
from sample_data.logs.trace import CONSUMER, PRODUCER
from sample_data.moments import later
from sample_data.traffic import advance, charge_task, pay, place
from sample_data.week import Week

_BILLING = {
    "effect_class": "billing", "currency": "EUR", "environment": "live", "vantage": "client",
}  # fmt: skip


def several_parcels(week: Week, at: datetime) -> None:
    """One order, one cause, five parcels: each holds another item."""
    order, cause = week.order(at), week.run()
    effects = [week.ids.token("parcel_", 12) for _ in range(5)]
    for number, effect in enumerate(effects):
        week.audit.add(
            later(at, number * 2), "effect", "parcel.create", run=week.run(), cause_id=cause,
            effect_id=effect, item_key=f"line-{number + 1}", target_system="parcelhub",
            effect_class="inventory", environment="live", workflow="ship-order",
            entity=("order", order.order_id), customer_id=order.customer_id,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-fan-out-parcels", "rekeyed_retry", "fan_out", source="audit", keys=[cause, *effects],
        why="each parcel holds another line of the order",
    )  # fmt: skip


def several_consumers(week: Week, at: datetime) -> None:
    """One message, three consumer groups: three processing spans."""
    trace, message = week.traces.trace(), week.ids.uuid("message")
    base = {
        "messaging.system": "kafka", "messaging.destination.name": "order-paid",
        "messaging.message.id": message,
    }  # fmt: skip
    sent = week.traces.span(
        "shop-api", "order-paid send", at, 0.01, trace=trace, kind=PRODUCER,
        attributes=base | {"messaging.operation.type": "send"},
    )  # fmt: skip
    spans = [
        week.traces.span(
            group, "order-paid process", later(at, 0.2), 0.3, trace=week.traces.trace(),
            kind=CONSUMER, links=((trace, sent),),
            attributes=base | {
                "messaging.operation.type": "process", "messaging.consumer.group.name": group,
            },
        )
        for group in ("mail-service", "points-service", "parcel-service")
    ]  # fmt: skip
    week.truth.lookalike(
        "quiet-fan-out-consumers", "redelivery", "fan_out", source="otlp", keys=[message, *spans],
        why="each consumer group handles the message once",
    )  # fmt: skip


def two_endpoints(week: Week, at: datetime) -> None:
    """One delivery to the endpoints of two subscribers, both of which act."""
    order, delivery = week.order(at), week.ids.token("whd_", 16)
    effects = [week.ids.token("note_", 14) for _ in range(2)]
    for consumer, effect in zip(("slack-hook", "crm-hook"), effects, strict=True):
        week.audit.add(
            later(at, 0.5), "effect", "note.create", run=week.run(), delivery_id=delivery,
            handoff_id=week.ids.token("atm_", 12), consumer=consumer, target_system="notes",
            effect_id=effect, effect_class="crm", environment="live",
            entity=("order", order.order_id),
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-fan-out-endpoints", "redelivery", "fan_out", source="audit",
        keys=[delivery, *effects], why="two endpoints of one event",
    )  # fmt: skip


def absorbed_task(week: Week, at: datetime) -> None:
    """A task is delivered again; the key it takes from its own id makes the charge one."""
    order = week.order(at)
    place(week, order, at)
    task = charge_task(week, order)
    charge = week.stripe.charge(later(at, 0.4), order, key=task.uuid)["id"]
    week.celery.sent(task, at)
    for host, wait in (("worker-1@shop", 0.01), ("worker-2@shop", 3600.0)):
        begun = week.celery.begin(task, later(at, wait), host=host)
        week.celery.succeed(task, later(begun, 1.1), host=host, runtime=1.1, result=charge)
    advance(week, order, later(at, 2), "paid", charge_id=charge)
    week.truth.lookalike(
        "quiet-absorbed-task", "redelivery", "absorbed_redelivery", source="celery+stripe",
        keys=[task.uuid, charge], why="two runs of one task, one charge",
    )  # fmt: skip


def absorbed_webhook(week: Week, at: datetime) -> None:
    """Three deliveries; the handler remembers and skips two."""
    order, delivery = week.order(at), week.ids.token("whd_", 16)
    for number in range(3):
        week.audit.add(
            later(at, number * 305), "delivery", "order.paid", run=week.run(),
            outcome="skipped" if number else "ok", delivery_id=delivery,
            handoff_id=week.ids.token("atm_", 12), consumer="points-handler", attempt=number + 1,
            attempt_kind="provider", entity=("order", order.order_id),
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-absorbed-webhook", "redelivery", "absorbed_redelivery", source="audit",
        keys=[delivery, order.order_id], why="the handler skipped what it had seen",
    )  # fmt: skip


def authorised_then_captured(week: Week, at: datetime) -> None:
    """The card gateway gives each stage its own id."""
    order, cause = week.order(at), week.run()
    effects = {"authorised": week.ids.token("auth_", 14), "captured": week.ids.token("cap_", 16)}
    for wait, (stage, effect) in zip((0, 300), effects.items(), strict=True):
        week.audit.add(
            later(at, wait), "effect", "payment.move", run=week.run(), effect_id=effect,
            money_stage=stage, cause_id=cause, target_system="cardgate",
            operation_key=week.ids.token("moveop-", 10), amount=order.amount / 100,
            entity=("order", order.order_id), customer_id=order.customer_id,
            natural_key=f"order:{order.order_id}", workflow="capture-on-shipping", **_BILLING,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-authorise-capture", "rekeyed_retry", "authorise_then_capture", source="audit",
        keys=[cause, *effects.values()], why="one reserves the money, the other takes it",
    )  # fmt: skip


def captured_later(week: Week, at: datetime) -> None:
    """Stripe's two-step payment: one charge, two events."""
    order = week.order(at, amount=8765)
    place(week, order, at)
    charge = week.stripe.charge(later(at, 3), order, key=week.ids.uuid("card"), captured=False)
    week.stripe.capture(later(at, 420), charge)
    advance(week, order, later(at, 421), "paid", charge_id=charge["id"])
    week.truth.lookalike(
        "quiet-capture-stripe", "same_content", "authorise_then_capture", source="stripe",
        keys=[charge["id"]], why="one charge, authorised and captured",
    )  # fmt: skip


def test_mode(week: Week, at: datetime) -> None:
    """A developer pays twice with a test card."""
    order = week.order(at, amount=4242)
    key = week.ids.uuid("test")
    charges = [
        week.stripe.charge(later(at, wait), order, key=key, live=False)["id"] for wait in (0, 20)
    ]
    week.truth.lookalike(
        "quiet-test-mode", "same_key", "test_mode", source="stripe", keys=charges,
        why="livemode is false",
    )  # fmt: skip


def test_beside_live(week: Week, at: datetime) -> None:
    """The same key and sum, once in test and once in live mode."""
    order = week.order(at, amount=5656)
    key = week.ids.uuid("test")
    charges = [
        week.stripe.charge(later(at, wait), order, key=key, live=live)["id"]
        for wait, live in ((0, False), (80, True))
    ]
    week.truth.lookalike(
        "quiet-test-beside-live", "same_key", "test_mode", source="stripe", keys=charges,
        why="test and live are never compared",
    )  # fmt: skip


def line_twice(week: Week, at: datetime) -> None:
    """Stripe's export lists one event on two pages."""
    order = week.order(at)
    charge = week.stripe.charge(at, order, key=week.ids.uuid("page"))
    moment, event = next(
        pair for pair in week.stripe.events if pair[1]["data"]["object"]["id"] == charge["id"]
    )
    week.stripe.events.append((later(moment, 1), event))
    week.truth.lookalike(
        "quiet-read-twice-stripe", "same_content", "read_twice", source="stripe",
        keys=[charge["id"]], why="one evt_ id on two lines",
    )  # fmt: skip


def record_in_two_files(week: Week, at: datetime) -> None:
    """Two CloudTrail files overlap."""
    record = week.cloud.record(
        at, "sqs", "SendMessage",
        parameters={
            "queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/returns.fifo",
            "messageGroupId": "returns", "messageDeduplicationId": week.ids.uuid("dedup"),
        },
        answer={"messageId": week.ids.uuid("sqs")},
    )  # fmt: skip
    week.cloud.repeat(record)
    week.truth.lookalike(
        "quiet-read-twice-cloud", "same_content", "read_twice", source="cloudtrail",
        keys=[record["eventID"]], why="one eventID in two files",
    )  # fmt: skip


def change_twice(week: Week, at: datetime) -> None:
    """A connector that was restarted writes its last change again."""
    order = week.order(at)
    place(week, order, at)
    advance(week, order, later(at, 5), "cancelled")
    week.changes.repeat(order.order_id)
    week.truth.lookalike(
        "quiet-read-twice-change", "version_fork", "read_twice", source="debezium",
        keys=[order.order_id], why="one position in the write-ahead log",
    )  # fmt: skip


def event_twice(week: Week, at: datetime) -> None:
    """The event bus repeats an event with the same source and id."""
    order = week.order(at)
    event = week.webhooks.add(at, "order.rated", order.order_id, {"stars": 5})
    week.webhooks.repeat(later(at, 3), event)
    week.truth.lookalike(
        "quiet-read-twice-event", "redelivery", "read_twice", source="cloudevents",
        keys=[event["id"], order.order_id], why="one source and id: the same event by the standard",
    )  # fmt: skip


def three_witnesses(week: Week, at: datetime) -> None:
    """Provider, queue and audit trail all tell of one charge."""
    order = week.order(at)
    place(week, order, at)
    charge = pay(week, order, later(at, 2))
    week.audit.add(
        later(at, 3.5), "effect", "charge.create", run=week.run(), effect_id=charge,
        target_system="stripe", entity=("order", order.order_id), amount=order.amount / 100,
        money_stage="captured", customer_id=order.customer_id, **_BILLING,
    )  # fmt: skip
    week.truth.lookalike(
        "quiet-three-witnesses", "cross_system", "several_witnesses",
        source="stripe+celery+audit", keys=[charge], why="three logs, one charge id",
    )  # fmt: skip


QUIET_COPIES = (
    several_parcels,
    several_consumers,
    two_endpoints,
    absorbed_task,
    absorbed_webhook,
    authorised_then_captured,
    captured_later,
    test_mode,
    test_beside_live,
    line_twice,
    record_in_two_files,
    change_twice,
    event_twice,
    three_witnesses,
)
