"""Made-up canonical events in any number: a busy shop's mix of kinds, with few failures in it."""

import duckdb

COLUMNS = """
    md5(i::VARCHAR) AS event_id,
    TIMESTAMPTZ '2026-11-02 00:00:00Z' + to_microseconds(i * 60480000000 // $count)
        AS occurred_at,
    ['effect', 'attempt', 'attempt', 'write', 'read', 'trigger', 'delivery', 'state', 'attempt',
        'effect'][1 + i % 10] AS kind,
    ['charge', 'http.post', 'http.get', 'order.save', 'order.load', 'run', 'handle', 'seen',
        'http.post', 'send'][1 + i % 10] AS action,
    CASE WHEN hash(i) % 50 = 0 THEN 'error' ELSE 'ok' END AS outcome,
    ['shop', 'billing', 'crm', 'stock', 'mail'][1 + (i // 10) % 5] AS system,
    ['payments', 'shipping', 'search'][1 + (i // 7) % 3] AS target_system,
    'provider' AS vantage,
    CASE WHEN i % 10 IN (0, 9) THEN 'ef_' || md5((i + 1)::VARCHAR) END AS effect_id,
    CASE WHEN i % 10 IN (0, 1, 9) THEN 'op-' || md5((i // 10)::VARCHAR) END AS operation_key,
    CASE WHEN i % 10 = 6 THEN 'msg-' || (i // 10) END AS delivery_id,
    'order' AS entity_type,
    'order-' || (hash(i // 10) % ($count // 20 + 1)) AS entity_id,
    CASE WHEN i % 10 IN (3, 4) THEN ((i // 10) % 1000)::VARCHAR END AS version_read,
    CASE WHEN i % 10 = 3 THEN ((i // 10) % 1000 + 1)::VARCHAR END AS version_written,
    CASE WHEN i % 10 = 3 THEN 'update' END AS write_kind,
    'run-' || (i // 10) AS execution_id,
    CASE WHEN (i // 10) % 4 <> 0 THEN 'run-' || (i // 10 - 1) END AS cause_id,
    'workflow-' || ((i // 10) % 40) AS workflow,
    'customer-' || (hash(i // 10) % 100000) AS customer_id,
    CASE WHEN i % 10 = 0 THEN ((hash(i) % 20000) / 100.0)::DECIMAL(18, 4) END AS amount,
    CASE WHEN i % 10 = 0 THEN 'EUR' END AS currency,
    CASE WHEN i % 10 = 0 THEN 'captured' END AS money_stage,
    CASE WHEN i % 10 = 0 THEN 'billing' WHEN i % 10 = 9 THEN 'messaging' END AS effect_class
"""
"""Twenty-four filled columns an event; ten events a run."""


def write_json_lines(path: str, count: int) -> None:
    """Write `count` events as JSON lines, nulls left out as a real log would."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"COPY (SELECT {COLUMNS} FROM range($count) AS t(i)) TO '{path}' (FORMAT json)",
            {"count": count},
        )
