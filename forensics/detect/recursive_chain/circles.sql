-- The candidates of the three patterns that walk in circles: one row a `chain`, which is what of one root has one
-- suppressor.
CREATE OR REPLACE MACRO circles(wanted, least_visits) AS TABLE
WITH judged AS (
    SELECT
        line,
        loops.root_id AS piece,
        coalesce(loop_pieces.root_id, loops.root_id) AS root_id,
        visited,
        visits,
        cycle,
        is_running,
        is_asked_for,
        CASE
            WHEN is_continued THEN 'continue_as_new'
            WHEN visits - retries < least_visits THEN 'retry_chain'
            WHEN is_falling THEN 'bounded_cursor'
            WHEN is_moving AND NOT is_running AND last_outcome = 'ok' THEN 'bounded_cursor'
            WHEN later_writes = later_idle_writes AND later_writes > 0 AND NOT is_running THEN 'damped_echo'
        END AS suppressor,
        -- The same circle has one name, wherever it is entered.
        list_position(cycle, list_min(cycle)) AS start,
        hash(sure_hash(coalesce(loop_pieces.root_id, loops.root_id)), suppressor) AS chain
    FROM loops
    LEFT JOIN loop_pieces ON loops.root_id = loop_pieces.piece
    WHERE pattern = wanted AND visits >= least_visits
),

hops AS (
    SELECT DISTINCT ON (judged.chain, line_runs.execution_id)
        judged.chain,
        judged.suppressor,
        judged.piece,
        line_runs.* REPLACE (judged.root_id AS root_id)
    FROM judged
    INNER JOIN line_runs USING (line)
    ORDER BY judged.chain, line_runs.execution_id, line_runs.visit DESC
),

chains AS (
    SELECT
        chain,
        any_value(root_id) AS root_id,
        any_value(suppressor) AS suppressor,
        any_value(scope_of(tenant, environment)) AS scope,
        count(*) AS executions,
        count(*) FILTER (WHERE visit > 1) AS excess,
        sum(epoch(last_at - first_at)) FILTER (WHERE visit > 1) AS run_s,
        max(depth) AS depth,
        count(DISTINCT record) AS records,
        min(record) AS record,
        min(first_at) AS first_at,
        max(last_at) AS last_at,
        bool_and(edge = 'cause') AS is_explicit,
        count(*) FILTER (edge = 'trace') AS joined,
        count(DISTINCT piece) - 1 AS fitted,
        bool_or(in_cycle) AS in_cycle,
        max(first_at) AS last_began_at,
        arg_max(
            how_it_ended(by_hand, over_budget, outcome, writes, idle_writes),
            (coalesce(first_at, '-infinity'), depth, execution_id)
        ) AS ended
    FROM hops
    GROUP BY chain
),

visited_often AS (
    SELECT chain, max(visits) AS visits
    FROM (
        SELECT chain, visited, sum(visits) AS visits
        FROM (
            SELECT chain, piece, visited, max(visits) AS visits
            FROM judged
            GROUP BY chain, piece, visited
        )
        GROUP BY chain, visited
    )
    GROUP BY chain
),

-- A run may yet set others off where the log ends before the next was due.
grown AS (
    SELECT
        chain,
        reproduction(
            count(*) - 1,
            count(*) FILTER (
                hops.execution_id IN (SELECT cause_id FROM hops)
                OR stood_still(hops.last_at, chains.last_at - chains.first_at, chains.executions, hops.log_ended_at)
            )
        ) AS growth
    FROM hops
    INNER JOIN chains USING (chain)
    GROUP BY chain
),

-- A person switched one of the workflows off before the next run was due.
stopped AS (
    SELECT DISTINCT chain
    FROM hops
    INNER JOIN chains USING (chain)
    INNER JOIN switched_off AS off
        ON scope_of(hops.tenant, hops.environment) = off.scope AND hops.workflow = off.workflow
    WHERE
        off.occurred_at BETWEEN chains.last_began_at
        AND chains.last_at + 2 * (chains.last_at - chains.first_at) / chains.executions
),

named AS (
    SELECT
        chain,
        bool_or(is_running) AS is_running,
        bool_and(is_asked_for) AS is_asked_for,
        arg_max(list_concat(cycle[start:], cycle[:start - 1]), (visits, cycle)) AS cycle
    FROM judged
    GROUP BY chain
),

ends AS (
    SELECT
        chain,
        CASE
            WHEN chains.ended <> 'unknown' THEN chains.ended
            WHEN stopped.chain IS NOT NULL THEN 'person'
            WHEN named.is_running THEN 'running'
            ELSE 'unknown'
        END AS ended,
        -- As many runs as others of the case took that nobody stopped may be all that there were to be.
        count(*) FILTER (chains.ended IN ('unknown', 'converged') AND stopped.chain IS NULL AND NOT named.is_running)
            OVER (PARTITION BY chains.scope, named.cycle, chains.executions) AS stopped_alike
    FROM chains
    INNER JOIN named USING (chain)
    LEFT JOIN stopped USING (chain)
),

-- What is told of one effect, by whom it is best known.
effects_done AS (
    SELECT
        hops.chain,
        loop_events.effect_key,
        min(hops.visit) AS visit,
        min(loop_events.moment) AS moment,
        arg_min(loop_events.alike, loop_events.trust) AS alike,
        arg_min(loop_events.amount, loop_events.trust) AS amount,
        arg_min(loop_events.currency, loop_events.trust) AS currency
    FROM hops
    INNER JOIN loop_events USING (execution_id)
    GROUP BY hops.chain, loop_events.effect_key
),

-- Effects of the rounds after the first that the chain had had before. What only a later round did may be
-- what the rounds were for.
superfluous AS (
    SELECT *
    FROM effects_done
    QUALIFY visit > 1 AND alike IS NOT NULL AND row_number() OVER (PARTITION BY chain, alike ORDER BY moment) > 1
),

sums AS (
    SELECT chain, list({'currency': currency, 'amount': amount} ORDER BY currency) AS sums
    FROM (
        SELECT chain, currency, sum(amount) AS amount
        FROM superfluous
        WHERE amount > 0
        GROUP BY chain, currency
    )
    GROUP BY chain
),

seen AS (
    SELECT
        hops.chain,
        count(DISTINCT superfluous.effect_key) AS effects,
        count(DISTINCT coalesce(loop_events.effect_key, sure_hash(loop_events.event_id)))
            FILTER (hops.visit > 1 AND loop_events.is_call) AS calls,
        list({
            'event_id': loop_events.event_id,
            'role': CASE
                WHEN superfluous.effect_key IS NOT NULL THEN 'duplicate'
                WHEN loop_events.event_id <> hops.event_id THEN 'context'
                -- A run that is known by its effect alone is too much; the effect need not be.
                WHEN hops.visit > 1 AND loop_events.effect_key IS NULL THEN 'duplicate'
                ELSE 'original'
            END
        }) AS evidence
    FROM hops
    INNER JOIN loop_events USING (execution_id)
    LEFT JOIN superfluous ON hops.chain = superfluous.chain AND loop_events.effect_key = superfluous.effect_key
    GROUP BY hops.chain
)

SELECT
    named.cycle AS subject,
    CASE
        WHEN named.is_asked_for THEN 'suspicion'
        WHEN chains.in_cycle OR chains.joined > 0 THEN 'probable'
        WHEN NOT chains.is_explicit OR chains.record LIKE 'input %' THEN 'strong'
        ELSE 'proven'
    END AS grade,
    chains.suppressor,
    CASE
        WHEN root.execution_id IN (SELECT execution_id FROM hops) THEN seen.evidence
        ELSE list_append(seen.evidence, {'event_id': root.event_id, 'role': 'cause'})
    END AS evidence,
    chains.excess,
    to_json({
        'cycle': named.cycle,
        'visits': often.visits,
        'excess': chains.excess,
        'depth': chains.depth,
        'joined': chains.joined + chains.fitted,
        'fitted': chains.fitted,
        'executions': chains.executions,
        'chain_executions': root.chain_size,
        'growth': grown.growth,
        'duration_s': epoch(chains.last_at - chains.first_at),
        'superfluous': {
            'effects': seen.effects, 'sums': coalesce(sums.sums, []), 'calls': seen.calls, 'run_s': chains.run_s
        },
        'asked_for': named.is_asked_for,
        'record': chains.record,
        'records': chains.records,
        'ended': ends.ended,
        'stopped_alike': ends.stopped_alike,
        'root': root.root_id,
        'root_unseen': root.cause_unseen
    })::VARCHAR AS facts
FROM chains
INNER JOIN named USING (chain)
INNER JOIN ends USING (chain)
INNER JOIN visited_often AS often USING (chain)
INNER JOIN grown USING (chain)
INNER JOIN seen USING (chain)
LEFT JOIN sums USING (chain)
INNER JOIN chain_runs AS root ON chains.root_id = root.execution_id;
