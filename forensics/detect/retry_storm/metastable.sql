-- Goodput that stays down after its trigger, at a load of first attempts that the callee had served.
-- Counted by the minute; shares are of five minutes around, so that one unlucky minute decides nothing.
WITH storms_that_stay AS (
    SELECT edge, episode, any_value(edge_from) AS edge_from, min(bucket) // 6 AS begun, max(bucket) // 6 AS over
    FROM heat
    WHERE episode IS NOT NULL AND excuse IS NULL
    GROUP BY edge, episode
    HAVING max(last_at) - min(first_at) >= INTERVAL 300 SECONDS
),

minutes AS (
    SELECT
        edge,
        (epoch_us(occurred_at) - epoch_us(edge_from)) // 60_000_000 AS minute,
        count(*) FILTER (is_first) AS firsts,
        count(*) AS attempts,
        count(*) FILTER (NOT failed) AS served
    FROM edge_calls
    -- Polls, pages and probes are other work; what obeyed Retry-After or was sent by plan is this one.
    WHERE excuse IS NULL OR excuse NOT IN ('polling', 'pagination', 'health_check')
    GROUP BY ALL
),

around AS (
    SELECT
        *,
        sum(firsts) OVER five AS firsts_around,
        sum(attempts) OVER five AS attempts_around,
        sum(served) OVER five AS served_around
    FROM minutes
    WINDOW five AS (PARTITION BY edge ORDER BY minute RANGE BETWEEN 2 PRECEDING AND 2 FOLLOWING)
),

-- What the log shows the callee to have served well: up to an hour before, but for the last two
-- minutes, in which the trouble may have begun.
usual AS (
    SELECT
        s.episode,
        count(*) AS minutes,
        sum(firsts) AS firsts,
        sum(served) / nullif(sum(firsts), 0) AS share,
        max(firsts_around) AS most_firsts,
        max(attempts_around) AS most_attempts
    FROM storms_that_stay AS s
    INNER JOIN around AS a ON s.edge = a.edge AND a.minute BETWEEN s.begun - 60 AND s.begun - 3
    GROUP BY s.episode
),

-- A trigger shows itself as minutes without answers, or with more first attempts than before.
judged_minutes AS (
    SELECT
        s.episode, s.begun, a.*,
        served <= 0.05 * a.firsts AS dead,
        least(firsts_around, 5 * a.firsts) AS load,
        load > 1.1 * most_firsts AS loaded,
        load > 1.5 * most_firsts AS surging,
        served_around < $goodput * share * firsts_around AS low
    FROM storms_that_stay AS s
    INNER JOIN usual AS u USING (episode)
    INNER JOIN around AS a ON s.edge = a.edge AND a.minute BETWEEN s.begun - 2 AND s.over + 5
),

triggers AS (
    SELECT episode, min(minute) AS begun, bool_or(loaded) AS loaded
    FROM judged_minutes
    WHERE (dead OR loaded) AND minute <= begun + 5
    GROUP BY episode
),

ends AS (
    SELECT
        t.episode, t.begun, t.loaded,
        min(m.minute) FILTER (NOT m.dead AND NOT m.loaded) AS over,
        max(m.minute) AS last
    FROM triggers AS t
    INNER JOIN judged_minutes AS m ON t.episode = m.episode AND t.begun <= m.minute
    GROUP BY t.episode, t.begun, t.loaded
),

recoveries AS (
    SELECT e.episode, min(m.minute) AS seen, coalesce(seen, any_value(e.last) + 1) AS minute
    FROM ends AS e
    LEFT JOIN judged_minutes AS m ON e.episode = m.episode AND e.over <= m.minute AND NOT m.low
    GROUP BY e.episode
),

afterwards AS (
    SELECT
        e.episode,
        count(*) AS minutes,
        sum(firsts) AS firsts,
        sum(attempts) AS attempts,
        sum(served) AS served,
        count(*) FILTER (served > 0) AS answering,
        count(*) FILTER (m.loaded) AS loaded
    FROM ends AS e
    INNER JOIN recoveries AS r USING (episode)
    INNER JOIN judged_minutes AS m ON e.episode = m.episode AND m.minute BETWEEN e.over AND r.minute - 1
    GROUP BY e.episode
),

episode_ends AS (
    SELECT episode, max(log_ends_at) AS log_ends_at
    FROM storm_retries
    GROUP BY episode
),

surges AS (
    SELECT e.episode, bool_or(m.surging) AS surged
    FROM ends AS e
    INNER JOIN judged_minutes AS m ON e.episode = m.episode AND e.over > m.minute
    GROUP BY e.episode
),

judged AS (
    SELECT
        s.episode,
        s.edge_from + to_minutes(e.over) AS trigger_over,
        coalesce(surged, FALSE) AS surged,
        (e.over - e.begun) * 60 AS trigger_s,
        (r.minute - e.over) * 60 AS after_s,
        u.firsts / u.minutes AS firsts_before,
        u.share AS share_before,
        u.most_attempts / 5 AS most_before,
        a.firsts / a.minutes AS firsts_after,
        a.attempts / a.minutes AS attempts_after,
        a.served / nullif(a.firsts, 0) AS share_after,
        s.edge_from + to_minutes(r.minute) > log_ends_at - INTERVAL 2 MINUTES AS cut,
        seen IS NULL AND NOT cut AS stopped,
        CASE
            WHEN NOT coalesce(u.minutes >= 10 AND u.share >= 0.9, FALSE) THEN 'no_before'
            WHEN u.firsts < $calls THEN 'few'
            WHEN e.over IS NULL AND e.loaded THEN 'more_load'
            WHEN e.over IS NULL THEN 'outage_lasts'
            WHEN after_s < greatest($after_s, $patience * trigger_s) THEN CASE WHEN cut OR stopped THEN 'cut_short' ELSE 'recovered' END
            WHEN a.firsts < $calls THEN 'few'
            WHEN a.loaded * 5 > a.minutes THEN 'more_load'
            WHEN a.answering * 2 < a.minutes THEN 'outage_lasts'
            WHEN attempts_after < $amplified * most_before THEN 'unamplified'
        END AS suppressor
    FROM storms_that_stay AS s
    INNER JOIN episode_ends USING (episode)
    LEFT JOIN usual AS u USING (episode)
    LEFT JOIN ends AS e USING (episode)
    LEFT JOIN recoveries AS r USING (episode)
    LEFT JOIN afterwards AS a USING (episode)
    LEFT JOIN surges USING (episode)
),

-- The curve in at most sixty steps.
curves AS (
    SELECT
        episode,
        list({
            'at': strftime(step_at, '%Y-%m-%dT%H:%M:%S.%fZ'),
            'first_attempts': firsts, 'attempts': attempts, 'successes': served
        } ORDER BY step_at) AS curve
    FROM (
        SELECT
            s.episode,
            edge_from + to_minutes(minute - (minute - s.begun + 60) % ((s.over - s.begun + 65) // 60 + 1)) AS step_at,
            sum(firsts) AS firsts, sum(attempts) AS attempts, sum(served) AS served
        FROM storms_that_stay AS s
        INNER JOIN minutes AS m ON s.edge = m.edge AND m.minute BETWEEN s.begun - 60 AND s.over + 5
        GROUP BY ALL
    )
    GROUP BY episode
),

storms AS (
    SELECT s.streak, s.episode AS storm, j.suppressor
    FROM judged AS j
    INNER JOIN streaks AS s USING (episode)
    WHERE NOT s.wraps
)

SELECT
    [caller, callee] AS subject,
    CASE WHEN surged THEN 'strong' ELSE 'probable' END AS grade,
    r.suppressor,
    evidence,
    retries AS excess,
    -- NULL would take a name out of the facts.
    json_merge_patch(to_json(facts), to_json({
        'trigger_s': coalesce(trigger_s, 0), 'surged': surged, 'after_s': coalesce(after_s, 0), 'cut': coalesce(cut, FALSE),
        'stopped': coalesce(stopped, FALSE),
        'trigger_over': coalesce(strftime(trigger_over, '%Y-%m-%dT%H:%M:%S.%fZ'), ''),
        'firsts_before': coalesce(round(firsts_before, 1), 0), 'share_before': coalesce(round(share_before, 2), 0),
        'most_before': coalesce(round(most_before, 1), 0), 'firsts_after': coalesce(round(firsts_after, 1), 0),
        'attempts_after': coalesce(round(attempts_after, 1), 0), 'share_after': coalesce(round(share_after, 2), 0), 'curve': curve
    }))::VARCHAR AS facts
FROM storm_report('storms') AS r
INNER JOIN judged AS j ON r.storm = j.episode
INNER JOIN curves AS c ON r.storm = c.episode
