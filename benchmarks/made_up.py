"""Made-up canonical events in any number: a busy shop's mix of kinds, with few failures in it.

Ten events a run: a trigger, a delivery, three calls, a read and a write of one record, a charge, a
message and a state row. Each record is written by five runs one after the other. In one run of a
thousand the charge is made twice under its key, in another the write is built on an old version.
"""

import duckdb

COLUMNS = """
    md5(i::VARCHAR) AS event_id,
    TIMESTAMPTZ '2026-11-02 00:00:00Z' + to_microseconds(i * 60480000000 // $count)
        AS occurred_at,
    ['trigger', 'delivery', 'attempt', 'attempt', 'attempt', 'read', 'write', 'effect', 'effect',
        'state'][1 + i % 10] AS kind,
    CASE
        WHEN i % 10 = 8 AND run % 1000 = 0 THEN 'charge'
        ELSE ['run', 'handle', 'http.get', 'http.post', 'http.post', 'record.load', 'record.save',
            'charge', 'send', 'seen'][1 + i % 10]
    END AS action,
    CASE WHEN i % 10 = 3 AND run % 50 = 0 THEN 'error' ELSE 'ok' END AS outcome,
    ['shop', 'billing', 'crm', 'stock', 'mail'][1 + run % 5] AS system,
    CASE WHEN i % 10 IN (2, 3, 4) THEN ['payments', 'shipping', 'search'][1 + run % 3]
        WHEN i % 10 = 7 OR (i % 10 = 8 AND run % 1000 = 0) THEN 'payments'
        WHEN i % 10 = 8 THEN 'mailer' END AS target_system,
    CASE WHEN i % 10 IN (7, 8) THEN 'provider' ELSE 'server' END AS vantage,
    CASE WHEN i % 10 IN (7, 8) THEN 'ef_' || md5((i + 1)::VARCHAR) END AS effect_id,
    CASE WHEN i % 10 IN (3, 7) OR (i % 10 = 8 AND run % 1000 = 0) THEN 'op-' || md5(run::VARCHAR)
        WHEN i % 10 = 4 THEN 'ship-' || run
        WHEN i % 10 = 8 THEN 'mail-' || run END AS operation_key,
    CASE WHEN i % 10 = 1 THEN 'msg-' || run END AS delivery_id,
    CASE WHEN i % 10 IN (5, 6) THEN 'record' ELSE 'order' END AS entity_type,
    CASE WHEN i % 10 IN (5, 6) THEN 'record-' || run % ($count // 50 + 1) ELSE 'order-' || run END
        AS entity_id,
    CASE WHEN i % 10 IN (5, 6)
        THEN (run // ($count // 50 + 1) - CASE WHEN run % 1000 = 1 THEN 1 ELSE 0 END)::VARCHAR END
        AS version_read,
    CASE WHEN i % 10 = 6 THEN (run // ($count // 50 + 1) + 1)::VARCHAR END AS version_written,
    CASE WHEN i % 10 = 6 THEN 'update' END AS write_kind,
    'run-' || run AS execution_id,
    CASE WHEN run % 4 <> 0 THEN 'run-' || (run - 1) END AS cause_id,
    'workflow-' || run % 40 AS workflow,
    'customer-' || hash(run) % 100000 AS customer_id,
    CASE WHEN i % 10 = 7 THEN ((hash(i) % 20000) / 100.0)::DECIMAL(18, 4) END AS amount,
    CASE WHEN i % 10 = 7 THEN 'EUR' END AS currency,
    CASE WHEN i % 10 = 7 THEN 'captured' END AS money_stage,
    CASE WHEN i % 10 = 7 THEN 'billing' WHEN i % 10 = 8 THEN 'messaging' END AS effect_class
"""
"""Over a relation of `i` (the event) and `run` (`i // 10`)."""

NUMBERS = "(SELECT i, i // 10 AS run FROM range($count) AS t(i))"
"""What `COLUMNS` is selected from."""


def write_json_lines(path: str, count: int) -> None:
    """Write `count` events as JSON lines; what an event has not is written as null."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT {COLUMNS} FROM {NUMBERS}) TO '{path}' (FORMAT json)", {"count": count}
        )
