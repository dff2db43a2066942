-- What mappings may call beside DuckDB's own functions. Every one gives NULL for NULL and for what
-- it cannot read.

-- A signed 64-bit hash that is the same in every version and engine: 63 bits of MD5.
CREATE OR REPLACE MACRO hash64(value) AS (md5_number_lower(value) >> 1)::BIGINT;

-- A word for a state may have an underscore too (`already_processed`), and a digit (`status_code_200`), or end in a
-- day: what is random stands last and is long.
CREATE OR REPLACE MACRO made_id(value) AS
    CASE
        WHEN
            length(value) >= 12
            AND regexp_full_match(value, '[A-Za-z][A-Za-z0-9]*_([A-Za-z0-9]*_)*[A-Za-z0-9]{8,}')
            AND regexp_matches(value, '[0-9][A-Za-z0-9]*$')
            AND NOT regexp_matches(value, '_20[0-9]{6}$')
            THEN value
    END;
CREATE OR REPLACE MACRO only_id(ids) AS CASE WHEN len(ids) = 1 THEN ids[1] END;
-- A dict may also name what was there before (a customer): only what providers make is looked for, and of two such
-- ids nothing says which was made.
CREATE OR REPLACE MACRO repr_id(value) AS
    CASE
        WHEN starts_with(value, '{') THEN only_id(list_distinct(list_filter(
            regexp_extract_all(
                value, '[''"]\w+[''"]:\s*[''"]((?:ch|py|pi|po|pay|payout|re|rf|tr|in|inv|txn|em|email|msg|sm|mail)_\w+)[''"]',
                1
            ),
            lambda word: made_id(word) IS NOT NULL
        )))
        ELSE made_id(regexp_extract(value, '^[''"](\w+)[''"]$', 1))
    END;

-- What a tool looked up it did not make.
CREATE OR REPLACE MACRO looks_up(tool) AS coalesce(
    regexp_matches(
        tool, '(^|[^A-Za-z])([Gg]et|[Ff]etch|[Ff]ind|[Ss]earch|[Rr]etrieve|[Ll]ookup|[Dd]escribe)([^a-z]|$)'
    ), false
);
CREATE OR REPLACE MACRO ids_named_after(tool, answer) AS list_filter(
    json_keys(answer),
    lambda k: contains(lower(tool), lower(nullif(regexp_extract(k, '^(\w{3,}?)(_id|Id|ID)$', 1), '')))
);
-- A tool answers with the id of what it made, with an object that has it as `id`, or as the one id that is named as
-- the tool is (`refund_id` of `issue_refund`).
CREATE OR REPLACE MACRO answered_id(tool, answer) AS CASE
    WHEN NOT looks_up(tool)
        THEN coalesce(
            made_id(coalesce(try(json_extract_string(answer, '$.id')), answer)),
            made_id(try(json_extract_string(answer, '$."' || only_id(ids_named_after(tool, answer)) || '"'))),
            repr_id(answer)
        )
END;

-- DuckDB reads `infinity` and years before 1 and after 9999; other tools cannot.
CREATE OR REPLACE MACRO in_calendar(instant) AS
    CASE
        WHEN instant BETWEEN TIMESTAMPTZ '0001-01-01 00:00:00+00'
            AND TIMESTAMPTZ '9999-12-31 23:59:59.999999+00' THEN instant
    END;

CREATE OR REPLACE MACRO epoch_seconds(value) AS in_calendar(
    make_timestamp((try_cast(value AS DECIMAL(38, 6)) * 1000000)::BIGINT) AT TIME ZONE 'UTC'
);
CREATE OR REPLACE MACRO epoch_milliseconds(value) AS in_calendar(
    make_timestamp((try_cast(value AS DECIMAL(38, 6)) * 1000)::BIGINT) AT TIME ZONE 'UTC'
);
CREATE OR REPLACE MACRO epoch_microseconds(value) AS in_calendar(
    make_timestamp(try_cast(value AS BIGINT)) AT TIME ZONE 'UTC'
);
CREATE OR REPLACE MACRO epoch_nanoseconds(value) AS in_calendar(
    make_timestamp(try_cast(value AS BIGINT) // 1000) AT TIME ZONE 'UTC'
);

CREATE OR REPLACE MACRO filled(value) AS nullif(value, '');

CREATE OR REPLACE MACRO whole_number(value) AS
    CASE
        WHEN contains(value, '.') AND NOT regexp_full_match(value, '[+-]?[0-9]+[.]0*') THEN NULL
        ELSE try_cast(value AS BIGINT)
    END;

CREATE OR REPLACE MACRO truth(value) AS try_cast(value AS BOOLEAN);

-- Books also write what is negative in brackets, or with the sign behind it.
CREATE OR REPLACE MACRO sign_before(value) AS
    regexp_replace(trim(value::VARCHAR), '^(?:[(]([^()]+)[)]|([^-]+)-)$', '-\1\2');

CREATE OR REPLACE MACRO major_units(value) AS
    coalesce(try_cast(value AS DECIMAL(18, 4)), try_cast(sign_before(value) AS DECIMAL(18, 4)));

-- Money is unsigned in a canonical event; the stage says which way it went. A negative sum of what takes
-- money gives it back; of what may go either way it is told apart from a positive one.
CREATE OR REPLACE MACRO stage_of_sum(amount, money_stage, effect_class) AS
    CASE
        WHEN amount IS NULL OR amount >= 0 THEN money_stage
        WHEN money_stage IN ('captured', 'settled') THEN 'refunded'
        WHEN money_stage = 'authorised' THEN 'reversed'
        WHEN money_stage IS NOT NULL THEN money_stage
        WHEN effect_class = 'billing' THEN 'refunded'
        WHEN effect_class = 'ledger' THEN 'debited'
    END;

-- A sum without the sign of its currency, which may stand on either side; `\s` knows no space that does not break.
CREATE OR REPLACE MACRO bare_sum(value) AS
    regexp_replace(
        sign_before(translate(value::VARCHAR, chr(160) || chr(8239), '  ')),
        '^([+-]?)[$€£¥₹]?\s?([+-]?[.0-9].*?)\s?[$€£¥₹]?$',
        '\1\2'
    );

-- As most of Europe writes money: `1.234,50`. A point is no decimal sign there, so that `1.50` is null.
CREATE OR REPLACE MACRO comma_units(value) AS
    CASE
        WHEN regexp_full_match(bare_sum(value), '[+-]?([0-9]{1,3}([. ''][0-9]{3})+|[0-9]+)(,[0-9]+)?')
            THEN major_units(replace(regexp_replace(bare_sum(value), '[. '']', '', 'g'), ',', '.'))
    END;

-- As most of the rest of the world does: `1,234.50`. A comma is no decimal sign there, so that `1,50` is null.
CREATE OR REPLACE MACRO point_units(value) AS
    CASE
        WHEN regexp_full_match(bare_sum(value), '[+-]?([0-9]{1,3}([, ''][0-9]{3})+|[0-9]*)([.][0-9]+)?')
            THEN major_units(regexp_replace(bare_sum(value), '[, '']', '', 'g'))
    END;

-- Amounts in minor units (cents) to major units; currencies without or with three decimals differ.
-- https://docs.stripe.com/currencies
CREATE OR REPLACE MACRO minor_units(value, currency) AS
    (coalesce(try_cast(value AS DECIMAL(38, 4)), try_cast(sign_before(value) AS DECIMAL(38, 4))) / CASE
        WHEN upper(currency) IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG',
            'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 1
        WHEN upper(currency) IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 1000
        ELSE 100
    END)::DECIMAL(18, 4);

-- A hash as it stands in a canonical file: a signed number, 16 hex digits, or any other text,
-- which is hashed so that equal stays equal.
CREATE OR REPLACE MACRO wrapped(unsigned) AS
    (CASE
        WHEN unsigned > 9223372036854775807 THEN unsigned - 18446744073709551616::HUGEINT
        ELSE unsigned
    END)::BIGINT;
CREATE OR REPLACE MACRO stored_hash(value) AS
    CASE
        WHEN value = '' THEN NULL
        WHEN try_cast(value AS BIGINT) IS NOT NULL AND NOT contains(value, '.')
            THEN try_cast(value AS BIGINT)
        WHEN regexp_full_match(value, '(?i)[0-9a-f]{16}')
            THEN wrapped(('0x' || value)::UBIGINT::HUGEINT)
        ELSE hash64(value)
    END;

-- PostgreSQL's hstore as text, `"name"=>"value", "name"=>NULL`, as a JSON object. A value has its own quotes
-- and backslashes escaped as JSON has them, and nothing else: `to_json` escapes all, and those two are taken back.
CREATE OR REPLACE MACRO control_escaped(value) AS
    replace(replace(to_json(value)::VARCHAR, '\"', '"'), '\\', '\')[2:-2];
CREATE OR REPLACE MACRO braced_hstore(value) AS
    '{' || replace(replace(control_escaped(value), '"=>"', '":"'), '"=>NULL', '":null') || '}';
CREATE OR REPLACE MACRO hstore_object(value) AS
    CASE WHEN contains(value, '"=>') AND json_valid(braced_hstore(value)) THEN braced_hstore(value) END;

-- What is no JSON is a JSON string, so that what reads it later never stumbles.
CREATE OR REPLACE MACRO stored_json(value) AS
    CASE WHEN json_valid(value) THEN value ELSE to_json(nullif(value, ''))::VARCHAR END;
CREATE OR REPLACE MACRO texts(value) AS json_transform(value, '["VARCHAR"]');
CREATE OR REPLACE MACRO related_records(value) AS
    json_transform(value, '[{"type":"VARCHAR","id":"VARCHAR","role":"VARCHAR"}]');
CREATE OR REPLACE MACRO field_changes(value) AS list_transform(
    json_transform(value, '[{"name":"VARCHAR","before":"VARCHAR","after":"VARCHAR"}]'),
    lambda c: {'name': c.name, 'before': stored_hash(c.before), 'after': stored_hash(c.after)}
);

-- The records that a list of (type, id, role) names; those without an id are left out.
CREATE OR REPLACE MACRO known_records(records) AS
    nullif(list_filter(records, lambda r: r.id IS NOT NULL AND r.id <> ''), []);
CREATE OR REPLACE MACRO record_named(kind, id, role) AS {'type': kind, 'id': id, 'role': role};

-- The ids that a message's text names, whatever its shape: `"order_id": "ORD-17"` is an order. Only a field that
-- says it holds an id, or is named for what has one, counts; what opens something is none. The first 32 stand.
CREATE OR REPLACE MACRO fields_in(content, part) AS regexp_extract_all(
    left(content, 65536), '"([A-Za-z][A-Za-z0-9_.-]{0,39})"\s*:\s*"?([A-Za-z0-9][A-Za-z0-9_.:|-]{0,63})[",}\s]', part
);
CREATE OR REPLACE MACRO is_an_id(name, value) AS
    regexp_matches(value, '[0-9]') AND NOT regexp_matches(value, '^[0-9]{4}-[0-9]{2}-[0-9]{2}')
    AND (
        regexp_matches(name, '(_id|[a-z]Id|[a-z]ID|^id)$')
        OR (
            regexp_matches(name, '^(order|invoice|booking|payment|customer|reference|number|name)$')
            AND regexp_matches(value, '^[A-Za-z]+[-_][A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*$')
        )
    )
    AND NOT regexp_matches(name, '(?i)key|token|secret|sess|pass|auth|cookie|card|pin|tax|national|trace|span');
CREATE OR REPLACE MACRO records_in(content) AS known_records(list_transform(
    list_sort(list_distinct(list_filter(
        list_zip(fields_in(content, 1), fields_in(content, 2)), lambda field: is_an_id(field[1], field[2])
    )[:32])),
    lambda field: record_named(
        coalesce(nullif(lower(regexp_replace(field[1], '_?(id|Id|ID)$', '')), ''), field[1]), field[2], 'content'
    )
));

-- A date alone may end like an offset: `2026-11-02`.
CREATE OR REPLACE MACRO says_zone(value) AS
    length(value) > 10 AND regexp_matches(value, '(?i)(z|utc|[+-][0-9][0-9]:?([0-9][0-9])?)$');

-- ISO 8601, which lets a comma stand before the fraction; a time without a zone is read in the zone
-- of `--timezone`. DuckDB reads the word `epoch` as a time.
CREATE OR REPLACE MACRO iso_time(value) AS in_calendar(
    CASE
        WHEN left(value, 1) IN ('e', 'E') THEN NULL
        WHEN says_zone(value) THEN try_cast(replace(upper(value), ',', '.') AS TIMESTAMPTZ)
        ELSE try_cast(replace(value, ',', '.') AS TIMESTAMP) AT TIME ZONE naive_zone()
    END
);

-- A date as people write it, as ISO text for `iso_time`; what is none stays as it is. JavaScript puts
-- a narrow space before `PM`.
CREATE OR REPLACE MACRO in_24_hours(value) AS CASE
    WHEN value[-1:] IN ('M', 'm') THEN strftime(try_strptime(
        upper(replace(value, chr(8239), ' ')),
        ['%Y-%m-%d %I:%M:%S.%f %p', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p']
    ), '%Y-%m-%d %H:%M:%S.%f')
    ELSE value
END;
CREATE OR REPLACE MACRO day_in_order(value, parts) AS in_24_hours(
    rtrim(regexp_replace(value, '^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})[, T]*', parts))
);
CREATE OR REPLACE MACRO day_first(value) AS day_in_order(value, '\3-\2-\1 ');
CREATE OR REPLACE MACRO month_first(value) AS day_in_order(value, '\3-\1-\2 ');

-- The same text as it stands, where it has no zone; the last letter decides for most that have.
CREATE OR REPLACE MACRO zoneless_time(value) AS CASE
    WHEN right(value, 1) IN ('Z', 'z') OR left(value, 1) IN ('e', 'E') OR says_zone(value) THEN NULL
    ELSE try_cast(replace(value, ',', '.') AS TIMESTAMP)
END;

CREATE OR REPLACE MACRO stored_lock(value) AS CASE WHEN value IS NOT NULL THEN list_transform(
    [json_transform(value, '{"mode":"VARCHAR","expires_at":"VARCHAR","fencing_token":"VARCHAR"}')],
    lambda l: {
        'mode': l.mode, 'expires_at': iso_time(l.expires_at), 'fencing_token': l.fencing_token
    }
)[1] END;
CREATE OR REPLACE MACRO stored_approval(value) AS CASE WHEN value IS NOT NULL THEN list_transform(
    [json_transform(value, '{"id":"VARCHAR","subject_hash":"VARCHAR","expires_at":"VARCHAR"}')],
    lambda a: {
        'id': a.id, 'subject_hash': a.subject_hash, 'expires_at': iso_time(a.expires_at)
    }
)[1] END;

-- OpenTelemetry's list of {key, value: {stringValue | intValue | …}} as a map of texts.
-- https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md
CREATE OR REPLACE MACRO otlp_attributes(value) AS map_from_entries(list_transform(
    json_transform(value, '[{"key":"VARCHAR","value":{"stringValue":"VARCHAR",
        "intValue":"VARCHAR","doubleValue":"VARCHAR","boolValue":"VARCHAR","bytesValue":"VARCHAR",
        "arrayValue":{"values":"VARCHAR"},"kvlistValue":{"values":"VARCHAR"}}}]'),
    lambda a: {
        'key': coalesce(a.key, ''),
        'value': coalesce(
            a.value.stringValue, a.value.intValue, a.value.doubleValue, a.value.boolValue,
            a.value.bytesValue, a.value.arrayValue.values, a.value.kvlistValue.values
        )
    }
));

-- HTTP headers as receivers log them, {"Name": "value" | ["value", …]}, under lower-case names;
-- what was sent several times is joined as a proxy would (RFC 9110, section 5.3).
CREATE OR REPLACE MACRO http_headers(value) AS try(list_transform(
    [try_cast(value AS JSON)::MAP(VARCHAR, VARCHAR)],
    lambda sent: map(
        list_transform(map_keys(sent), lambda name: lower(name)),
        list_transform(map_values(sent), lambda text: CASE
            WHEN starts_with(text, '[') AND json_valid(text) THEN array_to_string(texts(text), ', ')
            ELSE text
        END)
    )
)[1]);

-- What a receiver's answer says of the handing-over; a guard refused where the sender was not let
-- in or the receiver had it already.
CREATE OR REPLACE MACRO answer_outcome(status) AS
    CASE
        WHEN try_cast(status AS INTEGER) BETWEEN 200 AND 299 THEN 'ok'
        WHEN try_cast(status AS INTEGER) IN (408, 499, 504) THEN 'timeout'
        WHEN try_cast(status AS INTEGER) IN (401, 403, 409, 412) THEN 'rejected'
        WHEN try_cast(status AS INTEGER) >= 300 THEN 'error'
    END;
-- The error of an answer, when it is one: `503`.
CREATE OR REPLACE MACRO answer_error(status) AS
    CASE WHEN try_cast(status AS INTEGER) >= 300 THEN status END;

-- One field of a form (application/x-www-form-urlencoded).
CREATE OR REPLACE MACRO form_field(body, name) AS try(url_decode(replace(
    filled(regexp_extract('&' || body, '&' || name || '=([^&]*)', 1)), '+', ' '
)));

-- A list of {key, value} as a map of texts; of a key that is told twice the first stands.
CREATE OR REPLACE MACRO distinct_keys(entries) AS map_from_entries(list_filter(
    entries, lambda e, place: list_position(list_transform(entries, lambda o: o.key), e.key) = place
));
CREATE OR REPLACE MACRO key_values(value) AS distinct_keys(list_filter(
    json_transform(value, '[{"key":"VARCHAR","value":"VARCHAR"}]'), lambda e: e.key IS NOT NULL
));

-- What kind of failure an error's own words speak of; null for no words.
CREATE OR REPLACE MACRO failure_kind(value) AS
    CASE
        WHEN value IS NULL OR value = '' THEN NULL
        -- How long a task may take is no rate; a realtime limit or one for a lifetime is no such time.
        WHEN
            regexp_matches(value, '(?i)(\b|_|soft|hard|run|execution)time.?limit')
            AND NOT regexp_matches(value, '(?i)(real|life|one)[ _-]time.?limit')
            THEN 'timeout'
        WHEN regexp_matches(value, '(?i)throttl|rate.?(limit|exceed)|too.?many.?requests|toomanyrequests|slow.?down|requestlimit|limitexceeded|quota|\b429\b') THEN 'throttle'
        WHEN regexp_matches(value, '(?i)time.?out|timed.out|deadline|\b(408|504)\b') THEN 'timeout'
        WHEN regexp_matches(value, '(?i)connection|network|unreachable|reset by peer|broken pipe|\bdns\b|socket|econn') THEN 'network'
        WHEN regexp_matches(value, '(?i)access.?denied|unauthori[sz]|forbidden|permission|credential|not.?authori[sz]|authfailure|invalid.?token|optinrequired|\b(401|403)\b') THEN 'auth'
        WHEN regexp_matches(value, '(?i)not.?found|no.?such|does.?not.?exist|\b(404|410)\b') THEN 'not_found'
        WHEN regexp_matches(value, '(?i)conflict|already.?exist|already.?in.?use|duplicate|conditional.?check|idempot|in.?progress|unique|\b(409|412)\b') THEN 'conflict'
        WHEN regexp_matches(value, '(?i)valid|malformed|missing|bad.?request|invalid|value.?error|type.?error|key.?error|parameter|dryrun|\b(400|422)\b') THEN 'validation'
        WHEN regexp_matches(value, '(?i)unavailable|dependency|bad.?gateway|\b(502|503)\b') THEN 'dependency'
        WHEN regexp_matches(value, '(?i)internal|server|\b500\b') THEN 'server'
        ELSE 'other'
    END;

-- `name=value name="a value"` as a JSON object of texts; of a name that repeats the first value.
CREATE OR REPLACE MACRO unquoted(value) AS CASE
    WHEN value[1] = '"' AND length(value) > 1 THEN replace(value[2:-2], '\"', '"')
    WHEN value[1] = '''' AND length(value) > 1 THEN value[2:-2]
    ELSE value
END;
CREATE OR REPLACE MACRO first_pairs(names, found) AS map_from_entries(list_transform(
    list_distinct(names),
    lambda n: {'key': n, 'value': unquoted(found[list_position(names, n)])}
));
CREATE OR REPLACE MACRO pairs_of(value) AS to_json(first_pairs(
    regexp_extract_all(
        value, '([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|''[^'']*''|[^\s,;\])}]*)', 1
    ),
    regexp_extract_all(
        value, '([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|''[^'']*''|[^\s,;\])}]*)', 2
    )
));
