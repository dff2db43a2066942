"""Made-up logs of formats that nobody knows; in each but the last, one thing was done twice."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)
COUNT = 60

Record = dict[str, Any]


def at(number: int) -> datetime:
    return BEGIN + timedelta(seconds=7 * number, milliseconds=number % 10)


def snake_case() -> Iterator[Record]:
    """A payment service with status words; key 4 charged again at 5."""
    for n in range(COUNT):
        order = 4 if n == 5 else n
        yield {
            "created_at": at(n).isoformat(),
            "event_id": f"e-{n:04d}",
            "service": "payments",
            "event_type": "charge.create" if n % 3 else "charge.refund",
            "idempotency_key": f"key-{order}",
            "order_id": f"ord-{order}",
            "customer_id": f"cus-{order % 9}",
            "charge_id": f"ch-{n:05d}",
            "status": "failed" if n % 20 == 19 else "succeeded",
            "amount": 1990 + order,
            "currency": "EUR",
            "user_agent": f"client/{n % 4}.0",
            "total_pages": 3,
            "version": "2.4.1",
            "api_key": "not-to-be-shown",
        }


def camel_case_nested() -> Iterator[Record]:
    """A mailer with nested objects, milliseconds and attempts from zero; mail 7 sent again at 8."""
    for n in range(COUNT):
        mail = 7 if n == 8 else n
        yield {
            "meta": {"timestampMs": int(at(n).timestamp() * 1000), "traceId": f"t{mail:031x}"},
            "request": {"headers": {"Idempotency-Key": f"k{mail}"}},
            "action": "email.send",
            "result": "SUCCESS",
            "retryCount": 0 if n % 4 else 1,
            "emailId": f"em_{n:08d}",
            "customer": {"id": f"c{mail % 5}", "name": "somebody"},
            "totalPages": 2,
        }


def dotted_names() -> Iterator[Record]:
    """Flattened names, as log shippers write them; payout 3 made again at 4."""
    for n in range(COUNT):
        payout = 3 if n == 4 else n
        yield {
            "@timestamp": at(n).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "event.id": f"{n:08x}-0000-4000-8000-000000000000",
            "event.action": "payout.paid",
            "event.outcome": "success",
            "service.name": "ledger",
            "trace.id": f"tr{payout:08d}",
            "span.id": f"sp{n:08d}",
            "parent.id": f"sp{n - 1:08d}" if n else None,
            "payout.id": f"po{n:06d}",
            "dedup.key": f"d{payout}",
            "user_agent.version": "1.2",
        }


def comma_separated() -> Iterator[Record]:
    """A table without zones, in decimals; invoice 11 paid again at 12."""
    for n in range(COUNT):
        invoice = 11 if n == 12 else n
        yield {
            "timestamp": at(n).strftime("%Y-%m-%d %H:%M:%S"),
            "operation": "pay",
            "operation_id": f"op{invoice}",
            "invoice_id": f"inv{invoice}",
            "payment_id": f"pay{n:05d}",
            "price": f"{invoice + 10}.50",
            "currency": "eur",
            "env": "prod",
            "success": "true",
            "error": "",
        }


def access_log() -> Iterator[Record]:
    """A web server in JSON; a gateway tries one order again and again."""
    for n in range(COUNT):
        storm = 20 <= n < 40
        yield {
            "time_local": at(n).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "remote_addr": f"192.0.2.{n % 5}",
            "request_method": "POST" if n % 2 or storm else "GET",
            "request_uri": f"/orders/{7 if storm else n}?page=1",
            "status": 503 if storm else 200,
            "body_bytes_sent": 500 + n,
            "request_time": 0.2,
            "request_id": f"{7 if storm else n:032x}",
            "http_user_agent": "curl/8.0",
        }


def job_queue() -> Iterator[Record]:
    """Rows of jobs that are put in a queue, begin and end; job 2 ends twice."""
    for n in range(COUNT):
        job, step = divmod(n, 3)
        yield {
            "ts": at(n).timestamp(),
            "event": ("job.enqueued", "job.started", "job.completed")[step],
            "job_id": f"job-{job:04d}",
            "job_name": ("resize", "notify")[job % 2],
            "attempt": 1 + (job % 7 == 6),
            "queue": "default",
            "worker": f"worker-{job % 3}" if step else None,
            "error": "TimeoutError" if n % 30 == 29 else None,
        }


def task_effects() -> Iterator[Record]:
    """What tasks did, each kind with an id of its own; task 9 ran again at 12 and charged again."""
    for n in range(COUNT):
        task = 9 if n == 12 else n
        mail = task % 3 == 1
        yield {
            "timestamp": at(n).isoformat(),
            "task": "mail.send_receipt" if mail else "billing.charge_order",
            "task_id": f"task-{task:05d}",
            "retries": 0,
            "hostname": f"w{n % 3}@host",
            "redelivered": task != n,
            "event": "email" if mail else "charge",
            **({"batch_id": f"B-{task}"} if task % 5 == 0 else {"order_id": f"O-{task}"}),
            **({"email_id": f"em_{n:08d}"} if mail else {"charge_id": f"ch_{n:08d}"}),
        }


def not_what_they_seem() -> Iterator[Record]:
    """Names that mean something else here, and nothing that is a key, an outcome or a version."""
    for n in range(COUNT):
        yield {
            "time": at(n).isoformat(),
            "status": ("draft", "published", "archived")[n % 3],
            "user_agent": f"Mozilla/5.0 ({n})",
            "total_pages": n % 9,
            "version": ("1.0.3", "1.0.4")[n % 2],
            "max_attempts": 5,
            "key": f"setting-{n % 6}",
            "created_by_version": "9",
            "description": f"a sentence about nothing in particular, number {n}",
        }


@dataclass(frozen=True, eq=False)
class Log:
    """A made-up log.

    Attributes:
        records: What is in it.
        expected: Column to expression, for those that matter.
    """

    records: Callable[[], Iterator[Record]]
    expected: dict[str, str]

    @property
    def name(self) -> str:
        return self.records.__name__


LOGS = (
    Log(snake_case, {
        "occurred_at": "iso_time({created_at})",
        "occurrence_id": "{event_id}",
        "operation_key": "{idempotency_key}",
        "effect_id": "{charge_id}",
        "entity_id": "{order_id}",
        "entity_type": "'order'",
        "customer_id": "{customer_id}",
        "amount": "minor_units({amount}, {currency})",
        "currency": "upper({currency})",
        "action": "{event_type}",
        "system": "{service}",
        "outcome": "CASE lower({status}) WHEN 'failed' THEN 'error'"
        " WHEN 'succeeded' THEN 'ok' ELSE 'unknown' END",
    }),
    Log(camel_case_nested, {
        "occurred_at": "epoch_milliseconds({meta.timestampMs})",
        "clock_resolution_us": "1000",
        "trace_id": "{meta.traceId}",
        "operation_key": '{request.headers."Idempotency-Key"}',
        "effect_id": "{emailId}",
        "attempt": "try_cast({retryCount} AS INTEGER) + 1",
        "customer_id": "{customer.id}",
        "action": "{action}",
        "outcome": "CASE lower({result}) WHEN 'success' THEN 'ok' ELSE 'unknown' END",
    }),
    Log(dotted_names, {
        "occurred_at": 'iso_time({"@timestamp"})',
        "occurrence_id": '{"event.id"}',
        "operation_key": '{"dedup.key"}',
        "effect_id": '{"payout.id"}',
        "action": '{"event.action"}',
        "trace_id": '{"trace.id"}',
        "execution_id": '{"span.id"}',
        "cause_id": '{"parent.id"}',
        "system": '{"service.name"}',
    }),
    Log(comma_separated, {
        "occurred_at": "iso_time({timestamp})",
        "clock_resolution_us": "1000000",
        "operation_key": "{operation_id}",
        "effect_id": "{payment_id}",
        "entity_id": "{invoice_id}",
        "entity_type": "'invoice'",
        "amount": "major_units({price})",
        "environment": "CASE lower({env}) WHEN 'prod' THEN 'live' ELSE lower({env}) END",
        "outcome": "CASE truth({success}) WHEN true THEN 'ok' WHEN false THEN 'error'"
        " ELSE 'unknown' END",
    }),
    Log(access_log, {
        "occurred_at": "try_strptime({time_local}, '%d/%b/%Y:%H:%M:%S %z')",
        "trace_id": "{request_id}",
        "entity_id": "split_part({request_uri}, '?', 1)",
        "vantage": "'server'",
    }),
    Log(job_queue, {
        "occurred_at": "epoch_seconds({ts})",
        "delivery_id": "{job_id}",
        "workflow": "{job_name}",
        "attempt": "whole_number({attempt})",
        "action": "{event}",
        "actor": "{worker}",
        "actor_kind": "'worker'",
        "error": "left({error}, 200)",
        "execution_id": "concat_ws('#', {job_id}, {attempt})",
    }),
    Log(task_effects, {
        "delivery_id": "{task_id}",
        "effect_id": "coalesce({charge_id}, {email_id})",
        "entity_id": "coalesce({order_id}, {batch_id})",
        "entity_type": "CASE WHEN {order_id} IS NOT NULL THEN 'order'"
        " WHEN {batch_id} IS NOT NULL THEN 'batch' END",
        "attempt": "try_cast({retries} AS INTEGER) + 1",
        "outcome": "CASE WHEN {charge_id} IS NOT NULL OR {email_id} IS NOT NULL THEN 'ok'"
        " ELSE 'unknown' END",
        "workflow": "{task}",
        "action": "{event}",
    }),
)  # fmt: skip


def json_lines(records: Sequence[Record]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def csv_rows(records: Sequence[Record]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()
