-- One row a circle of workflows in which each was seen to set off the next by writing a record of one
-- kind, though no chain of runs went round.
--
--     realm   a kind of record of one tenant and environment
--     hop     a run that set off another over a record, by the causes that the runs themselves name
--     way     the workflows of a circle, from the first in the alphabet
WITH RECURSIVE hops AS (
    SELECT
        hash(scope_of(child.tenant, child.environment), child.entity_type) AS realm,
        child.tenant,
        beside_live(child.environment) AS environment,
        coalesce(child.entity_type, 'record') AS record_type,
        hash(scope_of(child.tenant, child.environment), child.entity_type, sure_hash(child.entity_id)) AS record,
        concat_ws('@', cause.workflow, cause.system) AS setter,
        concat_ws('@', child.workflow, child.system) AS follower,
        cause.execution_id AS setting_off,
        child.execution_id AS set_off,
        child.event_id
    FROM linked_executions AS child
    INNER JOIN linked_executions AS cause ON child.cause_id = cause.execution_id
    WHERE child.edge = 'cause'
        AND NOT child.in_cycle
        AND child.kind IN ('trigger', 'delivery')
        AND child.workflow IS NOT NULL
        AND cause.workflow IS NOT NULL
        AND coalesce(child.entity_type, '') NOT IN ('destination', 'url', 'model', 'tool')
        AND coalesce(child.trigger_kind, 'event') IN ('event', 'webhook', 'api')
        -- From one record to another of its kind, as from a folder to its files, leads to an end.
        AND (cause.entity_type IS DISTINCT FROM child.entity_type OR coalesce(cause.entity_id = child.entity_id, TRUE))
),
edges AS (
    SELECT realm, setter, follower
    FROM hops
    WHERE setter <> follower
    GROUP BY realm, setter, follower
    HAVING count(DISTINCT record) >= $records
),
-- One shortest way from each workflow to each other, of each length.
walks AS (
    SELECT realm, setter AS start, follower AS place, [setter, follower] AS way
    FROM edges
    UNION ALL
    SELECT walks.realm, walks.start, edges.follower, min(list_append(walks.way, edges.follower)) AS way
    FROM walks
    INNER JOIN edges ON walks.realm = edges.realm AND walks.place = edges.setter
    -- A circle of more workflows than six is not looked for: who could say that it will be gone round?
    WHERE len(walks.way) < 6 AND NOT list_contains(walks.way, edges.follower)
    GROUP BY walks.realm, walks.start, edges.follower
),
closed AS (
    SELECT walks.realm, walks.way, list_position(walks.way, list_min(walks.way)) AS first
    FROM walks
    INNER JOIN edges ON walks.realm = edges.realm AND walks.place = edges.setter AND walks.start = edges.follower
    QUALIFY len(walks.way) = min(len(walks.way)) OVER (PARTITION BY walks.realm, walks.start, walks.place)
),
legs AS (
    SELECT
        realm,
        way,
        unnest(way) AS setter,
        unnest(list_concat(way[2:], way[:1])) AS follower,
        unnest(list_concat(way[3:], way[:2])) AS after,
        unnest(range(len(way))) AS number
    FROM (SELECT DISTINCT realm, list_concat(way[first:], way[:first - 1]) AS way FROM closed)
),
-- All runs of these workflows that set something off or were set off, with what they did.
members AS (
    SELECT realm, execution_id, any_value(place) AS place
    FROM (
        SELECT
            hash(scope_of(tenant, environment), entity_type) AS realm,
            execution_id,
            concat_ws('@', workflow, "system") AS place
        FROM linked_executions
        UNION ALL
        SELECT realm, setting_off AS execution_id, setter AS place
        FROM hops
    )
    SEMI JOIN (SELECT realm, setter AS place FROM legs) USING (realm, place)
    GROUP BY realm, execution_id
),
done AS MATERIALIZED (
    SELECT
        execution_id,
        hash(scope_of(tenant, environment), entity_type) AS realm,
        CASE
            WHEN (kind = 'write' OR write_kind IS NOT NULL) AND outcome IN ('ok', 'partial') AND entity_id IS NOT NULL
                THEN hash(scope_of(tenant, environment), entity_type, sure_hash(entity_id))
        END AS record,
        outcome IN ('rejected', 'skipped', 'cancelled') OR progress IS NOT NULL AS is_bounded,
        kind IN ('trigger', 'delivery') AND coalesce(actor_kind = 'human', FALSE) AS by_person
    FROM events
    WHERE execution_id IN (SELECT execution_id FROM members)
),
written AS (
    SELECT DISTINCT execution_id, realm, record FROM done WHERE record IS NOT NULL
),
-- Hops whose cause wrote the record, and that no person asked for.
written_hops AS (
    SELECT hops.*
    FROM hops
    SEMI JOIN legs USING (realm, setter, follower)
    SEMI JOIN written ON hops.setting_off = written.execution_id AND hops.record = written.record
    WHERE set_off NOT IN (SELECT execution_id FROM done WHERE by_person)
),
-- What followed where a run of a circle wrote a record: one that the workflow before had set off, or another.
carried AS (
    SELECT
        legs.realm,
        legs.way,
        legs.number,
        came.record IS NOT NULL AS is_within,
        went.record IS NOT NULL AS goes_on
    FROM legs
    INNER JOIN members ON legs.realm = members.realm AND legs.follower = members.place
    INNER JOIN written ON members.execution_id = written.execution_id AND members.realm = written.realm
    LEFT JOIN written_hops AS came
        ON legs.setter = came.setter AND members.execution_id = came.set_off AND written.record = came.record
    LEFT JOIN (SELECT DISTINCT follower, setting_off, record FROM written_hops) AS went
        ON legs.after = went.follower AND members.execution_id = went.setting_off AND written.record = went.record
),
-- As often as it should have gone on and did not, some condition that no log shows must hold it back.
held_back AS (
    SELECT realm, way
    FROM carried
    GROUP BY realm, way, number
    HAVING NOT bool_or(is_within AND goes_on)
        AND count(*) FILTER (WHERE is_within) * avg(goes_on::INTEGER) FILTER (WHERE NOT is_within) >= $unlucky
),
-- The workflows of circles that were gone round, by the causes or by the values.
gone_round AS (
    SELECT
        scope_of(visits.visited.tenant, visits.visited.environment) AS scope,
        list_prepend(visits.place, returns.between_places) AS places
    FROM returns
    INNER JOIN visits USING (execution_id)
    UNION ALL
    SELECT scope_of(any_value(turns.tenant), any_value(turns.environment)) AS scope, list(turns.place) AS places
    FROM candidate_evidence AS e
    INNER JOIN turns USING (event_id)
    WHERE e.pattern IN ('flip_flop', 'inferred_loop') AND e.suppressor IS NULL
    GROUP BY e.finding_id
),
seen AS (
    SELECT
        legs.realm,
        legs.way,
        legs.number,
        legs.setter,
        legs.follower,
        any_value(hops.tenant) AS tenant,
        any_value(hops.environment) AS environment,
        any_value(hops.record_type) AS record_type,
        count(*) AS runs,
        count(DISTINCT hops.record) AS records,
        min(hops.event_id) AS example,
        bool_or(
            hops.set_off IN (SELECT execution_id FROM done WHERE is_bounded)
            OR hops.setting_off IN (SELECT execution_id FROM done WHERE is_bounded)
        ) AS is_bounded
    FROM legs
    INNER JOIN written_hops AS hops USING (realm, setter, follower)
    GROUP BY legs.realm, legs.way, legs.number, legs.setter, legs.follower
    HAVING count(DISTINCT hops.record) >= $records
),
known AS (
    SELECT seen.realm, seen.way
    FROM seen
    INNER JOIN gone_round ON scope_of(seen.tenant, seen.environment) = gone_round.scope
    WHERE list_has_all(gone_round.places, seen.way)
)

SELECT
    list_filter(
        list_concat([any_value(record_type)], way, [any_value(tenant), any_value(environment)]),
        lambda part : part IS NOT NULL
    ) AS subject,
    min(records) AS weight,
    to_json({
        'record_type': any_value(record_type),
        'cycle': way,
        'legs': list(
            {'from': setter, 'to': follower, 'runs': runs, 'records': records, 'example': example} ORDER BY number
        )
    })::VARCHAR AS facts
FROM seen
ANTI JOIN held_back USING (realm, way)
ANTI JOIN known USING (realm, way)
GROUP BY realm, way
HAVING count(*) = len(way) AND NOT bool_or(is_bounded)
