-- What the patterns of this detector share: how a collision is told, and what settles it.

-- A version that is an integer and nothing else: `7`, not `7.0`, `007` or `1e3`. It takes 63 bits at
-- most, for the distance of two versions to be a number too; nanoseconds since 1970 do until 2116.
CREATE OR REPLACE MACRO whole_number(version) AS
CASE
    WHEN try_cast(version AS BIGINT)::VARCHAR = version
        AND try_cast(version AS BIGINT) BETWEEN -4611686018427387903 AND 4611686018427387903
        THEN try_cast(version AS BIGINT)
END;

-- How long after a caller's stamp what it asked for may have come about: until it was answered. Where
-- its log does not show that, a call is taken to last no longer than a second.
CREATE OR REPLACE MACRO unseen_us(occurred_at, ended_at, by_caller) AS
CASE WHEN by_caller THEN coalesce(epoch_us(ended_at) - epoch_us(occurred_at), 1000000) ELSE 0 END;

-- How far apart two stamps of accesses must be, in microseconds, to order them.
CREATE OR REPLACE MACRO clock_error_us(a, b) AS
CASE
    WHEN a.clock_id = b.clock_id THEN a.resolution_us
    WHEN a.reference_id = b.reference_id THEN a.error_us + b.error_us + 1
    ELSE greatest(a.error_us + b.error_us, 1000000) + 1
END;

-- Whether access `a` was over before `b` began: a serial log knows, else the clocks must.
CREATE OR REPLACE MACRO surely_before(a, b) AS
CASE
    WHEN a.stream = b.stream THEN a.seq < b.seq
    ELSE coalesce(b.began - a.settled >= clock_error_us(a, b), FALSE)
END;

-- Whether the versions that two accesses of one record name are counted in one place: in one store,
-- or in the only one that their common log tells of.
CREATE OR REPLACE MACRO counted_together(a, b) AS
a.store = b.store OR (a.source_id = b.source_id AND coalesce(a.target = b.target, TRUE));

-- The fields that an access touched; null when it touched all or the log does not say.
CREATE OR REPLACE MACRO touched(fields, changes) AS
coalesce(nullif(fields, []), nullif(list_transform(changes, lambda change: change.name), []));

-- The fields that more than one of several writes touched; `*` when one of them touched all.
CREATE OR REPLACE MACRO shared_fields(lists) AS
CASE
    WHEN len(list_filter(lists, lambda one: one IS NULL)) > 0 THEN ['*']
    ELSE list_sort(list_distinct(list_filter(
        flatten(lists),
        lambda name: len(list_filter(lists, lambda one: list_contains(one, name))) > 1
    )))
END;

-- The fields that others touched after the first, of which they may have lost what it wrote; `*` when one of them
-- touched all.
CREATE OR REPLACE MACRO fields_in_question(part, touches) AS
CASE
    WHEN bool_or(touches IS NULL) THEN ['*']
    ELSE shared_fields([
        flatten(list(touches) FILTER (WHERE part = 'original')),
        flatten(list(touches) FILTER (WHERE part <> 'original'))
    ])
END;

-- Whether two writes left different values: field by field where both say, else as whole records,
-- whose hashes compare within one log only; null when the log cannot tell.
CREATE OR REPLACE MACRO values_differ(
    a_source, a_after, a_changes, b_source, b_after, b_changes
) AS
CASE
    WHEN list_has_any(
        list_transform(a_changes, lambda change: change.name),
        list_transform(b_changes, lambda change: change.name)
    ) THEN len(list_filter(
        a_changes,
        lambda one: len(list_filter(b_changes, lambda two: two.name = one.name AND two.after <> one.after)) > 0
    )) > 0
    WHEN a_source = b_source THEN a_after <> b_after
END;

-- Whether a row belongs to an environment (null: live): one that names none, as a bare COMMIT, may to any.
CREATE OR REPLACE MACRO may_be_of(named, environment) AS
coalesce(named, environment, 'live') = coalesce(environment, 'live');

-- The locks of which every one of several accesses has a holding around it.
CREATE OR REPLACE MACRO covering_locks(lists) AS
list_reduce(
    list_transform(lists, lambda one: coalesce(list_transform(one, lambda held: held.lock_id), [])),
    lambda a, b: list_intersect(a, b)
);

-- Whether one lock was held around all of them, by each of the executions in one go.
CREATE OR REPLACE MACRO held_alone(lists, executions) AS
len(list_filter(
    covering_locks(lists),
    lambda lock_id: executions = len(list_distinct(list_transform(
        list_filter(flatten(lists), lambda held: held.lock_id = lock_id),
        lambda held: held.holding
    )))
)) > 0;

-- Whether the last of several writes has an older version than another; on a tie the oldest counts
-- as the last. One integer holds both, the moment above: sorting pairs costs ten times as much.
CREATE OR REPLACE MACRO ends_older(moment, version) AS
max(moment::HUGEINT * 9223372036854775808 - version)
> max(moment)::HUGEINT * 9223372036854775808 - max(version);

-- Aggregates over the rows of one collision, each with its role. Only those that wrote or acted
-- count: `original` and `duplicate`.
CREATE OR REPLACE MACRO took_part(part) AS part IN ('original', 'duplicate');

-- Some of the writes that took part name no fields, and some no content of the whole record: each may have changed
-- what the others left alone.
CREATE OR REPLACE MACRO fields_untold(part, touches, after_hash) AS
bool_or(touches IS NULL) FILTER (WHERE took_part(part))
AND bool_or(after_hash IS NULL) FILTER (WHERE took_part(part));

-- All belong to one chain of causes: the second knew of the first.
CREATE OR REPLACE MACRO one_chain(part, root_id) AS
count(DISTINCT root_id) FILTER (WHERE took_part(part)) = 1;

-- All left the record with the same content: nothing was lost.
CREATE OR REPLACE MACRO one_value(part, after_hash) AS
count(DISTINCT after_hash) FILTER (WHERE took_part(part)) = 1
AND bool_and(after_hash IS NOT NULL) FILTER (WHERE took_part(part));

-- All have a key of their own, so that no two of them are one operation.
CREATE OR REPLACE MACRO keyed_apart(part, operation_key) AS
count(DISTINCT operation_key) FILTER (WHERE took_part(part)) = count(*) FILTER (WHERE took_part(part));

-- All wrote a sum, or a list with one more at its end, and none is known to be another try of one of them: had none
-- lost the other, no two would have come to the same.
CREATE OR REPLACE MACRO added_up(part, "action", operation_key, attempt) AS
bool_and(regexp_matches(
    "action",
    '(^|[^A-Za-z])(?i:incr|incrby|increment|increase|decr|decrby|decrement|decrease|append|enqueue)([^a-z]|$)'
)) FILTER (WHERE took_part(part))
AND (
    keyed_apart(part, operation_key)
    OR (count(operation_key) FILTER (WHERE took_part(part)) = 0
        AND NOT coalesce(bool_or(attempt > 1) FILTER (WHERE took_part(part)), FALSE))
);

-- One lock was held alone around every one of them, one after the other. Where no read shows that
-- the lock was taken before the record was read, it must bear the record's name.
CREATE OR REPLACE MACRO under_lock(part, execution_id, locks, own_locks) AS
CASE
    WHEN bool_or(part = 'cause') THEN held_alone(
        list(locks) FILTER (WHERE part <> 'context' AND part <> 'guard'),
        count(DISTINCT execution_id) FILTER (WHERE part <> 'context' AND part <> 'guard')
    )
    ELSE held_alone(
        list(own_locks) FILTER (WHERE took_part(part)), count(DISTINCT execution_id) FILTER (WHERE took_part(part))
    )
END;

-- The rows of a collision as evidence, and who took part, in a fixed order.
CREATE OR REPLACE MACRO witnesses(event_id, part) AS
list({'event_id': event_id, 'role': part} ORDER BY event_id);

-- A record as people write it, and as a finding's subject.
CREATE OR REPLACE MACRO record_name(entity_type, entity_id) AS
CASE WHEN entity_id IS NOT NULL THEN concat_ws(' ', entity_type, entity_id) END;
CREATE OR REPLACE MACRO record_subject(entity_type, entity_id, tenant, environment) AS
list_filter([entity_type, entity_id, tenant, environment], lambda part: part IS NOT NULL);

-- Who made an access, for the facts.
CREATE OR REPLACE MACRO party(
    transaction_id, execution_id, workflow, "system", source, actor, occurred_at, version_written
) AS {
    'transaction': coalesce(transaction_id, execution_id),
    'workflow': workflow,
    'system': coalesce("system", source),
    'actor': actor,
    'at': strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ'),
    'version': version_written
};

CREATE OR REPLACE MACRO party_of(a) AS
party(
    a.transaction_id, a.execution_id, a.workflow, a."system", a.source, a.actor, a.occurred_at, a.version_written
);

-- Why one of two transactions has to come before the other, for the facts: `ww`, `wr` or `rw`, see
-- `crossings`.
CREATE OR REPLACE MACRO step_of(kind, earlier, later) AS {
    'kind': kind,
    'record': record_name(earlier.entity_type, earlier.entity_id),
    'version': CASE WHEN kind = 'rw' THEN earlier.version_read ELSE earlier.version_written END,
    'earlier': party_of(earlier),
    'later': party_of(later),
    'events': [earlier.event_id, later.event_id]
};

-- Fields in which the last write wins by design.
CREATE OR REPLACE TABLE last_write_wins AS
SELECT unnest([
    'last_seen', 'last_seen_at', 'last_accessed_at', 'last_login_at', 'heartbeat', 'heartbeat_at',
    'presence', 'updated_at', 'modified_at', 'synced_at', 'last_synced_at', 'touched_at'
]) AS field
UNION
SELECT last_write_wins FROM declared_fields;

-- Whether all fields in question are such fields.
CREATE OR REPLACE MACRO only_last_write_wins(fields) AS
list_has_all((SELECT list(field) FROM last_write_wins), fields);

-- Whether all that was written may be overwritten: such fields, or a system that keeps nothing else.
CREATE OR REPLACE MACRO last_wins(shared, passing, part) AS
only_last_write_wins(any_value(shared)) OR coalesce(bool_and(passing) FILTER (WHERE took_part(part)), FALSE);

-- Why a write that a read saw, or did not see, was nothing to the reader; null when it was. A read that
-- names no fields is of all that was written.
CREATE OR REPLACE MACRO no_concern(looked, wrote) AS
CASE
    WHEN looked.root_id = wrote.root_id THEN 'same_chain'
    WHEN NOT list_has_any(looked.touches, wrote.touches) THEN 'disjoint_fields'
    WHEN only_last_write_wins(shared_fields([coalesce(looked.touches, wrote.touches), wrote.touches]))
        OR wrote.passing
        THEN 'last_write_wins'
END;

-- Whether all wrote in transactions that the store would not have let pass each other, and each had
-- looked in its own, or it looked outside. Each store puts its own transactions in order, none those
-- of another.
CREATE OR REPLACE MACRO isolated(part, writing, transaction_id, store, isolation, levels) AS
bool_and(transaction_id IS NOT NULL AND list_contains(levels, coalesce(isolation, '')))
    FILTER (WHERE took_part(part))
AND count(DISTINCT store) FILTER (WHERE took_part(part) OR part = 'cause') = 1
AND list_has_all(list(transaction_id) FILTER (WHERE part = 'cause'), list(transaction_id) FILTER (WHERE writing));

-- The code that made an access: workflow, else consumer, else verb, and the system that ran it.
CREATE OR REPLACE MACRO path_of(a) AS
concat_ws('@', coalesce(a.handler, a.consumer, a."action"), coalesce(a."system", a.source));
