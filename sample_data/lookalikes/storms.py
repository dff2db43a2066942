"""Many calls that are no retry storm."""

from datetime import datetime

from sample_data.identifiers import content_hash
from sample_data.logs.trace import Call, about
from sample_data.moments import iso, later
from sample_data.week import Week


def polled_span(week: Week, at: datetime) -> None:
    """An export is asked whether it is done, every two seconds; each answer is 200."""
    trace, key = week.traces.trace(), week.ids.token("exportop-", 10)
    root = week.traces.span("report-ui", "export.wait", at, 62, trace=trace)
    call = Call(
        caller="report-ui", callee="export-api", name="GET /exports/77", status=200, key=key
    )
    spans = [
        week.traces.call(
            call, later(at, 2 * number), trace=trace, parent=root,
            attributes=about("export", "EXPORT-77"),
        )
        for number in range(30)
    ]  # fmt: skip
    week.truth.lookalike(
        "quiet-polling-export", "hot_loop", "polling", source="otlp", keys=[key, trace, *spans],
        why="every answer was 200: it asks, it does not retry",
    )  # fmt: skip


def polled_row(week: Week, at: datetime) -> None:
    """A bank transfer is pending for a while."""
    key, entity = week.ids.token("transferop-", 10), week.ids.token("TRANSFER-", 6)
    for number in range(16):
        week.audit.add(
            later(at, 10 * number), "attempt", "transfer.status", run=week.run(),
            target_system="bankline", outcome="ok" if number == 15 else "pending",
            operation_key=key, entity=("transfer", entity), vantage="client", environment="live",
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-polling-transfer", "hot_loop", "polling", source="audit", keys=[key, entity],
        why="the answer before each call was `pending`, not a failure",
    )  # fmt: skip


def paged_spans(week: Week, at: datetime) -> None:
    """A crawl over the pages of a catalogue that has a few holes."""
    trace = week.traces.trace()
    root = week.traces.span("indexer", "catalogue.crawl", at, 30, trace=trace)
    spans = []
    for page in range(28):
        call = Call(
            caller="indexer", callee="catalogue-api", name=f"GET /products?cursor=c{page:03d}",
            status=404 if page % 3 else 200,
        )  # fmt: skip
        attributes = about("page", f"PAGE-{page:03d}") | {
            "forensics.payload_hash": content_hash("page", page)
        }
        spans.append(
            week.traces.call(call, later(at, page), trace=trace, parent=root, attributes=attributes)
        )
    week.truth.lookalike(
        "quiet-pagination-crawl", "hot_loop", "pagination", source="otlp", keys=[trace, *spans],
        why="each call asks for another page",
    )  # fmt: skip


def paged_rows(week: Week, at: datetime) -> None:
    """An export walks on by cursor although some pages fail."""
    cause, trace = week.run(), week.traces.trace()
    runs = [week.run() for _ in range(24)]
    for page, run in enumerate(runs):
        week.audit.add(
            later(at, 1.5 * page), "attempt", "contacts.list", run=run, cause_id=cause,
            trace_id=trace, target_system="crm-api", outcome="error" if page % 2 else "ok",
            error="500" if page % 2 else None, entity=("page", f"contacts/{page}"),
            payload_hash=content_hash("contacts", page), vantage="client", environment="live",
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-pagination-contacts", "fleet", "pagination", source="audit", keys=[cause, *runs],
        why="the cursor differs each time: other calls, not again",
    )  # fmt: skip


def obeyed_rows(week: Week, at: datetime) -> None:
    """A client that waits as long as it was told to, a dozen times."""
    key, moment = week.ids.token("rateop-", 12), at
    for number in range(12):
        wait = later(moment, 30)
        week.audit.add(
            moment, "attempt", "labels.quota", run=week.run(), target_system="quota-api",
            outcome="ok" if number == 11 else "rejected", error=None if number == 11 else "429",
            error_kind=None if number == 11 else "throttle", operation_key=key,
            retry_after=None if number == 11 else wait, attempt=number + 1,
            attempt_kind="application", entity=("quota", f"QUOTA-{key[7:]}"),
            vantage="client", environment="live",
        )  # fmt: skip
        moment = later(wait, 0.5)
    week.truth.lookalike(
        "quiet-retry-after-quota", "hot_loop", "obeyed_retry_after", source="audit", keys=[key],
        why="each attempt came after the time that the callee had named",
    )  # fmt: skip


def obeyed_spans(week: Week, at: datetime) -> None:
    """The same, as the tracing sees it."""
    trace, key = week.traces.trace(), week.ids.token("geoop-", 10)
    spans = []
    for number in range(12):
        moment = later(at, 20.4 * number)
        call = Call(
            caller="route-planner", callee="geo-api", name="GET /route", key=key, resend=number,
            status=200 if number == 11 else 429,
        )  # fmt: skip
        told = {
            "http.response.header.retry-after": ["20"],
            "forensics.retry_after": iso(later(moment, 20.08)),
        }  # fmt: skip
        attributes = about("route", f"ROUTE-{key[6:]}") | ({} if number == 11 else told)
        spans.append(week.traces.call(call, moment, trace=trace, attributes=attributes))
    week.truth.lookalike(
        "quiet-retry-after-route", "hot_loop", "obeyed_retry_after", source="otlp",
        keys=[key, trace, *spans],
        why="each call came after the Retry-After of the answer before",
    )  # fmt: skip


def hedged_spans(week: Week, at: datetime) -> None:
    """Slow searches are sent a second time; whichever answers first wins."""
    keys = [week.ids.token("searchop-", 10) for _ in range(12)]
    for number, key in enumerate(keys):
        trace, start = week.traces.trace(), later(at, 2.5 * number)
        for attempt, wait, seconds, status in ((1, 0, 0.9, None), (2, 0.4, 0.2, 200)):
            call = Call(
                caller="search-ui", callee="search-api", name="GET /search", status=status,
                key=key, seconds=seconds,
            )  # fmt: skip
            lost = {} if status else {"error.type": "cancelled", "forensics.outcome": "cancelled"}
            hedge = {"forensics.attempt": attempt, "forensics.attempt_kind": "application"}
            attributes = lost | hedge | about("query", f"QUERY-{key[9:]}")
            week.traces.call(call, later(start, wait), trace=trace, attributes=attributes)
    week.truth.lookalike(
        "quiet-hedged-search", "fleet", "hedged", source="otlp", keys=keys,
        why="both calls overlap, and the loser is cancelled",
    )  # fmt: skip


def hedged_rows(week: Week, at: datetime) -> None:
    """A price is asked of two replicas at once."""
    keys = [week.ids.token("priceop-", 10) for _ in range(10)]
    for number, key in enumerate(keys):
        start = later(at, 3 * number)
        for wait, seconds, outcome in ((0, 0.8, "cancelled"), (0.3, 0.1, "ok")):
            week.audit.add(
                later(start, wait), "attempt", "price.ask", run=week.run(), system="basket",
                target_system="price-replicas", outcome=outcome, operation_key=key,
                ended_at=later(start, wait + seconds), entity=("price", f"PRICE-{key[8:]}"),
                attempt=1 if wait == 0 else 2, attempt_kind="transport", vantage="client",
                environment="live",
            )  # fmt: skip
    week.truth.lookalike(
        "quiet-hedged-price", "fleet", "hedged", source="audit", keys=keys,
        why="the second call began before the first had ended, and the first was cancelled",
    )  # fmt: skip


def backfill(week: Week, at: datetime) -> None:
    """Addresses that could not be geocoded are done again, once each, when the map is back."""
    keys = [week.ids.token("geocodeop-", 10) for _ in range(36)]
    for turn, (trigger, outcome) in enumerate((("event", "error"), ("backfill", "ok"))):
        for number, key in enumerate(keys):
            week.audit.add(
                later(at, turn * 1500 + number * 1.1), "attempt", "address.geocode",
                run=week.run(), target_system="geocoder", trigger_kind=trigger, outcome=outcome,
                error=None if turn else "503", error_kind=None if turn else "server",
                operation_key=key, entity=("address", f"ADDR-{key[10:]}"), environment="live",
                vantage="client",
            )  # fmt: skip
    week.truth.lookalike(
        "quiet-backfill-geocode", "fleet", "backfill", source="audit", keys=keys,
        why="a planned backfill that says that it is one",
    )  # fmt: skip


def few_spans(week: Week, at: datetime) -> None:
    """Three calls, tried again once or twice."""
    keys = [week.ids.token("stampop-", 10) for _ in range(3)]
    for number, key in enumerate(keys):
        trace = week.traces.trace()
        for resend in range(3):
            call = Call(
                caller="shop-api", callee="stamp-api", name="POST /stamps", resend=resend, key=key,
                status=201 if resend == 2 else 502,
            )  # fmt: skip
            moment = later(at, number * 1.1 + resend * 2**resend)
            week.traces.call(
                call, moment, trace=trace, attributes=about("stamp", f"STAMP-{key[8:]}")
            )
    week.truth.lookalike(
        "quiet-few-stamps", "fleet", "few", source="otlp", keys=keys,
        why="six retries of three operations are no storm",
    )  # fmt: skip


def few_task(week: Week, at: datetime) -> None:
    """A task that needs four tries, with growing pauses."""
    task = week.celery.task("crm.push_contact", week.ids.token("CON-", 8))
    week.celery.sent(task, at)
    host, wait = "worker-1@shop", 0.01
    for number in range(4):
        begun = week.celery.begin(task, later(at, wait), host=host, retries=number)
        if number == 3:
            week.celery.succeed(task, later(begun, 0.3), host=host, runtime=0.3, result="pushed")
        else:
            error = "ConnectionError('crm-api: connection refused')"
            week.celery.retry(task, later(begun, 0.2), host=host, error=error)
        wait += 10 * 2**number
    week.truth.lookalike(
        "quiet-few-task", "hot_loop", "few", source="celery", keys=[task.uuid],
        why="three retries, each later than the one before, then success",
    )  # fmt: skip


def backed_off(week: Week, at: datetime) -> None:
    """Eleven failures, each pause half as long again as the one before."""
    key, wait = week.ids.token("faxop-", 10), 0.0
    for number in range(11):
        week.audit.add(
            later(at, wait), "attempt", "fax.send", run=week.run(), target_system="fax-gateway",
            outcome="error", error="busy", error_kind="dependency", operation_key=key,
            attempt=number + 1, attempt_kind="application", entity=("fax", f"FAX-{key[6:]}"),
            vantage="client", environment="live",
        )  # fmt: skip
        wait += 20 * 1.5**number
    week.truth.lookalike(
        "quiet-backed-off-fax", "hot_loop", None, source="audit", keys=[key],
        why="the gaps grow: no hot loop by its definition",
    )  # fmt: skip


def throttled_calls(week: Week, at: datetime) -> None:
    """Throttled calls are logged without parameters: nothing says that they are one operation."""
    events = [
        week.cloud.record(
            later(at, number), "dynamodb", "UpdateItem", role="stock-counter",
            error="ThrottlingException",
        )["eventID"]
        for number in range(24)
    ]  # fmt: skip
    week.truth.lookalike(
        "quiet-throttled-null", "hot_loop", None, source="cloudtrail", keys=events,
        why="without parameters there is no operation to group by: null equals nothing",
    )  # fmt: skip


QUIET_STORMS = (
    polled_span,
    polled_row,
    paged_spans,
    paged_rows,
    obeyed_rows,
    obeyed_spans,
    hedged_spans,
    hedged_rows,
    backfill,
    few_spans,
    few_task,
    backed_off,
    throttled_calls,
)
