"""Retries that made it worse."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.calls import attempt
from benchmarks.labelled.story import CONTENT, failure

_DECIDED = ("operation_key", "cause_id", "trace_id", CONTENT)
"""Attempts numbered at their record, failing one after the other, tell without any key."""


@failure("permanent-error", answers=("hot_loop",), decided_by=_DECIDED,
         logs=("otlp", "canonical"),
         source="WASABI (SOSP 2024): retried although the error cannot go away")  # fmt: skip
def permanent_error(stage: Stage) -> None:
    """A client sends a malformed request again and again at a fixed interval, although each answer
    is 422: it will never be accepted."""
    order, key, trace = stage.order(), stage.key(), stage.run()
    gap = stage.random.choice((1, 2, 5))
    for number in range(stage.random.randint(18, 60)):
        attempt(
            stage, number * gap, "POST /tax-quotes", caller="checkout", callee="tax-api",
            about=order, number=number + 1, error="422", operation_key=key, trace_id=trace,
        )  # fmt: skip


@failure("constant-countdown", answers=("hot_loop",), decided_by=("delivery_id", CONTENT),
         logs=("celery",),
         source="docs.celeryq.dev, Task.retry: `countdown` without backoff and max_retries=None",
         )  # fmt: skip
def constant_countdown(stage: Stage) -> None:
    """A task retries itself every few seconds for as long as the address book is down, with no
    backoff and no limit in sight."""
    contact, task = ("contact", stage.token("CON-", 10)), stage.key()
    gap, count = stage.random.choice((3, 5, 10)), stage.random.randint(15, 40)
    for number in range(count):
        attempt(
            stage, number * gap, "crm.push_contact", caller="tasks", callee="crm-api",
            about=contact, number=number + 1, error="ConnectionError", delivery_id=task,
            actor="worker-1@tasks", lasts=0.2, payload={"gave_up": number == count - 1},
        )  # fmt: skip


@failure("fleet", answers=("fleet",), decided_by=_DECIDED,
         logs=("otlp", "canonical", "cloudevents"),
         source="Google SRE book, 'Addressing cascading failures': per-request and per-client"
         " retry budgets")  # fmt: skip
def fleet(stage: Stage) -> None:
    """A service answers 503 for two minutes; every checkout retries it up to six times with jitter,
    and the load on it multiplies."""
    operations = stage.random.randint(25, 60)
    for _ in range(operations):
        order, key, trace = stage.order(), stage.key(), stage.run()
        moment = stage.between(0, 70)
        for number in range(1, stage.random.randint(5, 7)):
            attempt(
                stage, moment, "POST /rates", caller="storefront", callee="shipping-rates",
                about=order, number=number, error="503", operation_key=key, trace_id=trace,
            )  # fmt: skip
            moment += stage.between(1, 9)


@failure("layered", answers=("layered",),
         decided_by=("operation_key", "trace_id", "cause_id", CONTENT),
         logs=("otlp", "canonical"),
         source="AWS Builders' Library, 'Timeouts, retries and backoff': 3 tries on 5 layers"
         " are 243 calls")  # fmt: skip
def layered(stage: Stage) -> None:
    """The task tries three times, its HTTP client sends each try three times, and the proxy sends
    each of those twice: eighteen calls for one label."""
    for _ in range(stage.random.randint(4, 8)):
        order, key, trace = stage.order(), stage.key(), stage.run()
        begin, root = stage.between(0, 30), stage.run()
        shared = {"callee": "label-api", "about": order, "error": "503", "trace_id": trace}
        for task in range(3):
            at, outer = begin + task * stage.about(12), stage.run()
            attempt(stage, at, "label.print", caller="fulfilment", number=task + 1, run=outer,
                    cause_id=root, operation_key=key, attempt_kind="task", lasts=7,
                    **shared)  # fmt: skip
            for client in range(3):
                sent, inner = at + 0.1 + client * 2, stage.run()
                attempt(stage, sent, "POST /labels", caller="fulfilment", number=client + 1,
                        run=inner, cause_id=outer, operation_key=key, lasts=1.5,
                        attempt_kind="transport", **shared)  # fmt: skip
                for proxy in range(2):
                    attempt(stage, sent + 0.05 + proxy * 0.7, "POST /labels", caller="gateway",
                            number=proxy + 1, cause_id=inner, operation_key=key, lasts=0.5,
                            attempt_kind="proxy", vantage="proxy", **shared)  # fmt: skip


@failure("synchronised", answers=("synchronised", "fleet"), decided_by=_DECIDED,
         logs=("otlp", "canonical"),
         source="AWS architecture blog, 'Exponential backoff and jitter'")  # fmt: skip
def synchronised(stage: Stage) -> None:
    """A connection drop hits all clients at once; each waits exactly the same time and they come
    back in waves."""
    clients = [
        (stage.order(), stage.key(), stage.run()) for _ in range(stage.random.randint(9, 20))
    ]
    for wave in range(6):
        for number, (order, key, trace) in enumerate(clients):
            attempt(
                stage, wave * 15 + number * 0.01 + stage.between(0, 0.04), "POST /positions",
                caller="tracker", callee="fleet-map", about=order, number=wave + 1, error="503",
                operation_key=key, trace_id=trace,
            )  # fmt: skip


@failure("drain-burst", answers=("drain_burst", "fleet"), decided_by=_DECIDED,
         logs=("canonical", "otlp"),
         source="Azure/azure-sdk#47002: a backlog is sent at once after recovery")  # fmt: skip
def drain_burst(stage: Stage) -> None:
    """A dependency is down for a quarter of an hour; when it answers again, the whole backlog is
    retried within seconds and pushes it over once more."""
    waiting = [(stage.order(), stage.key(), stage.run()) for _ in range(70)]
    for number, (order, key, trace) in enumerate(waiting):
        shared = {"caller": "outbox", "callee": "erp", "about": order, "operation_key": key,
                  "trace_id": trace}  # fmt: skip
        attempt(stage, number * 12, "POST /bookings", error="ConnectionError", **shared)
        burst = 900 + number * 0.05
        attempt(stage, burst, "POST /bookings", number=2, error="503", **shared)
        attempt(stage, burst + stage.between(3, 8), "POST /bookings", number=3, error="503",
                **shared)  # fmt: skip
        attempt(stage, burst + stage.between(12, 40), "POST /bookings", number=4, **shared)


@failure("metastable", answers=("metastable",),
         decided_by=_DECIDED, logs=("canonical", "otlp"),
         source="Bronson et al., 'Metastable failures in distributed systems' (HotOS 2021)",
         )  # fmt: skip
def metastable(stage: Stage) -> None:
    """A three-minute slowdown starts a storm of retries that keeps the service overloaded for
    half an hour after the cause has gone, at a load that it had served well before."""
    for second in range(0, 5400, 6):
        order, key, trace = stage.order(), stage.key(), stage.run()
        slow, down = 1800 <= second < 1980, 1800 <= second < 3900
        tries = 5 if down else 1
        moment = second + stage.between(0, 1)
        for number in range(1, tries + 1):
            failing = slow or (down and (number < tries or stage.random.random() < 0.8))
            attempt(
                stage, moment, "GET /seats", caller="booking", callee="seat-map", about=order,
                number=number, error="timeout" if failing else None, operation_key=key,
                trace_id=trace, lasts=2.0 if failing else 0.05,
            )  # fmt: skip
            moment += stage.between(2, 5)


@failure("agent-repeats-itself", answers=("hot_loop",),
         decided_by=("cause_id", "trace_id", CONTENT),
         logs=("canonical", "otlp"),
         source="clew, `error_repeat`: a tool called with the same arguments after the same error",
         )  # fmt: skip
def agent_repeats_itself(stage: Stage) -> None:
    """An AI agent calls a tool with the same arguments over and over; each time it is told that the
    argument is wrong."""
    run, ticket = stage.run(), ("ticket", stage.token("T-", 8))
    for number, seconds in enumerate(stage.moments(stage.random.randint(14, 30), 6)):
        attempt(
            stage, seconds, "tool.refund_order", caller="support-agent", callee="refund-tool",
            about=ticket, error="400", cause_id=run, trace_id=run, actor="support-agent",
            actor_kind="ai_agent", payload_hash=stage.hash(ticket), number=number + 1,
        )  # fmt: skip


@failure("requeue-hot-loop", answers=("hot_loop",), decided_by=("delivery_id", CONTENT),
         logs=("canonical", "otlp"),
         source="RabbitMQ, 'Negative acknowledgements': requeued messages return to the head and"
         " are redelivered at once")  # fmt: skip
def requeue_hot_loop(stage: Stage) -> None:
    """A consumer rejects a message that it cannot read and asks for it to be requeued; the broker
    hands it out again at once, hundreds of times."""
    order, delivery = stage.order(), stage.token("m-")
    for number in range(stage.random.randint(150, 260)):
        stage.note(
            number * 0.021, "delivery", "invoice-lines", system="invoicing", entity=order,
            delivery_id=delivery, handoff_id=stage.token("h-", 8), attempt=number + 1,
            attempt_kind="broker", outcome="error", error="ValueError", error_kind="validation",
            consumer="invoicing", lasts=0.01,
        )  # fmt: skip


@failure("ignores-retry-after", answers=("hot_loop", "fleet"), decided_by=_DECIDED,
         logs=("canonical", "otlp"),
         source="RFC 9110, 10.2.3 Retry-After; RFC 6585, status 429")  # fmt: skip
def ignores_retry_after(stage: Stage) -> None:
    """An importer is throttled and told to wait a minute; it asks again every second instead, for
    each of its pages."""
    pages = [(("page", stage.token("P-", 6)), stage.key(), stage.run()) for _ in range(6)]
    for number in range(stage.random.randint(20, 35)):
        for place, (page, key, trace) in enumerate(pages):
            seconds = number + place * 0.15
            at = stage.at.timestamp() + seconds
            attempt(
                stage, seconds, "GET /products", caller="catalogue-import", callee="supplier-api",
                about=page, number=number + 1, error="429", operation_key=key, trace_id=trace,
                retry_after=type(stage.at).fromtimestamp(at + 60, tz=stage.at.tzinfo),
            )  # fmt: skip


STORMS = (
    permanent_error, constant_countdown, fleet, layered, synchronised, drain_burst, metastable,
    agent_repeats_itself, requeue_hot_loop, ignores_retry_after,
)  # fmt: skip
