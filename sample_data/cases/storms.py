"""Planted retry storms: callers that made an outage worse."""

from datetime import datetime
from itertools import product

from sample_data.logs.cloud import ACCOUNT, REGION
from sample_data.logs.trace import Call, about
from sample_data.moments import later
from sample_data.week import Week


def hot_span(week: Week, at: datetime) -> None:
    """One address that the tax service will never accept, asked every two seconds."""
    trace, key = week.traces.trace(), week.ids.token("taxop-", 10)
    entity = week.order(at).order_id
    root = week.traces.span("checkout-worker", "tax.quote", at, 31, trace=trace)
    spans = [
        week.traces.call(
            Call(
                caller="checkout-worker", callee="tax-api", name="POST /quotes", status=500,
                resend=number, key=key,
            ),
            later(at, 2 * number), trace=trace, parent=root, attributes=about("order", entity),
        )
        for number in range(15)
    ]  # fmt: skip
    week.truth.case(
        "storm-hot-loop-tax", "hot_loop", "One quote asked for fifteen times, every two seconds",
        source="otlp", keys=[key, trace, *spans], span=(at, later(at, 28.08)), excess=14,
    )  # fmt: skip


def hot_container(week: Week, at: datetime) -> None:
    """A container that finds no capacity, started again every five seconds."""
    token = week.ids.uuid("run-task")
    cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/batch"
    calls = [
        week.cloud.record(
            later(at, 5 * number), "ecs", "RunTask", role="batch-starter",
            parameters={
                "cluster": cluster, "taskDefinition": "thumbnails:31", "count": 1,
                "launchType": "FARGATE", "clientToken": token,
            },
            error="ServerException",
        )
        for number in range(13)
    ]  # fmt: skip
    week.truth.case(
        "storm-hot-loop-ecs", "hot_loop", "One container start tried thirteen times",
        source="cloudtrail", keys=[token, *(call["eventID"] for call in calls)],
        span=(at, later(at, 60)), excess=12,
    )  # fmt: skip


def hot_task(week: Week, at: datetime) -> None:
    """A task whose countdown is a constant, and whose address book is down."""
    contact = week.ids.token("CON-", 8)
    task = week.celery.task("crm.push_contact", contact)
    week.celery.sent(task, at)
    host = "worker-2@shop"
    for number in range(12):
        begun = week.celery.begin(task, later(at, 0.01 + 5 * number), host=host, retries=number)
        error = "ConnectionError('crm-api: connection refused')"
        if number < 11:
            week.celery.retry(task, later(begun, 0.2), host=host, error=error)
        else:
            week.celery.fail(task, later(begun, 0.2), host=host, error=error)
    week.truth.case(
        "storm-hot-loop-task", "hot_loop", "One task retried eleven times, every five seconds",
        source="celery", keys=[task.uuid], span=(at, later(at, 55.3)), excess=11,
    )  # fmt: skip


def _spread(operations: int, rounds: int, step: float) -> list[tuple[int, int, float]]:
    """Return (operation, round, seconds): attempts that never bunch, as jitter makes them.

    `operations` must not be a multiple of five: each round then takes them in another order.
    """
    return [
        (operation, turn, (turn * operations + operation * 5 % operations) * step)
        for turn in range(rounds)
        for operation in range(operations)
    ]


def fleet_spans(week: Week, at: datetime) -> None:
    """Every checkout asks the shipping service again while it answers 503."""
    keys = [week.ids.token("rateop-", 10) for _ in range(16)]
    orders = [week.order(at).order_id for _ in keys]
    traces = [week.traces.trace() for _ in keys]
    for operation, turn, wait in _spread(len(keys), 5, 0.55):
        call = Call(
            caller="shop-api", callee="shipping-api", name="POST /rates", status=503,
            resend=turn, key=keys[operation], seconds=0.05,
        )  # fmt: skip
        attributes = about("order", orders[operation])
        week.traces.call(call, later(at, wait), trace=traces[operation], attributes=attributes)
    week.truth.case(
        "storm-fleet-shipping", "fleet", "Sixteen checkouts retry against a failing service",
        source="otlp", keys=[*keys, *traces], span=(at, later(at, 44)), excess=16 * 4,
    )  # fmt: skip


def fleet_rows(week: Week, at: datetime) -> None:
    """The loyalty workers retry against an address book that refuses them."""
    keys = [week.ids.token("loyop-", 10) for _ in range(14)]
    contacts = [week.ids.token("CON-", 8) for _ in keys]
    for operation, turn, wait in _spread(len(keys), 6, 0.6):
        week.audit.add(
            later(at, wait), "attempt", "points.post", run=week.run(), system="loyalty",
            target_system="points-api", outcome="error", error="503", error_kind="server",
            operation_key=keys[operation], attempt=turn + 1, attempt_kind="application",
            entity=("contact", contacts[operation]), vantage="client", environment="live",
            ended_at=later(at, wait + 0.1),
        )  # fmt: skip
    week.truth.case(
        "storm-fleet-loyalty", "fleet", "Fourteen postings retried six times within a minute",
        source="audit", keys=keys, span=(at, later(at, 50.4)), excess=14 * 5,
    )  # fmt: skip


def layered_call(
    week: Week, at: datetime, call: Call, *, attempt: int, trace: str, parent: str, entity: str
) -> list[str]:
    """Write one application attempt and the three sends of its HTTP client; return the spans."""
    layer = about("order", entity) | {"forensics.kind": "attempt"}
    application = week.traces.call(
        call, at, trace=trace, parent=parent,
        attributes=layer | {
            "forensics.attempt": attempt, "forensics.attempt_kind": "application",
        },
    )  # fmt: skip
    sends = [application]
    for resend in range(3):
        send = Call(
            caller=call.caller, callee=call.callee, name=call.name, status=call.status,
            seconds=call.seconds / 4, resend=resend, key=call.key,
        )  # fmt: skip
        sends.append(
            week.traces.call(
                send, later(at, resend * call.seconds / 3.2), trace=trace, parent=application,
                attributes=layer | {
                    "forensics.attempt": resend + 1, "forensics.attempt_kind": "transport",
                },
            )
        )  # fmt: skip
    return sends


def layered_spans(week: Week, at: datetime) -> None:
    """Three attempts of the application, each sent three times by the HTTP client."""
    trace, key = week.traces.trace(), week.ids.token("labelop-", 10)
    entity = week.order(at).order_id
    root = week.traces.span("ship-worker", "label.print", at, 24, trace=trace)
    spans = []
    for attempt in range(3):
        call = Call(
            caller="ship-worker", callee="label-api", name="POST /labels", status=503,
            seconds=3.2, key=key,
        )  # fmt: skip
        spans += layered_call(
            week,
            later(at, attempt * 8),
            call,
            attempt=attempt + 1,
            trace=trace,
            parent=root,
            entity=entity,
        )
    week.truth.case(
        "storm-layered-label", "layered", "Application and HTTP client both retry: nine for one",
        source="otlp", keys=[key, trace, *spans], span=(at, later(at, 19.2)), excess=8,
    )  # fmt: skip


def layered_rows(week: Week, at: datetime) -> None:
    """Task, proxy and HTTP client retry the same lookup: two by two by three."""
    trace, key = week.traces.trace(), week.ids.token("addrop-", 10)
    entity = week.order(at).order_id
    for number, (task, proxy, send) in enumerate(product((1, 2), (1, 2), (1, 2, 3))):
        layers = {"task": task, "proxy": proxy, "transport": send}
        moment = later(at, number * 1.7)
        _layer_rows(week, moment, layers, trace=trace, key=key, entity=entity)
    week.truth.case(
        "storm-layered-address", "layered", "Task, proxy and client retry: twelve for one lookup",
        source="audit", keys=[key, trace], span=(at, later(at, 20)), excess=11,
    )  # fmt: skip


def _layer_rows(
    week: Week, at: datetime, layers: dict[str, int], *, trace: str, key: str, entity: str
) -> None:
    """Write what each layer that begins a new attempt here logs of it."""
    inner = list(layers.values())
    for depth, (layer, attempt) in enumerate(layers.items()):
        if any(later_layer != 1 for later_layer in inner[depth + 1 :]):
            continue
        week.audit.add(
            later(at, depth / 100), "attempt", "address.check", run=week.run(), system="checkout",
            target_system="address-api", outcome="error", error="502", error_kind="server",
            operation_key=key, attempt=attempt, attempt_kind=layer, trace_id=trace,
            entity=("order", entity), environment="live",
        )  # fmt: skip


def synchronised_spans(week: Week, at: datetime) -> None:
    """Nine pickers wait exactly ten seconds each, and come back as one."""
    keys = [week.ids.token("pickop-", 10) for _ in range(9)]
    orders = [week.order(at).order_id for _ in keys]
    traces = [week.traces.trace() for _ in keys]
    for wave in range(6):
        for number, (key, order, trace) in enumerate(zip(keys, orders, traces, strict=True)):
            call = Call(
                caller="picker", callee="shelf-api", name="POST /picks", status=503, resend=wave,
                key=key, seconds=0.04,
            )  # fmt: skip
            wait = wave * 10 + number * 0.02
            week.traces.call(call, later(at, wait), trace=trace, attributes=about("order", order))
    week.truth.case(
        "storm-synchronised-picker", "synchronised", "Nine pickers retry in step, every 10 seconds",
        source="otlp", keys=[*keys, *traces], span=(at, later(at, 50.2)), excess=9 * 5,
    )  # fmt: skip


def synchronised_rows(week: Week, at: datetime) -> None:
    """Seven price feeds retry on the minute's quarter."""
    keys = [week.ids.token("feedop-", 10) for _ in range(7)]
    for wave in range(5):
        for number, key in enumerate(keys):
            week.audit.add(
                later(at, wave * 15 + number * 0.05), "attempt", "price.push", run=week.run(),
                system="price-feed", target_system="market-api", outcome="error", error="503",
                error_kind="server", operation_key=key, attempt=wave + 1,
                attempt_kind="application", entity=("feed", f"FEED-{key[7:]}"),
                environment="live", vantage="client",
            )  # fmt: skip
    week.truth.case(
        "storm-synchronised-feed", "synchronised", "Seven feeds retry in step, every 15 seconds",
        source="audit", keys=keys, span=(at, later(at, 60.3)), excess=7 * 4,
    )  # fmt: skip


STORMS = (
    hot_span,
    hot_container,
    hot_task,
    fleet_spans,
    fleet_rows,
    layered_spans,
    layered_rows,
    synchronised_spans,
    synchronised_rows,
)
