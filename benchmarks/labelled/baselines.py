"""Two simple tools to compare with: rules that anybody would write first, and record linkage.

Both read the canonical events of a case, so that they are spared the formats; each is given as
much as it can use, and nothing is fitted on the labels.
"""

from benchmarks.labelled.findings import Claim
from forensics.case.case import Case

_RULES = """
WITH named AS (
    SELECT *, source || ':' || source_line AS record,
        coalesce(operation_key, delivery_id, concat_ws('|', trace_id, action, entity_id))
            AS operation
    FROM events WHERE phase IN ('single', 'end') OR kind IN ('delivery', 'trigger')
),
-- One key or message, or one record and sum within a day: more than one effect.
repeated AS (
    SELECT 'duplicate_side_effect' AS detector, 'same_key' AS pattern, record,
        concat_ws('|', action, coalesce(operation_key, delivery_id)) AS grouped,
        effect_id AS counted
    FROM named WHERE kind = 'effect' AND outcome = 'ok'
        AND coalesce(operation_key, delivery_id) IS NOT NULL
    UNION ALL
    SELECT 'duplicate_side_effect', 'same_content', record,
        concat_ws('|', action, entity_id, customer_id, amount, occurred_at::DATE), effect_id
    FROM named WHERE kind = 'effect' AND outcome = 'ok' AND entity_id IS NOT NULL
        AND effect_class <> 'data'
),
-- On one edge in one hour, operations that were called more than three times in vain.
retried AS (
    SELECT 'retry_storm' AS detector, 'hot_loop' AS pattern, record,
        concat_ws('|', system, target_system, action, date_trunc('hour', occurred_at)) AS grouped,
        event_id AS counted
    FROM named WHERE kind IN ('attempt', 'delivery') AND outcome IN ('error', 'timeout')
    QUALIFY count(*) OVER (PARTITION BY system, target_system, action, operation) > 3
),
-- Two executions that touch one record within a second of each other, and one at least writes.
touching AS (
    SELECT *, lag(execution_id) OVER touched AS other, lag(kind) OVER touched AS kind_before,
        lag(record) OVER touched AS record_before,
        epoch(occurred_at) - epoch(lag(occurred_at) OVER touched) AS gap
    FROM named WHERE kind IN ('read', 'write') AND outcome = 'ok' AND entity_id IS NOT NULL
    WINDOW touched AS (PARTITION BY entity_type, entity_id ORDER BY occurred_at, event_id)
),
overlapping AS (
    SELECT 'race_window' AS detector, 'overlapping_writes' AS pattern,
        unnest([record_before, record]) AS record,
        concat_ws('|', entity_type, entity_id) AS grouped,
        event_id AS counted
    FROM touching
    WHERE other <> execution_id AND gap <= 1 AND 'write' IN (kind, kind_before)
),
-- One workflow over one record more than three times within an hour.
circling AS (
    SELECT 'recursive_chain' AS detector, 'loop' AS pattern, record,
        concat_ws('|', workflow, entity_id, date_trunc('hour', occurred_at)) AS grouped,
        execution_id AS counted
    FROM named WHERE kind = 'trigger' AND workflow IS NOT NULL AND entity_id IS NOT NULL
)
SELECT detector, any_value(pattern) AS pattern, list(DISTINCT record ORDER BY record) AS records
FROM (
    FROM repeated UNION ALL FROM retried UNION ALL FROM overlapping UNION ALL FROM circling
)
GROUP BY detector, grouped
HAVING count(DISTINCT counted) > CASE detector
    WHEN 'duplicate_side_effect' THEN 1 WHEN 'race_window' THEN 0 ELSE 3 END
ORDER BY ALL
"""

# Fellegi and Sunter's weight of an agreement is log2(m / u): m = 0.95 for all fields, u the
# frequency of the very value, as Splink does it. A pair needs more than the prior odds against it.
_LINKAGE = """
WITH fields AS (
    SELECT event_id, source || ':' || source_line AS record, occurred_at, effect_id, execution_id,
        CASE kind WHEN 'effect' THEN 'duplicate_side_effect' WHEN 'attempt' THEN 'retry_storm'
            WHEN 'write' THEN 'race_window' WHEN 'trigger' THEN 'recursive_chain' END AS detector,
        unnest([
            {'name': 'action', 'value': action}, {'name': 'record', 'value': entity_id},
            {'name': 'customer', 'value': customer_id},
            {'name': 'amount', 'value': amount::VARCHAR},
            {'name': 'caller', 'value': system}, {'name': 'callee', 'value': target_system},
            {'name': 'workflow', 'value': workflow}
        ], recursive := true)
    FROM events
    WHERE kind IN ('effect', 'attempt', 'write', 'trigger') AND phase IN ('single', 'end')
        AND outcome <> 'rejected'
),
known AS (
    SELECT *, count(*) OVER (PARTITION BY detector, name, value)
        / count(*) OVER (PARTITION BY detector, name) AS frequency
    FROM fields WHERE value IS NOT NULL
),
blocked AS (
    SELECT detector, event_id, record, value AS block, occurred_at, effect_id, execution_id,
        lag(event_id) OVER beside AS event_before, lag(record) OVER beside AS record_before
    FROM known
    WHERE name IN ('record', 'customer')
        AND (detector <> 'duplicate_side_effect' OR effect_id IS NOT NULL)
    WINDOW beside AS (PARTITION BY detector, name, value ORDER BY occurred_at, event_id)
),
scored AS (
    SELECT b.detector, b.block, b.record, b.record_before, sum(
        CASE WHEN x.value = y.value THEN log2(0.95 / x.frequency)
            WHEN y.value IS NOT NULL THEN log2(0.05 / (1 - x.frequency)) ELSE 0 END) AS weight
    FROM blocked AS b
    JOIN known AS x ON x.event_id = b.event_id AND x.detector = b.detector
    LEFT JOIN known AS y
        ON y.event_id = b.event_before AND y.detector = b.detector AND y.name = x.name
    WHERE b.event_before IS NOT NULL
    GROUP BY ALL
),
priors AS (
    SELECT detector, log2(greatest(count(DISTINCT event_id), 2)) AS against FROM known GROUP BY ALL
)
SELECT detector, '' AS pattern, list_distinct(flatten(list([record, record_before]))) AS records
FROM scored JOIN priors USING (detector)
WHERE weight > against + 6
GROUP BY detector, block ORDER BY ALL
"""


def rules(case: Case) -> list[Claim]:
    """Group by key, count retries, look for overlaps, count runs over one record."""
    return _claims(case, _RULES)


def linkage(case: Case) -> list[Claim]:
    """Neighbouring events that agree in so much that they must be one thing, done twice."""
    return _claims(case, _LINKAGE)


def _claims(case: Case, query: str) -> list[Claim]:
    return [
        Claim(detector=detector, pattern=pattern, records=[_position(text) for text in records])
        for detector, pattern, records in case.sql(query).rows()
    ]


def _position(text: str) -> tuple[str, int]:
    log, _, line = text.rpartition(":")
    return log, int(line)
