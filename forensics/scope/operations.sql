-- What incidents did to operations: a row an incident and number, with the reason where there is none.

-- What was asked of the callee of each storm in the hour before it and while it went on, in the log that
-- tells most of it. The last two minutes before are left out: the trouble may have begun in them.
CREATE OR REPLACE TEMP TABLE storms_measured AS
WITH edges AS (
    SELECT
        finding_id,
        callee,
        source,
        tenant,
        beside_live(environment) AS environment,
        count(*) AS lines
    FROM finding_events
    WHERE detector = 'retry_storm' AND role = 'duplicate'
    GROUP BY finding_id, callee, source, tenant, beside_live(environment)
),

storms AS (
    SELECT
        i.incident_id,
        f.finding_id,
        arg_min(
            {'callee': d.callee, 'source': d.source, 'tenant': d.tenant, 'environment': d.environment},
            (-d.lines, d.callee, d.source, coalesce(d.tenant, ''), coalesce(d.environment, ''))
        ) AS edge,
        min(f.occurred_at) AS first_at,
        max(f.occurred_at) AS last_at,
        any_value((c.facts ->> 'operations')::BIGINT - (c.facts ->> 'recovered')::BIGINT) AS unserved
    FROM finding_events AS f
    INNER JOIN edges AS d USING (finding_id)
    INNER JOIN candidates AS c USING (finding_id)
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE f.role <> 'context' AND c.grade <> 'suspicion'
    GROUP BY i.incident_id, f.finding_id
),

calls AS (
    SELECT
        s.finding_id,
        coalesce(e.operation_key, e.delivery_id, e.event_id) AS call,
        min(e.occurred_at) AS occurred_at,
        bool_or(e.outcome IN ('ok', 'replayed', 'skipped')) AS is_served
    FROM events AS e
    INNER JOIN storms AS s
        ON
            callee_of(e.target_system, e.system, e.source) = s.edge.callee
            AND e.source = s.edge.source
            AND e.tenant IS NOT DISTINCT FROM s.edge.tenant
            AND beside_live(e.environment) IS NOT DISTINCT FROM s.edge.environment
            AND e.occurred_at BETWEEN s.first_at - INTERVAL 62 MINUTES AND s.last_at
    WHERE e.kind IN ('attempt', 'effect', 'delivery', 'trigger') AND e.phase <> 'start'
    GROUP BY ALL
),

counted AS (
    SELECT
        s.finding_id,
        count(DISTINCT time_bucket(INTERVAL 1 MINUTE, c.occurred_at)) FILTER (c.is_before) AS minutes,
        count(*) FILTER (c.is_before) AS asked,
        count(*) FILTER (c.is_before AND c.is_served) AS served_before,
        count(*) FILTER (c.occurred_at >= s.first_at AND c.is_served) AS served,
        epoch(s.first_at - INTERVAL 2 MINUTES - min(c.occurred_at) FILTER (c.is_before)) AS before_s
    FROM storms AS s
    INNER JOIN (
        SELECT
            k.*,
            k.occurred_at < w.first_at - INTERVAL 2 MINUTES AS is_before
        FROM calls AS k
        INNER JOIN storms AS w USING (finding_id)
    ) AS c USING (finding_id)
    GROUP BY s.finding_id, s.first_at
)

SELECT
    s.incident_id,
    s.edge.callee AS callee,
    CASE
        WHEN n.finding_id IS NULL OR n.minutes < 10
            THEN 'the logs hold no ten minutes of calls to ' || s.edge.callee || ' before the storm'
        WHEN n.served_before < 0.9 * n.asked THEN 'calls to ' || s.edge.callee || ' failed before the storm as well'
    END AS blind,
    CASE
        WHEN blind IS NULL
            THEN greatest(0, least(
                s.unserved,
                floor(n.served_before / n.before_s * epoch(s.last_at - s.first_at))::BIGINT - n.served
            ))
    END AS lost
FROM storms AS s
LEFT JOIN counted AS n USING (finding_id);

CREATE OR REPLACE TEMP TABLE broken_records AS
SELECT DISTINCT
    i.incident_id,
    c.pattern AS kind,
    CASE
        WHEN f.entity_id IS NOT NULL THEN hash(scope_of(f.tenant, f.environment), f.entity_type, sure_hash(f.entity_id))
        ELSE hash(scope_of(f.tenant, f.environment), sure_hash(coalesce(f.operation_key, f.finding_id)))
    END AS record
FROM finding_events AS f
INNER JOIN candidates AS c USING (finding_id)
INNER JOIN finding_incidents AS i USING (finding_id)
WHERE
    c.detector IN ('duplicate_side_effect', 'race_window')
    -- A lock is no record to correct.
    AND c.pattern <> 'lease_overlap'
    AND c.grade = 'proven'
    AND f.role = 'duplicate';

-- Two stores' values of a raced record can be compared where both held one value at some time, and where
-- five minutes of either log show that no copy of the last one was still under way.
CREATE OR REPLACE TEMP TABLE store_values AS
WITH raced AS (
    SELECT DISTINCT
        i.incident_id,
        f.tenant,
        beside_live(f.environment) AS environment,
        f.entity_type,
        f.entity_id
    FROM finding_events AS f
    INNER JOIN candidates AS c USING (finding_id)
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE
        c.detector = 'race_window' AND c.pattern <> 'lease_overlap' AND c.grade <> 'suspicion'
        AND f.role IN ('original', 'duplicate') AND f.entity_type IS NOT NULL AND f.entity_id IS NOT NULL
),

ends AS (
    SELECT source, max(occurred_at) AS end_at FROM events GROUP BY source
),

held AS (
    SELECT
        r.incident_id,
        hash(scope_of(r.tenant, r.environment), r.entity_type, sure_hash(r.entity_id)) AS record,
        callee_of(e.target_system, e.system, e.source) AS store,
        arg_max(e.after_hash, (e.occurred_at, coalesce(e.source_seq, 0), e.event_id)) AS newest,
        list(DISTINCT e.after_hash) AS every_value,
        max(e.occurred_at) AS last_at,
        min(x.end_at) AS end_at
    FROM events AS e
    INNER JOIN raced AS r
        ON
            e.entity_type = r.entity_type
            AND e.entity_id = r.entity_id
            AND e.tenant IS NOT DISTINCT FROM r.tenant
            AND beside_live(e.environment) IS NOT DISTINCT FROM r.environment
    INNER JOIN ends AS x ON e.source = x.source
    WHERE e.kind IN ('write', 'state') AND e.outcome = 'ok' AND e.after_hash IS NOT NULL AND e.occurred_at IS NOT NULL
    GROUP BY ALL
)

SELECT
    one.incident_id,
    one.record,
    bool_or(one.newest <> other.newest) AS is_apart
FROM held AS one
INNER JOIN held AS other USING (incident_id, record)
WHERE
    one.store < other.store
    AND list_has_any(one.every_value, other.every_value)
    AND greatest(one.last_at, other.last_at) + INTERVAL 5 MINUTES <= least(one.end_at, other.end_at)
GROUP BY one.incident_id, one.record;

-- That one log alone tells of an effect says something where the other is whole.
CREATE OR REPLACE TEMP TABLE compared_records AS
SELECT
    o.incident_id,
    o.effect_key AS record,
    CASE
        WHEN bool_or(t.verdict = 'differing') THEN 'amounts differ'
        WHEN bool_or(t.verdict IN ('left', 'right')) THEN 'only in one log'
    END AS kind
FROM (
    SELECT DISTINCT i.incident_id, f.effect_key
    FROM finding_effects AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    WHERE NOT f.is_context
) AS o
INNER JOIN tied_effects AS t USING (effect_key)
WHERE
    t.verdict IN ('matched', 'differing')
    OR (t.verdict = 'left' AND t.right_whole IS NOT NULL)
    OR (t.verdict = 'right' AND t.left_whole IS NOT NULL)
GROUP BY o.incident_id, o.effect_key
UNION ALL
SELECT incident_id, record, CASE WHEN is_apart THEN 'stores differ' END FROM store_values;

CREATE OR REPLACE TEMP TABLE operation_tallies AS
WITH incidents AS (
    SELECT DISTINCT incident_id FROM finding_incidents
),

goodput AS (
    SELECT incident_id, sum(lost)::BIGINT AS value, string_agg(DISTINCT blind, '; ' ORDER BY blind) AS reason
    FROM storms_measured
    GROUP BY incident_id
),

broken AS (
    SELECT incident_id, list({'kind': kind, 'records': records} ORDER BY kind) AS kinds
    FROM (
        SELECT incident_id, kind, count(*) AS records FROM broken_records GROUP BY incident_id, kind
    )
    GROUP BY incident_id
),

diverged AS (
    SELECT
        incident_id,
        (sum(records) FILTER (kind IS NOT NULL))::BIGINT AS records,
        list({'kind': kind, 'records': records} ORDER BY kind) FILTER (kind IS NOT NULL) AS kinds
    FROM (
        SELECT incident_id, kind, count(*) AS records FROM compared_records GROUP BY incident_id, kind
    )
    GROUP BY incident_id
),

telling AS (
    SELECT DISTINCT i.incident_id
    FROM finding_events AS f
    INNER JOIN finding_incidents AS i USING (finding_id)
    SEMI JOIN (
        SELECT source FROM events
        WHERE kind IN ('delivery', 'trigger', 'attempt') OR operation_key IS NOT NULL
    ) AS w ON f.source = w.source
)

SELECT
    i.incident_id,
    'goodput_lost' AS tally,
    g.value,
    CASE WHEN g.incident_id IS NULL THEN 'it holds no retry storm' ELSE coalesce(g.reason, '') END AS reason,
    NULL::STRUCT (kind VARCHAR, records BIGINT) [] AS kinds
FROM incidents AS i
LEFT JOIN goodput AS g USING (incident_id)
UNION ALL
SELECT
    i.incident_id,
    'invariants_broken',
    r.records,
    CASE WHEN b.kinds IS NULL THEN 'none of its findings proves a record wrong' ELSE '' END,
    b.kinds
FROM incidents AS i
LEFT JOIN broken AS b USING (incident_id)
LEFT JOIN (
    SELECT incident_id, count(DISTINCT record) AS records FROM broken_records GROUP BY incident_id
) AS r USING (incident_id)
UNION ALL
SELECT
    i.incident_id,
    'records_diverged',
    CASE WHEN d.incident_id IS NOT NULL THEN coalesce(d.records, 0) END,
    CASE
        WHEN d.incident_id IS NULL THEN 'no two logs or stores can be compared on what it touched'
        ELSE ''
    END,
    d.kinds
FROM incidents AS i
LEFT JOIN diverged AS d USING (incident_id)
UNION ALL
SELECT
    i.incident_id,
    'backlog',
    CASE WHEN t.incident_id IS NOT NULL THEN 0 END,
    CASE WHEN t.incident_id IS NULL THEN 'no log of it tells of messages, runs or keys' ELSE '' END,
    NULL
FROM incidents AS i
LEFT JOIN telling AS t USING (incident_id);
