-- One row two code paths, or one path twice, that read a record and then write it without a guard, and
-- whose runs touch the same records, though no two of them are found to have collided.
--
-- Runs that arrive independently, `a` and `b` a second, and are open for `u` and `v` seconds overlap
-- `a * b * (u + v)` times a second. A record that met m pairs of runs within a log of length T gives
-- `m * (u + v) / T` in a time as long as the log.
--
--     place  where the record is kept: records of one name in two places are two
WITH rewrites AS (
    SELECT
        w.record,
        w.execution,
        w.event_id,
        w.read_event,
        hash(scope_of(a.tenant, a.environment), a.entity_type) AS realm,
        a.tenant,
        a.environment,
        coalesce(a.entity_type, 'record') AS record_type,
        path_of(a) AS path,
        coalesce(a.target_system, CASE WHEN a.imaged THEN a.system END, a.source) AS place,
        a.source,
        a.root_id,
        a.touches,
        w.settled - r.began AS window_us,
        w.held
        OR w.event_id IN (SELECT event_id FROM locked)
        OR (coalesce(a.isolation, '') IN ('snapshot', 'serializable') AND r.transaction_id = a.transaction_id)
            AS is_guarded
    FROM writes AS w
    INNER JOIN accesses AS a ON w.event_id = a.event_id
    INNER JOIN accesses AS r ON w.read_event = r.event_id
    WHERE w.committed
        AND NOT a.creates
        AND NOT a.removes
        AND NOT a."again"
        AND NOT a.passing
        AND NOT coalesce(a.commutative, FALSE)
        AND NOT coalesce(only_last_write_wins(a.touches), FALSE)
        AND r.clock_id = a.clock_id
),
-- Code that was seen to name the version it replaces, to hold only if nothing had changed, or to be refused.
checked AS (
    SELECT
        hash(scope_of(tenant, environment), entity_type) AS realm,
        path_of(a) AS path
    FROM accesses AS a
    WHERE is_write AND (guarded OR read_token IS NOT NULL OR turned_away OR conflicts)
),
paths AS (
    SELECT
        realm,
        path,
        count(DISTINCT execution) AS runs,
        median(window_us) AS window_us,
        CASE WHEN count(touches) = count(*) THEN list_sort(list_distinct(flatten(list(DISTINCT touches)))) END AS fields,
        arg_max({'read': read_event, 'write': event_id}, (window_us, event_id)) AS longest
    FROM rewrites
    ANTI JOIN checked USING (realm, path)
    GROUP BY realm, path
    HAVING runs >= $runs AND NOT bool_or(is_guarded)
),
visits AS (
    SELECT
        realm,
        path,
        record,
        place,
        root_id,
        any_value(tenant) AS tenant,
        any_value(environment) AS environment,
        any_value(record_type) AS record_type,
        any_value(source) AS source,
        count(DISTINCT execution) AS runs
    FROM rewrites
    SEMI JOIN paths USING (realm, path)
    GROUP BY realm, path, record, place, root_id
),
visited AS (
    SELECT realm, path, record, place, sum(runs) AS runs
    FROM visits
    GROUP BY realm, path, record, place
),
-- Runs that go back to one cause come one after the other.
kin AS (
    SELECT a.path AS one, b.path AS other, record, place, sum(a.runs * b.runs) AS pairs
    FROM visits AS a
    INNER JOIN visits AS b USING (record, place, root_id)
    GROUP BY one, other, record, place
),
met AS (
    SELECT
        a.realm,
        a.path AS one,
        b.path AS other,
        record,
        (a.runs * b.runs - coalesce(kin.pairs, 0)) / CASE WHEN a.path = b.path THEN 2 ELSE 1 END AS meetings
    FROM visited AS a
    INNER JOIN visited AS b USING (record, place)
    LEFT JOIN kin ON a.path = kin.one AND b.path = kin.other AND a.record = kin.record AND a.place = kin.place
    WHERE a.path <= b.path AND meetings > 0
),
collided AS (
    SELECT
        e.finding_id,
        hash(scope_of(a.tenant, a.environment), a.entity_type) AS realm,
        path_of(a) AS path,
        a.execution
    FROM candidate_evidence AS e
    INNER JOIN accesses AS a USING (event_id)
    WHERE e.detector = 'race_window' AND e.suppressor IS NULL AND e.role NOT IN ('context', 'guard')
),
happened AS (
    SELECT realm, a.path AS one, b.path AS other
    FROM collided AS a
    INNER JOIN collided AS b USING (finding_id, realm)
    WHERE a.execution <> b.execution
),
pairs AS (
    SELECT
        realm,
        one,
        other,
        sum(meetings)::BIGINT AS meetings,
        count(*) AS records
    FROM met
    ANTI JOIN happened USING (realm, one, other)
    GROUP BY realm, one, other
),
-- How long each log looked on, whoever wrote to it.
lengths AS (
    SELECT source, min(occurred_at) AS first_at, max(coalesce(ended_at, occurred_at)) AS last_at
    FROM events
    WHERE source IN (SELECT source FROM visits SEMI JOIN (SELECT realm, unnest([one, other]) AS path FROM pairs) USING (realm, path))
    GROUP BY source
),
watched AS (
    SELECT
        realm,
        path,
        any_value(tenant) AS tenant,
        any_value(environment) AS environment,
        any_value(record_type) AS record_type,
        min(first_at) AS first_at,
        max(last_at) AS last_at
    FROM visits
    INNER JOIN lengths USING (source)
    GROUP BY realm, path
),
expected AS (
    SELECT
        pairs.*,
        a.tenant,
        a.environment,
        a.record_type,
        [
            {'name': one, 'runs': x.runs, 'window_s': x.window_us / 1e6, 'longest': x.longest},
            {'name': other, 'runs': y.runs, 'window_s': y.window_us / 1e6, 'longest': y.longest}
        ] AS paths,
        coalesce(list_intersect(x.fields, y.fields), x.fields, y.fields) AS fields,
        epoch_us(greatest(a.last_at, b.last_at)) - epoch_us(least(a.first_at, b.first_at)) AS span_us,
        meetings * (x.window_us + y.window_us) / span_us AS in_log,
        in_log * 30 * 86400 * 1e6 / span_us AS in_30d
    FROM pairs
    INNER JOIN paths AS x ON pairs.realm = x.realm AND pairs.one = x.path
    INNER JOIN paths AS y ON pairs.realm = y.realm AND pairs.other = y.path
    INNER JOIN watched AS a ON pairs.realm = a.realm AND pairs.one = a.path
    INNER JOIN watched AS b ON pairs.realm = b.realm AND pairs.other = b.path
)

SELECT
    list_filter([record_type, one, other, tenant, environment], lambda part : part IS NOT NULL) AS subject,
    in_30d AS weight,
    to_json({
        'record_type': record_type,
        'paths': CASE WHEN one = other THEN paths[:1] ELSE paths END,
        'fields': list_sort(fields),
        'records': records,
        'meetings': meetings,
        'span_s': round(span_us / 1e6),
        'expected_in_log': round(in_log, 4),
        'expected_30d': round(in_30d, 4)
    })::VARCHAR AS facts
FROM expected
WHERE (fields IS NULL OR fields <> [])
    AND NOT coalesce(only_last_write_wins(fields), FALSE)
    AND in_log < $unlucky
    AND in_30d >= $expected_30d
