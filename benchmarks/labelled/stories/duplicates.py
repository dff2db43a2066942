"""Side effects that happened twice, one story a mechanism."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.money import LOGS_OF_CHARGES, charge, failed_charge, message
from benchmarks.labelled.story import CONTENT, failure


@failure(
    "expired-key", answers=("key_expired", "same_key"), mechanism="expired_key",
    decided_by=("operation_key", CONTENT), logs=LOGS_OF_CHARGES,
    source="docs.stripe.com/api/idempotent_requests: keys may go after 24 h",
)  # fmt: skip
def expired_key(stage: Stage) -> None:
    """An outbox sends a payment again after the provider has forgotten its key, and the card is
    charged a second time for the same order."""
    order, customer, key, cents = stage.order(), stage.customer(), stage.key(), stage.cents()
    for seconds in (0, stage.between(26, 70) * 3600):
        charge(stage, seconds, order, cents=cents, customer=customer, operation_key=key)


@failure(
    "key-per-attempt", answers=("rekeyed_retry", "same_content"), mechanism="key_per_attempt",
    decided_by=("cause_id", CONTENT), logs=("canonical", "otlp", "cloudevents"),
    source="draft-ietf-httpapi-idempotency-key-header, section 2.4: a key belongs to the request",
)  # fmt: skip
def key_per_attempt(stage: Stage) -> None:
    """A client makes a new key for each attempt; the first attempt timed out but had gone
    through, as the provider's log tells, and the second charged again."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    parent, keys = stage.run(), [stage.key(), stage.key()]
    stage.note(-0.4, "trigger", "order.pay", run=parent, system="billing", entity=order)
    failed_charge(
        stage, 0, order, cents=cents, customer=customer, outcome="timeout", attempt=1,
        error_kind="timeout", operation_key=keys[0], cause_id=parent, lasts=10,
        attempt_kind="application",
    )  # fmt: skip
    retried = stage.about(12)
    effect = stage.token("ch_3Q", 22)
    charge(
        stage, retried, order, cents=cents, customer=customer, attempt=2, effect_id=effect,
        operation_key=keys[1], cause_id=parent, attempt_kind="application",
    )  # fmt: skip
    for seconds, key, known in ((1.2, keys[0], None), (retried + 0.3, keys[1], effect)):
        charge(
            stage, seconds, order, cents=cents, customer=customer, log="stripe", effect_id=known,
            operation_key=key, system="stripe", vantage="provider",
        )  # fmt: skip


@failure(
    "visibility-timeout", answers=("redelivery", "same_content"), mechanism="visibility_timeout",
    decided_by=("delivery_id", CONTENT), logs=("celery", "canonical", "otlp"),
    source="Celery with Redis hands a task out again after visibility_timeout, 1 h by default:"
    " docs.celeryq.dev, 'Visibility timeout'; learningequality/studio#3395, celery/kombu#337",
)  # fmt: skip
def visibility_timeout(stage: Stage) -> None:
    """A charge takes longer than the queue's visibility timeout of an hour; the broker hands the
    same task to a second worker, and both charge."""
    order, customer, cents, task = stage.order(), stage.customer(), stage.cents(), stage.key()
    charges = ((0, stage.between(3660, 4200)), (3600, 1.3))
    for worker, (seconds, lasts) in enumerate(charges, start=1):
        charge(
            stage, seconds, order, cents=cents, customer=customer, delivery_id=task, lasts=lasts,
            handoff_id=stage.token("tag-", 8), actor=f"worker-{worker}@tasks", attempt=1,
            actor_kind="worker", workflow="billing.charge", system="tasks",
        )  # fmt: skip


@failure(
    "rebalance", answers=("redelivery", "same_content"), mechanism="rebalance",
    decided_by=("delivery_id", CONTENT), logs=("canonical", "otlp", "cloudevents"),
    source="spring-kafka#2489 and #3186: records handled again after the group rebalanced",
)  # fmt: skip
def rebalance(stage: Stage) -> None:
    """A consumer is slow, the group rebalances, the partition goes to another member from the last
    committed offset, and both members have sent the parcel of the same record."""
    order, customer = stage.order(), stage.customer()
    record = f"orders-paid/3@{stage.random.randint(10_000, 99_999)}"
    gap = stage.between(8, 90)
    stage.note(
        gap - 2, "change", "consumer-group.rebalance", log="canonical", system="kafka",
        entity=("consumer-group", "parcels"), actor="coordinator",
    )  # fmt: skip
    for member, seconds in enumerate((0, gap)):
        run = stage.run()
        shared = {
            "run": run, "system": "parcels", "entity": order, "delivery_id": record,
            "consumer": "parcels", "actor": f"parcels-{member}", "actor_kind": "worker",
        }  # fmt: skip
        stage.note(seconds, "delivery", "orders-paid", handoff_id=stage.token("h-", 8), **shared)
        stage.note(
            seconds + 0.8, "effect", "parcel.create", effect_id=stage.token("parcel_", 12),
            effect_class="inventory", target_system="parcelhub", vantage="client",
            customer_id=customer, **shared,
        )  # fmt: skip


@failure(
    "double-trigger", answers=("redelivery", "same_content"), mechanism="double_trigger",
    decided_by=("delivery_id", CONTENT), logs=("canonical", "otlp", "cloudevents"),
    source="n8n#31837, n8n#38083: one event starts two executions 20 to 160 ms apart",
)  # fmt: skip
def double_trigger(stage: Stage) -> None:
    """A workflow's trigger is registered twice; each event starts two executions within a few
    milliseconds, and the customer gets the voucher twice."""
    order, customer, event = stage.order(), stage.customer(), stage.token("evt-", 14)
    for number in range(2):
        run, seconds = stage.run(), number * stage.between(0.02, 0.16)
        shared = {"run": run, "entity": order, "workflow": "send-voucher", "delivery_id": event}
        stage.note(seconds, "trigger", "order.rated", system="flows", trigger_kind="webhook",
                   **shared)  # fmt: skip
        message(stage, seconds + 0.9, system="flows", customer_id=customer, about=order,
                run=run, workflow="send-voucher", delivery_id=event)  # fmt: skip


@failure(
    "webhook-retry", answers=("redelivery", "same_content"), mechanism="webhook_retry",
    decided_by=("delivery_id", CONTENT), logs=("canonical", "otlp", "cloudevents"),
    source="Standard Webhooks, 'Deliverability': retries after 5 s, 5 min, 30 min, 2 h",
)  # fmt: skip
def webhook_retry(stage: Stage) -> None:
    """The handler answers too late, so the sender delivers the webhook again on its schedule; the
    handler knows no deliveries it has seen and grants the credit each time."""
    order, customer, hook = stage.order(), stage.customer(), stage.token("whk_")
    cents = stage.cents()
    for number, seconds in enumerate((0, stage.about(5), stage.about(305)), start=1):
        run = stage.run()
        stage.note(
            seconds, "delivery", "refund.approved", run=run, system="wallet", entity=order,
            delivery_id=hook, handoff_id=stage.token("att_", 10), attempt=number, lasts=21.0,
            attempt_kind="provider", outcome="timeout" if number < 3 else "ok",
            consumer="wallet-hook",
        )  # fmt: skip
        stage.note(
            seconds + 16, "effect", "wallet.credit", run=run, system="wallet", entity=order,
            effect_id=stage.token("wtx_", 14), effect_class="ledger", money_stage="credited",
            amount=cents / 100, currency="EUR", customer_id=customer, delivery_id=hook,
            target_system="wallet-ledger", vantage="client",
        )  # fmt: skip


@failure(
    "guard-race", answers=("redelivery", "same_key", "same_content"), mechanism="guard_race",
    also=("check_then_act", "twin_create", "write_skew", "lost_update"),
    decided_by=("delivery_id", "operation_key", CONTENT), logs=("canonical", "otlp"),
    source="Eventra#19032: both handlers look into the table of processed ids before either writes",
)  # fmt: skip
def guard_race(stage: Stage) -> None:
    """Two handlers of one message both look whether it was processed, both find nothing, and both
    pay the commission."""
    order, partner, hook, cents = stage.order(), stage.customer(), stage.token("m-"), stage.cents()
    runs = [stage.run(), stage.run()]
    for number, run in enumerate(runs):
        guard = {"run": run, "system": "payroll", "entity": ("processed", f"seen-{order[1]}")}
        moment = number * stage.between(0.01, 0.05)
        stage.note(moment, "read", "processed.find", predicate="id = message", **guard)
        stage.note(
            moment + 0.4, "effect", "commission.pay", run=run, system="payroll", entity=order,
            effect_id=stage.token("pay_", 16), effect_class="billing", money_stage="debited",
            amount=cents / 100, currency="EUR", customer_id=partner, delivery_id=hook,
            operation_key=f"commission-{hook}", target_system="bank-api", vantage="client",
        )  # fmt: skip
        stage.note(moment + 0.6, "write", "processed.insert", write_kind="create", **guard)


@failure(
    "crash-before-acknowledgement", answers=("redelivery", "same_content"),
    mechanism="crash_before_acknowledgement", decided_by=("delivery_id", CONTENT),
    logs=("celery", "canonical", "otlp"),
    source="RabbitMQ, 'Consumer Acknowledgements': what was not acknowledged is requeued when the"
    " channel closes",
)  # fmt: skip
def crash_before_acknowledgement(stage: Stage) -> None:
    """A worker is killed after it has charged and before it acknowledged; the next one takes the
    task from the queue and charges again. The provider's log has both."""
    order, customer, cents, task = stage.order(), stage.customer(), stage.cents(), stage.key()
    for number, seconds in enumerate((0, stage.between(4, 40))):
        effect, run = stage.token("ch_3Q", 22), stage.run()
        shared = {"run": run, "actor": f"worker-{number + 1}@tasks", "delivery_id": task,
                  "handoff_id": stage.token("tag-", 8), "actor_kind": "worker"}  # fmt: skip
        if number:
            charge(stage, seconds, order, cents=cents, customer=customer, effect_id=effect,
                   system="tasks", **shared)  # fmt: skip
        else:
            failed_charge(stage, seconds, order, cents=cents, customer=customer,
                          outcome="pending", system="tasks", **shared)  # fmt: skip
        charge(
            stage, seconds + 0.5, order, cents=cents, customer=customer, effect_id=effect,
            log="stripe", system="stripe", vantage="provider",
        )  # fmt: skip


@failure(
    "manual-replay", answers=("rekeyed_retry", "same_content", "redelivery"),
    mechanism="manual_replay", decided_by=("delivery_id", CONTENT),
    logs=("canonical", "otlp", "cloudevents"),
    source="Standard Webhooks, 'Manual retries'; n8n, 'Retry execution'",
)  # fmt: skip
def manual_replay(stage: Stage) -> None:
    """Somebody sees a red run in the console and presses replay, although only its last step had
    failed; the payment before it is made again."""
    order, customer, cents, event = stage.order(), stage.customer(), stage.cents(), stage.key()
    first, again = stage.run(), stage.run()
    later = stage.between(0.4, 5) * 3600
    for run, seconds, human in ((first, 0, False), (again, later, True)):
        stage.note(
            seconds, "trigger", "run.replay" if human else "order.placed", run=run, system="flows",
            entity=order, workflow="settle-order", delivery_id=event,
            trigger_kind="manual_retry" if human else "event",
            actor="ops@example.com" if human else "flows",
            actor_kind="human" if human else "orchestrator",
            previous_execution_id=first if human else None,
        )  # fmt: skip
        charge(stage, seconds + 1, order, cents=cents, customer=customer, run=run, system="flows",
               workflow="settle-order", operation_key=stage.key())  # fmt: skip
        stage.note(seconds + 4, "attempt", "ledger.post", run=run, system="flows",
                   target_system="ledger", entity=order, outcome="ok" if human else "error",
                   error=None if human else "503")  # fmt: skip


@failure(
    "double-submit", answers=("same_content", "rekeyed_retry"), mechanism="double_submit",
    also=("twin_create",), decided_by=(CONTENT,), logs=("canonical", "stripe", "otlp"),
    source="Two requests of one form within 0.2 to 3 s; OWASP, 'Business logic: double submit'",
)  # fmt: skip
def double_submit(stage: Stage) -> None:
    """A customer presses the button twice within three seconds; each press makes a payment of
    the same odd amount for the same cart."""
    cart, customer, cents = ("cart", stage.token("CART-", 10)), stage.customer(), stage.cents()
    about = stage.order() if stage.log == "stripe" else cart
    for seconds in (0, stage.between(0.3, 2.8)):
        charge(stage, seconds, about, cents=cents, customer=customer, system="web-shop",
               actor=customer, actor_kind="human", operation_key=stage.key())  # fmt: skip


@failure(
    "batch-rerun", answers=("batch_rerun",), mechanism="batch_rerun",
    decided_by=(CONTENT,), logs=("canonical", "otlp", "stripe"),
    source="Airflow, 'Re-run DAG': cleared tasks run again with all they did",
)  # fmt: skip
def batch_rerun(stage: Stage) -> None:
    """A nightly billing job failed near its end and is run again from the start: every invoice
    that it had charged is charged once more."""
    bills = [
        (("invoice", stage.token("INV-", 8)), stage.customer(), stage.cents())
        for _ in range(stage.random.randint(25, 60))
    ]
    for round_number in range(2):
        job, begin = stage.run(), round_number * stage.about(5400)
        stage.note(
            begin, "trigger", "billing.nightly", run=job, system="scheduler",
            log="canonical" if stage.log == "stripe" else None, workflow="billing.nightly",
            trigger_kind="manual_retry" if round_number else "schedule",
            actor="ops@example.com" if round_number else "scheduler", scheduled_for=stage.at,
            actor_kind="human" if round_number else "schedule", delivery_id="billing.nightly",
        )  # fmt: skip
        for number, (invoice, customer, cents) in enumerate(bills):
            charge(
                stage, begin + 2 + number * 1.7, invoice, cents=cents, customer=customer,
                cause_id=job, operation_key=stage.key(), workflow="billing.nightly",
                item_key=invoice[1], period_key=f"{stage.at:%Y-%m}",
            )  # fmt: skip


@failure(
    "two-rails", answers=("cross_system", "same_content"), decided_by=(CONTENT,),
    logs=("canonical", "otlp"),
    source="Own observation: one invoice, settled by card and by direct debit",
)  # fmt: skip
def two_rails(stage: Stage) -> None:
    """An invoice is collected by card, and once more by direct debit from the accounting system,
    which had not heard of the card payment."""
    invoice, customer, cents = ("invoice", stage.token("INV-", 8)), stage.customer(), stage.cents()
    charge(stage, 0, invoice, cents=cents, customer=customer, log="stripe", system="stripe",
           vantage="provider", operation_key=stage.key())  # fmt: skip
    charge(
        stage, stage.between(2, 30) * 3600, invoice, cents=cents, customer=customer,
        system="accounting", target_system="bank-api", effect_id=stage.token("dd_", 16),
        operation_key=stage.key(),
    )  # fmt: skip


@failure(
    "provider-forgot", answers=("same_key",), decided_by=("operation_key", CONTENT),
    logs=LOGS_OF_CHARGES,
    source="A key store that is not atomic: brandur.org/idempotency-keys",
)  # fmt: skip
def provider_forgot(stage: Stage) -> None:
    """Two requests with one key reach two nodes of the provider before either has stored it; both
    charge."""
    order, customer, key, cents = stage.order(), stage.customer(), stage.key(), stage.cents()
    for seconds in (0, stage.between(0.05, 200)):
        charge(stage, seconds, order, cents=cents, customer=customer, operation_key=key)


DUPLICATES = (
    expired_key, key_per_attempt, visibility_timeout, rebalance, double_trigger, webhook_retry,
    guard_race, crash_before_acknowledgement, manual_replay, double_submit, batch_rerun, two_rails,
    provider_forgot,
)  # fmt: skip
