"""What looks like a side effect that happened twice, and is as it should be."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.money import LOGS_OF_CHARGES, charge, failed_charge, message
from benchmarks.labelled.story import lookalike

_DAY = 86_400


@lookalike("idempotent-replay", "same_key", logs=("canonical", "otlp", "cloudevents"),
           source="docs.stripe.com/api/idempotent_requests: Idempotent-Replayed")  # fmt: skip
def idempotent_replay(stage: Stage) -> None:
    """A retry with the same key gets the first answer from the provider's memory: one charge."""
    order, customer, key, cents = stage.order(), stage.customer(), stage.key(), stage.cents()
    shared = {"cents": cents, "customer": customer, "effect_id": stage.token("ch_3Q", 22)}
    charge(stage, 0, order, operation_key=key, attempt=1, **shared)
    charge(stage, stage.about(8), order, operation_key=key, attempt=2, outcome="replayed", **shared)


@lookalike("declined-then-paid", "rekeyed_retry", logs=LOGS_OF_CHARGES,
           source="docs.stripe.com/declines: nothing was taken")  # fmt: skip
def declined_then_paid(stage: Stage) -> None:
    """A card is declined twice, then the customer takes another and pays: one charge."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    for seconds in (0, stage.about(50)):
        failed_charge(stage, seconds, order, cents=cents, customer=customer, error="card_declined",
                      operation_key=stage.key(), error_kind="validation")  # fmt: skip
    charge(stage, stage.about(120), order, cents=cents, customer=customer,
           operation_key=stage.key())  # fmt: skip


@lookalike("authorise-then-capture", "same_content", logs=("stripe", "canonical", "otlp"),
           source="docs.stripe.com/payments/place-a-hold-on-a-payment-method")  # fmt: skip
def authorise_then_capture(stage: Stage) -> None:
    """An amount is held when the order is placed and captured when it ships: one payment."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    held = charge(stage, 0, order, cents=cents, customer=customer, money_stage="authorised",
                  operation_key=stage.key())  # fmt: skip
    stage.note(
        stage.between(5, 40) * 3600, "effect", "capture", system="billing", entity=order,
        effect_id=held.columns["effect_id"], money_stage="captured", amount=cents / 100,
        currency="EUR", customer_id=customer, effect_class="billing", operation_key=stage.key(),
        target_system="card-gateway", vantage="client",
    )  # fmt: skip


@lookalike("instalments", "same_content", logs=("canonical", "stripe", "otlp"),
           source="RITA, 'Beacon score': equal gaps, equal amounts")  # fmt: skip
def instalments(stage: Stage) -> None:
    """A weekly box: the same customer pays the same amount every seven days, each on an invoice
    of its own."""
    customer, cents = stage.customer(), stage.cents()
    for week in range(4):
        invoice = ("invoice", stage.token("INV-", 8))
        charge(stage, week * 7 * _DAY + stage.between(0, 240), invoice, cents=cents,
               customer=customer, operation_key=stage.key(), period_key=f"week-{week}")  # fmt: skip


@lookalike("two-equal-tickets", "same_content", logs=("canonical", "stripe", "otlp"),
           source="clew, 'observed errors': people do buy the same thing again")  # fmt: skip
def two_equal_tickets(stage: Stage) -> None:
    """Somebody buys a ticket, and a few minutes later one more for a friend: two orders, the same
    amount, both meant."""
    customer, cents = stage.customer(), 49_50
    for seconds in (0, stage.between(150, 900)):
        order = stage.order()
        stage.note(seconds - 3, "write", "order.create", log="canonical", entity=order,
                   system="web-shop", write_kind="create", actor=customer, actor_kind="human",
                   after_hash=stage.hash(order))  # fmt: skip
        charge(stage, seconds, order, cents=cents, customer=customer, actor=customer,
               actor_kind="human", operation_key=stage.key())  # fmt: skip


@lookalike("split-shipment", "same_content",
           source="docs.stripe.com/payments/multicapture: parts of one authorisation")  # fmt: skip
def split_shipment(stage: Stage) -> None:
    """An order of two equal teapots ships in two parcels, and each is charged when it leaves: two
    captures of half the authorised sum."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    charge(stage, 0, order, cents=cents * 2, customer=customer, money_stage="authorised",
           operation_key=stage.key())  # fmt: skip
    for number in (1, 2):
        charge(stage, number * stage.about(4000), order, cents=cents, customer=customer,
               operation_key=stage.key(), item_key=f"line-{number}")  # fmt: skip


@lookalike("fan-out-mails", "redelivery", logs=("canonical", "otlp", "cloudevents"),
           source="Standard Webhooks, 'Fan-out': one event, several endpoints")  # fmt: skip
def fan_out_mails(stage: Stage) -> None:
    """One event tells five people of a delay: five messages to five customers."""
    order, event, run = stage.order(), stage.token("evt-", 14), stage.run()
    stage.note(0, "trigger", "train.delayed", run=run, system="notify", entity=order,
               delivery_id=event, workflow="tell-travellers")  # fmt: skip
    for number in range(5):
        message(stage, 1 + number * 0.2, order, customer_id=stage.customer(), cause_id=run,
                delivery_id=event, item_key=f"traveller-{number}")  # fmt: skip


@lookalike("absorbed-redelivery", "redelivery", logs=("canonical", "otlp", "cloudevents"),
           source="Standard Webhooks, 'Idempotency': receivers remember webhook-id")  # fmt: skip
def absorbed_redelivery(stage: Stage) -> None:
    """A webhook comes three times; the handler knows its id from the second time on and skips it:
    one parcel."""
    order, hook = stage.order(), stage.token("whk_")
    for number, seconds in enumerate((0, 5, 305), start=1):
        run = stage.run()
        shared = {"run": run, "system": "depot", "entity": order, "delivery_id": hook}
        stage.note(
            seconds, "delivery", "order.paid", handoff_id=stage.token("att_", 10), attempt=number,
            attempt_kind="provider", consumer="depot-hook",
            outcome=("timeout", "skipped", "skipped")[number - 1], **shared,
        )  # fmt: skip
        if number == 1:
            stage.note(seconds + 20, "effect", "parcel.create", effect_class="inventory",
                       effect_id=stage.token("parcel_", 12), target_system="parcelhub",
                       vantage="client", **shared)  # fmt: skip


@lookalike("corrected-invoice", "cross_system", logs=("canonical", "stripe", "otlp"),
           source="docs.stripe.com/refunds: the first was given back before the second",
)  # fmt: skip
def corrected_invoice(stage: Stage) -> None:
    """A charge with a wrong sum is refunded in full, then the right sum is charged."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    wrong = charge(stage, 0, order, cents=cents, customer=customer, operation_key=stage.key())
    stage.note(
        stage.about(900), "effect", "refund", system="billing", entity=order, customer_id=customer,
        effect_id=stage.token("re_3Q", 22), compensates_effect_id=wrong.columns["effect_id"],
        amount=cents / 100, currency="EUR", money_stage="refunded", effect_class="billing",
        target_system="card-gateway", vantage="client", operation_key=stage.key(),
    )  # fmt: skip
    charge(stage, stage.about(1100), order, cents=cents - 1500, customer=customer,
           operation_key=stage.key())  # fmt: skip


@lookalike("test-mode", "same_key", logs=LOGS_OF_CHARGES,
           source="docs.stripe.com/test-mode: `livemode` false moves no money")  # fmt: skip
def test_mode(stage: Stage) -> None:
    """A developer runs the checkout's test against the sandbox five times: no money moved."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    for number in range(5):
        charge(stage, number * stage.about(40), order, cents=cents, customer=customer,
               environment="test", operation_key=stage.key())  # fmt: skip


@lookalike(
    "two-witnesses",
    "cross_system",
    logs=("canonical", "otlp", "celery"),
    source="docs.stripe.com/api/charges: caller's log and provider's bear one charge id",
)
def two_witnesses(stage: Stage) -> None:
    """The shop's own log and the provider's tell of the same charge, by its id."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    key, effect = stage.key(), stage.token("ch_3Q", 22)
    for log, seconds in ((stage.log, 0), ("stripe", 0.4)):
        charge(stage, seconds, order, cents=cents, customer=customer, log=log, effect_id=effect,
               operation_key=key)  # fmt: skip


@lookalike("popular-price", "same_content", logs=("stripe", "canonical", "otlp"),
           source="Splink, 'Term frequency adjustments': 9.99 agrees by chance")  # fmt: skip
def popular_price(stage: Stage) -> None:
    """Thirty customers pay 9.99 within minutes of a newsletter, two of them for two orders."""
    people = [stage.customer() for _ in range(28)]
    buyers = [*people, *people[:2]]
    for seconds, customer in zip(stage.moments(30, 20), buyers, strict=True):
        charge(stage, seconds, stage.order(), cents=999, customer=customer,
               operation_key=stage.key())  # fmt: skip


@lookalike("order-grew", "same_content", logs=("canonical", "stripe", "otlp"),
           source="Adyen, 'Partial payments': several payments settle one order")  # fmt: skip
def order_grew(stage: Stage) -> None:
    """A customer adds something to an order that is already paid, and pays the rest."""
    order, customer = stage.order(), stage.customer()
    charge(stage, 0, order, cents=stage.cents(), customer=customer, operation_key=stage.key(),
           item_key="line-1")  # fmt: skip
    charge(stage, stage.between(200, 3000), order, cents=stage.cents(), customer=customer,
           operation_key=stage.key(), item_key="line-2")  # fmt: skip


@lookalike(
    "order-in-instalments",
    "same_content",
    logs=("canonical", "otlp"),
    source="Stripe, 'Subscription schedules', installment plans: equal parts, a week apart",
)
def order_in_instalments(stage: Stage) -> None:
    """An order is paid in three equal parts, one a week, as was agreed."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    for week in range(3):
        charge(stage, week * 7 * _DAY + stage.between(0, 240), order, cents=cents,
               customer=customer, operation_key=stage.key(), period_key=f"part-{week + 1}",
               trigger_kind="schedule", actor="billing", actor_kind="schedule")  # fmt: skip


@lookalike(
    "bought-again-after-refund",
    "same_content",
    logs=("canonical", "stripe", "otlp"),
    source="docs.stripe.com/refunds: what lies between gave the first back in full",
)
def bought_again_after_refund(stage: Stage) -> None:
    """A customer cancels and gets the money back, then takes the order after all and pays the same
    sum again."""
    order, customer, cents = stage.order(), stage.customer(), stage.cents()
    first = charge(stage, 0, order, cents=cents, customer=customer, operation_key=stage.key())
    stage.note(
        stage.about(1800), "effect", "refund", system="billing", entity=order,
        customer_id=customer, effect_id=stage.token("re_3Q", 22),
        compensates_effect_id=first.columns["effect_id"], amount=cents / 100, currency="EUR",
        money_stage="refunded", effect_class="billing", target_system="card-gateway",
        vantage="client", operation_key=stage.key(),
    )  # fmt: skip
    charge(stage, stage.about(2500), order, cents=cents, customer=customer,
           operation_key=stage.key())  # fmt: skip


@lookalike(
    "rerun-of-what-failed",
    "batch_rerun",
    logs=("canonical", "otlp", "stripe"),
    source="Airflow, 'Re-run tasks': the failed ones alone; nothing had been done before",
)
def rerun_of_what_failed(stage: Stage) -> None:
    """A billing job finds the gateway down and every charge fails; run again an hour later, it
    charges each invoice for the first time."""
    bills = [(("invoice", stage.token("INV-", 8)), stage.customer(), stage.cents())
             for _ in range(20)]  # fmt: skip
    for again in (False, True):
        job = stage.run()
        for number, (invoice, customer, cents) in enumerate(bills):
            seconds = again * 3600 + number * 2
            shared = {"cents": cents, "customer": customer, "cause_id": job,
                      "operation_key": stage.key(), "workflow": "billing.weekly",
                      "period_key": f"{stage.at:%Y-%W}", "item_key": invoice[1]}  # fmt: skip
            if again:
                charge(stage, seconds, invoice, **shared)
            else:
                failed_charge(stage, seconds, invoice, error="processing_error",
                              error_kind="dependency", **shared)  # fmt: skip


@lookalike(
    "sent-again-on-request",
    "same_content",
    logs=("canonical", "otlp"),
    source="Own observation: a person asks for it again; each request is an operation of its own",
)
def sent_again_on_request(stage: Stage) -> None:
    """A customer cannot find the confirmation and asks twice, minutes apart, that it be sent
    again."""
    order, customer = stage.order(), stage.customer()
    for number in range(3):
        run, seconds = stage.run(), number * stage.about(400)
        person = {"actor": customer, "actor_kind": "human"} if number else {}
        stage.note(seconds, "trigger", "confirmation.resend" if number else "order.placed",
                   run=run, entity=order, system="notify", workflow="confirmation",
                   trigger_kind="user" if number else "event", **person)  # fmt: skip
        message(stage, seconds + 0.6, order, customer_id=customer, run=run, cause_id=None,
                workflow="confirmation", operation_key=stage.key(), **person)  # fmt: skip


QUIET_DUPLICATES = (
    idempotent_replay, declined_then_paid, authorise_then_capture, instalments, two_equal_tickets,
    split_shipment, fan_out_mails, absorbed_redelivery, corrected_invoice, test_mode,
    two_witnesses, popular_price, order_grew, order_in_instalments,
    bought_again_after_refund, rerun_of_what_failed, sent_again_on_request,
)  # fmt: skip
