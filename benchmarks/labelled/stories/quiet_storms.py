"""Many calls, some of them again, and no storm."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.calls import attempt
from benchmarks.labelled.story import lookalike
from sample_data.moments import later


@lookalike(
    "polling",
    "hot_loop",
    logs=("otlp", "canonical"),
    source="RFC 9110, 15.3.3 (202 Accepted): asking until it is ready is the protocol",
)
def polling(stage: Stage) -> None:
    """A client asks every two seconds whether its export is ready, and one day it is: each answer
    was a good one."""
    export, run = ("export", stage.token("EXP-", 8)), stage.run()
    count = stage.random.randint(20, 40)
    for number in range(count):
        attempt(
            stage, number * 2, "GET /exports", caller="reporting", callee="export-api",
            about=export, cause_id=run, trace_id=run, number=None,
            outcome="ok" if number == count - 1 else "pending", attempt_kind=None,
        )  # fmt: skip


@lookalike("obeyed-retry-after", "hot_loop", logs=("canonical", "otlp"),
           source="RFC 9110, 10.2.3: the client waits as long as it was told")  # fmt: skip
def obeyed_retry_after(stage: Stage) -> None:
    """A sync is throttled four times, waits each time until the moment named in the answer, and
    gets through."""
    page, key = ("page", stage.token("P-", 6)), stage.key()
    for number in range(5):
        waiting = number < 4
        attempt(
            stage, number * 31, "GET /orders", caller="sync", callee="market-api", about=page,
            number=number + 1, error="429" if waiting else None, operation_key=key,
            retry_after=later(stage.at, number * 31 + 30) if waiting else None,
        )  # fmt: skip


@lookalike("pagination", "fleet", logs=("otlp", "canonical", "cloudevents"),
           source="RFC 8288, relation `next`: the cursor differs from call to call")  # fmt: skip
def pagination(stage: Stage) -> None:
    """An export fetches four hundred pages, one after the other, and none fails."""
    run = stage.run()
    for number in range(400):
        attempt(
            stage, number * 0.4, "GET /items", caller="warehouse", callee="catalogue",
            about=("page", f"cursor-{number}"), cause_id=run, trace_id=run,
            progress=str(400 - number),
            payload_hash=stage.hash(number),
        )  # fmt: skip


@lookalike("hedged", "layered", logs=("canonical", "otlp"),
           source="Dean and Barroso, 'The tail at scale' (CACM 2013): hedged requests")  # fmt: skip
def hedged(stage: Stage) -> None:
    """When an answer is late the client asks a second replica too and cancels the slower one: two
    calls for a read, by design."""
    for seconds in stage.moments(20, 30):
        order, key = stage.order(), stage.key()
        shared = {"caller": "search-front", "callee": "search-shard", "about": order,
                  "operation_key": key}  # fmt: skip
        attempt(stage, seconds, "GET /search", outcome="cancelled", lasts=0.09, **shared)
        attempt(stage, seconds + 0.05, "GET /search", number=2, lasts=0.03, **shared)


@lookalike("a-few-retries", "fleet", logs=("otlp", "canonical", "celery"),
           source="Google SRE book, 'Handling overload': three attempts, within a budget",
)  # fmt: skip
def a_few_retries(stage: Stage) -> None:
    """One call in thirty fails and is tried a second time, twice a third time, with growing waits:
    what retries are for."""
    for number, seconds in enumerate(stage.moments(120, 5)):
        order, key = stage.order(), stage.key()
        tries = 3 if number % 60 == 7 else 2 if number % 30 == 5 else 1
        for turn in range(tries):
            attempt(
                stage, seconds + (0, 1.1, 4.3)[turn], "points.add", caller="loyalty",
                callee="points-api", about=order, number=turn + 1, operation_key=key,
                delivery_id=key, error="503" if turn < tries - 1 else None,
            )  # fmt: skip


@lookalike("planned-backfill", "drain_burst", logs=("celery", "canonical"),
           source="Airflow, 'Backfill', begun by a person: load, not retries")  # fmt: skip
def planned_backfill(stage: Stage) -> None:
    """An engineer starts a backfill: three hundred tasks within five minutes, each once."""
    job = stage.run()
    for number in range(300):
        order = stage.order()
        attempt(
            stage, number, "search.reindex", caller="backfill", callee="search-index", about=order,
            cause_id=job, trace_id=job, delivery_id=stage.key(), trigger_kind="backfill",
            actor="worker-2@tasks", lasts=0.3,
        )  # fmt: skip


@lookalike(
    "failing-health-check",
    "hot_loop",
    logs=("otlp", "canonical"),
    source="Kubernetes, 'Liveness, readiness and startup probes': each is an observation",
)
def failing_health_check(stage: Stage) -> None:
    """A monitor probes a staging host every ten seconds for ten minutes, and gets 503 each time: a
    schedule, not a retry."""
    for number in range(60):
        attempt(
            stage, number * 10, "GET /healthz", caller="uptime-monitor", callee="staging-shop",
            about=("host", "staging-1"), error="503", number=None,
            attempt_kind=None, actor="uptime-monitor", actor_kind="schedule",
            scheduled_for=later(stage.at, number * 10),
        )  # fmt: skip


@lookalike(
    "reconnect-after-deploy",
    "synchronised",
    logs=("canonical", "otlp"),
    source="gRPC, 'Connection backoff protocol': clients come back within two minutes",
)
def reconnect_after_deploy(stage: Stage) -> None:
    """A deploy closes forty connections; each client reconnects once or twice and is served."""
    stage.note(-2, "change", "deploy", log="canonical", system="feed", actor="ci",
               entity=("service", "feed"))  # fmt: skip
    for _ in range(40):
        client, key, moment = ("client", stage.token("C-", 8)), stage.key(), stage.between(0, 20)
        tries = 2 if stage.random.random() < 0.25 else 1
        for turn in range(tries):
            attempt(stage, moment + turn * stage.between(1, 5), "CONNECT /feed", caller="app",
                    callee="feed", about=client, number=turn + 1, operation_key=key,
                    error="ConnectionError" if turn < tries - 1 else None)  # fmt: skip


@lookalike("retry-topics", "layered", logs=("canonical", "otlp"),
           source="Uber, 'Reliable reprocessing': retry topics with growing delays")  # fmt: skip
def retry_topics(stage: Stage) -> None:
    """Eight messages fail and go through retry topics with delays of one, five and thirty minutes:
    three more attempts each, spaced as planned."""
    for seconds in stage.moments(8, 400):
        order, message = stage.order(), stage.token("m-")
        for turn, delay in enumerate((0, 60, 360, 2160)):
            stage.note(
                seconds + delay, "delivery", f"scores.retry-{turn}" if turn else "scores",
                system="scoring", entity=order, delivery_id=message, attempt=turn + 1,
                attempt_kind="broker", outcome="error" if turn < 3 else "ok", consumer="scoring",
                error="503" if turn < 3 else None, error_kind="server" if turn < 3 else None,
                lasts=0.2,
            )  # fmt: skip


@lookalike("many-items-fail-once", "fleet", logs=("canonical", "otlp"),
           source="RFC 4918, 207 Multi-Status: an answer a target, none tried again")  # fmt: skip
def many_items_fail_once(stage: Stage) -> None:
    """A price list with two hundred lines is sent; sixty of them are refused, none is sent
    again."""
    run = stage.run()
    for number in range(200):
        attempt(
            stage, number * 0.3, "PUT /prices", caller="price-list", callee="shop-window",
            about=("article", stage.token("A-", 8)), cause_id=run, trace_id=run,
            operation_key=stage.key(), error="422" if number % 10 < 3 else None,
        )  # fmt: skip


@lookalike("backoff-in-an-outage", "hot_loop", logs=("canonical", "otlp", "celery"),
           source="AWS Builders' Library, 'Timeouts, retries and backoff with jitter'")  # fmt: skip
def backoff_in_an_outage(stage: Stage) -> None:
    """A nightly upload meets an outage and tries five times with doubled waits before it gets
    through: one patient client."""
    upload, key = ("upload", stage.token("UP-", 8)), stage.key()
    for number, seconds in enumerate((0, 31, 95, 221, 470)):
        attempt(
            stage, seconds + stage.between(0, 8), "upload.send", caller="archive",
            callee="cold-storage", about=upload, number=number + 1, operation_key=key,
            delivery_id=key, error="503" if number < 4 else None,
        )  # fmt: skip


@lookalike("busy-hour", "metastable", logs=("canonical", "otlp"),
           source="Bronson et al. (2021): slow at three times the load, well again with the load",
           )  # fmt: skip
def busy_hour(stage: Stage) -> None:
    """A sale triples the load for half an hour; calls take longer, one in fifty fails and is tried
    once more, and all is well again when the sale ends."""
    for second in range(0, 5400, 15):
        sale = 1800 <= second < 3600
        for place in range(3 if sale else 1):
            order, key = stage.order(), stage.key()
            failed = sale and (second + place) % 50 == 0
            shared = {"caller": "kiosk", "callee": "till", "about": order, "operation_key": key}
            attempt(stage, second + place, "POST /sales", error="503" if failed else None,
                    lasts=0.9 if sale else 0.1, **shared)  # fmt: skip
            if failed:
                attempt(stage, second + place + 2, "POST /sales", number=2, **shared)


QUIET_STORMS = (
    polling, obeyed_retry_after, pagination, hedged, a_few_retries, planned_backfill,
    failing_health_check, reconnect_after_deploy, retry_topics, many_items_fail_once,
    backoff_in_an_outage, busy_hour,
)  # fmt: skip
