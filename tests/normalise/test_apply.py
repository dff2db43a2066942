"""A mapping over a batch: what comes out, and that nothing is lost on the way."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.registry import mapping_texts
from forensics.model.errors import UsageError
from forensics.normalise.mapping import Mapping, parse
from tests.normalise.batches import mapping, prepared, staged

ALL = [parse(text, where=where) for where, text in mapping_texts()]
SIMPLE = '[[event]]\n[event.columns]\naction = "{a}"\n'


def test_one_record_gives_none_one_or_several_events() -> None:
    how = mapping("""
        [[ignore]]
        name = "beat"
        when = "{a} = 'beat'"
        reason = "nothing happened"
        [[event]]
        when = "{a} IN ('one', 'two')"
        columns = { action = "{a}", kind = "'delivery'" }
        [[event]]
        when = "{a} = 'two'"
        columns = { action = "{a}", kind = "'effect'", effect_id = "{id}" }
    """)
    contents = [b'{"a":"one"}', b'{"a":"two","id":"x"}', b'{"a":"beat"}', b'{"a":"other"}', b"{"]

    with prepared() as connection:
        events, tally, reasons = staged(connection, how, contents)

    assert [(e["kind"], e["source_part"]) for e in events] == [
        ("delivery", 0), ("delivery", 0), ("effect", 1),
    ]  # fmt: skip
    assert len({event["event_id"] for event in events}) == 3
    assert tally.ignored == {"beat": 1, "unmapped kind": 1}
    assert (tally.read, tally.mapped, tally.quarantined, tally.events) == (5, 2, 1, 3)
    assert reasons == ["not valid JSON"]


def test_lists_inside_lists_are_unrolled_and_keep_what_encloses_them() -> None:
    how = mapping("""
        records = ["groups[].batches[].rows", "groups[].old.rows"]
        [[event]]
        columns = { action = "{a}", system = "{^^name}", workflow = "{^name}" }
    """)
    document = orjson.dumps(
        {
            "groups": [
                {"name": "g1", "batches": [{"name": "b1", "rows": [{"a": "x"}, {"a": "y"}]}]},
                {"name": "g2", "batches": [{"name": "b2", "rows": [{"a": "z"}]}]},
            ]
        }
    )

    with prepared() as connection:
        events, tally, _ = staged(connection, how, [document])

    assert [(e["action"], e["system"], e["workflow"]) for e in events] == [
        ("x", "g1", "b1"), ("y", "g1", "b1"), ("z", "g2", "b2"),
    ]  # fmt: skip
    assert [e["source_position"] for e in events] == [
        "part:0#0.0.0", "part:0#0.0.1", "part:0#1.0.0",
    ]  # fmt: skip
    assert tally.read == 3


def test_a_list_that_is_text_is_unrolled_and_keeps_what_encloses_it() -> None:
    how = mapping("""
        records = ["body"]
        [[event]]
        columns = { action = "{a}", system = "{^name}" }
    """)
    contents = [
        b'{"name":"n","body":"[{\\"a\\":\\"x\\"},{\\"a\\":\\"y\\"}]"}',
        b'{"name":"m","a":"z","body":"[no list"}',
    ]

    with prepared() as connection:
        events, tally, _ = staged(connection, how, contents)

    assert [(e["action"], e["system"]) for e in events] == [("x", "n"), ("y", "n"), ("z", "m")]
    assert tally.read == 3


def test_names_that_differ_only_in_case_are_two_names() -> None:
    how = mapping("""
        [[event]]
        columns = { action = "coalesce({MessageId}, {messageId})", system = "{messageid}" }
    """)

    with prepared() as connection:
        events, _, _ = staged(connection, how, [b'{"MessageId":"A"}', b'{"messageId":"b"}'])

    assert [event["action"] for event in events] == ["A", "b"]
    assert not any("system" in event for event in events)


def test_an_array_is_unrolled_and_an_empty_list_is_counted() -> None:
    how = mapping(f'records = ["rows"]\n{SIMPLE}')

    with prepared() as connection:
        events, tally, _ = staged(
            connection, how, [b' [{"a":"x"},{"a":"y"}]', b"[]", b'{"rows":[]}', b'{"a":"z"}']
        )

    assert [event["action"] for event in events] == ["x", "y", "z"]
    assert tally.ignored == {"empty list": 2}
    assert tally.read == 5


def test_a_wrapper_is_opened_also_when_it_is_text() -> None:
    how = mapping("""
        unwrap = ["inner", "other"]
        [[event]]
        columns = { action = "{a}", system = "{^name}" }
    """)
    contents = [
        b'{"name":"n","inner":"{\\"a\\":\\"text\\"}"}',
        b'{"name":"n","other":{"a":"object"}}',
        b'{"name":"n","a":"bare","inner":"no object"}',
    ]

    with prepared() as connection:
        events, _, _ = staged(connection, how, contents)

    assert [e["action"] for e in events] == ["text", "object", "bare"]
    assert {e["system"] for e in events} == {"n"}
    assert events[0]["raw"] == contents[0].decode()


def test_an_own_id_is_kept_and_counted_once() -> None:
    how = mapping('[[event]]\ncolumns = { event_id = "{id}", action = "{a}" }')
    contents = [b'{"id":"1","a":"x"}', b'{"id":"1","a":"x"}', b'{"a":"y"}', b'{"a":"y"}']

    with prepared() as connection:
        first, tally, _ = staged(connection, how, contents)
        connection.execute("CREATE TABLE kept AS SELECT * FROM staged WHERE event_id = '1'")
        connection.unregister("events")
        connection.execute("CREATE VIEW events AS FROM kept")
        again, later, _ = staged(connection, how, contents)

    assert first[0]["event_id"] == "1"
    assert (tally.mapped, tally.already_stored) == (3, 1)
    assert (later.mapped, later.already_stored) == (2, 2)
    assert [event["action"] for event in again] == ["y", "y"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00:00 UTC", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00+0200", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T10:00:00-05", datetime(2026, 3, 1, 15, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123456789Z", datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)),
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
    ],
)
def test_a_time_without_a_zone_is_read_where_it_was_written(text: str, expected: datetime) -> None:
    how = mapping('[[event]]\ncolumns = { action = "\'x\'", occurred_at = "iso_time({t})" }')

    with prepared(timezone="Europe/Berlin") as connection:
        events, _, _ = staged(connection, how, [orjson.dumps({"t": text})])

    assert events[0]["occurred_at"] == expected


@pytest.mark.parametrize(
    "text",
    ["yesterday", "infinity", "-infinity", "epoch", "2026-13-01", "NaN", "10000-01-01"],
)
def test_what_is_no_time_goes_to_quarantine(text: str) -> None:
    how = mapping('[[event]]\ncolumns = { action = "\'x\'", occurred_at = "iso_time({t})" }')

    with prepared() as connection:
        _, tally, reasons = staged(connection, how, [orjson.dumps({"t": text})])

    assert reasons == [f"`occurred_at` cannot be read from `{text}`"]
    assert (tally.read, tally.quarantined) == (1, 1)


def test_what_a_mapping_does_not_use_is_kept() -> None:
    how = mapping('[[event]]\ncolumns = { action = "{a.b}", attributes = "{*}" }')
    contents = [b'{"a":{"b":"x","c":1},"d":[2],"e":null}', b'{"a":{}}']

    with prepared() as connection:
        events, _, _ = staged(connection, how, contents)

    assert orjson.loads(events[0]["attributes"]) == {"d": [2], "e": None}
    assert "attributes" not in events[1]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"seat": 12}, {"seat": 12}),
        ('{"seat":12}', {"seat": 12}),
        ([1], [1]),
        ("seat 12", "seat 12"),
        ('{"seat":', '{"seat":'),
        ("", None),
    ],
)
def test_attributes_are_json_whatever_the_record_says(said: object, kept: object) -> None:
    how = mapping('[[event]]\ncolumns = { action = "{k}", attributes = "{extra}" }')

    with prepared() as connection:
        events, _, _ = staged(connection, how, [orjson.dumps({"extra": said})])

    assert orjson.loads(events[0].get("attributes") or "null") == kept


def test_a_record_can_ask_the_others_of_its_document() -> None:
    how = mapping("""
records = ["tasks"]
[let]
names = { values = "{name}", where = "{id}", is = "{of}" }
again = { values = "names[1]", where = "{of}", is = "{id}" }
[[event]]
[event.columns]
action = "coalesce(names[1], again[1], 'nobody')"
""")
    tasks = b'{"tasks":[{"id":"1","name":"charge"},{"id":"2","of":"1"},{"id":"3","of":"9"}]}'

    with prepared() as connection:
        events, tally, _ = staged(connection, how, [tasks, b'{"tasks":[{"id":"4","of":"1"}]}'])

    assert [event["action"] for event in events] == ["charge", "charge", "nobody", "nobody"]
    assert tally.read == tally.mapped == 4


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ('[let]\nx = "epoch_secnds({t})"\n', "test.toml: `let.x` is not", "epoch_seconds"),
        ('[let]\nx = "{t} +"\n', "test.toml: `let.x` is not", "docs/mappings.md"),
        ('[let]\nx = "{t}"\ny = "xx"\n', "test.toml: `let.y` is not", "x"),
        (
            '[let]\nx = { values = "{t}", where = "{t}", is = "tt" }\n',
            "test.toml: `let.x.is` is not",
            "A field of the record is written `{tt}`.",
        ),
        (
            '[let]\nx = "{t} +"\ny = "x || 1"\nz = { values = "zz", where = "x", is = "{t}" }\n',
            (
                "test.toml: `let.x` is not an expression that DuckDB can read: syntax error at or"
                ' near ")". test.toml: `let.z.values` is not'
            ),
            "docs/mappings.md",
        ),
    ],
)
def test_an_expression_that_means_nothing_is_named(text: str, sentence: str, hint: str) -> None:
    with prepared() as connection, pytest.raises(UsageError) as raised:
        staged(connection, mapping(text + SIMPLE), [b'{"t":1}'])

    assert str(raised.value).startswith(sentence)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ('[[event]]\ncolumns = { entity = "{a}" }', "There is no canonical column `entity`.", ""),
        ("[[events]]\n", "There is no key `events`.", "Did you mean `event`?"),
        ('[[event]]\nif = "true"\n', "There is no key `if`.", ""),
        ("", "test.toml lacks `event`.", "docs/mappings.md"),
        (
            '[[event]]\ncolumns = { actr = "{a}", kind = "\'efect\'", paid = "{b}" }',
            (
                "test.toml: There is no canonical column `actr`. test.toml: There is no canonical"
                " column `paid`. test.toml: There is no `kind` `efect`."
            ),
            "Did you mean `actor`?",
        ),
        (
            '[let]\nx = { values = "{t}", where = "{t}" }\n' + SIMPLE,
            "test.toml looks at other records without `is`.",
            "docs/mappings.md",
        ),
        ("=", "test.toml is not TOML", ""),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(text: str, sentence: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        mapping(text)

    assert sentence in str(raised.value)
    assert hint in raised.value.hint


HOSTILE = [
    b"", b" ", b"null", b"42", b'"text"', b"[", b"{", b"[]", b"[[]]", b"{}", b'{"a":NaN}',
    b'{"a":1e999}', b'{"a":123456789012345678901234567890}', b'{"a":1,"a":2}', b"\xff\xfe",
    b'{"a":"\xc3\x28"}', b'\xef\xbb\xbf{"a":1}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}',
    b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"occurred_at":"0001-01-01","event_id":"y1","kind":"effect","action":"x"}',
    b'{"type":"task-received","hostname":"h","timestamp":1e300,"uuid":"u"}',
    b'{"object":"event","id":"evt_1","type":"charge.succeeded","created":1e40}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":1,"traceId":{},"name":[]}]}]}]}',
    b'{"op":"c","source":{"lsn":"x"},"after":"not json"}',
]  # fmt: skip
"""Records that have broken parsers; each is one of somebody's logs."""


@pytest.mark.parametrize("how", ALL, ids=[m.format for m in ALL])
def test_hostile_records_are_all_accounted_for(how: Mapping) -> None:
    with prepared() as connection:
        _, tally, reasons = staged(connection, how, HOSTILE)

    assert tally.read >= len(HOSTILE)
    assert tally.read == (
        tally.mapped + sum(tally.ignored.values()) + tally.already_stored + tally.quarantined
    )
    assert tally.quarantined == len(reasons) > 0


def test_a_record_of_fifty_megabytes_is_one_record() -> None:
    big = b'{"a":"' + b"x" * 50_000_000 + b'"}'

    with prepared() as connection:
        events, tally, _ = staged(connection, mapping(SIMPLE), [big])

    assert (tally.read, tally.mapped) == (1, 1)
    assert len(events[0]["action"]) == 50_000_000


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ["kind", "action", "occurred_at", "event_id", "attempt", "amount", "lock", "related",
          "type", "id", "object", "created", "data", "hostname", "timestamp", "uuid", "op",
          "source",
          "after", "specversion", "time", "eventSource", "eventName", "eventTime", "eventVersion",
          "resourceSpans", "Records", "payload", "a"]  # fmt: skip
records = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6).map(
    lambda record: (
        orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS)
        if _fits(record)
        else b"{}"
    )
)


def _fits(record: object) -> bool:
    try:
        orjson.dumps(record)
    except (TypeError, orjson.JSONEncodeError):
        return False
    return True


@settings(max_examples=60)
@given(
    how=st.sampled_from(ALL),
    contents=st.lists(st.binary(max_size=30) | records, min_size=1, max_size=40),
)
def test_whatever_the_bytes_every_record_is_accounted_for(
    how: Mapping, contents: list[bytes]
) -> None:
    with prepared() as connection:
        _, tally, _ = staged(connection, how, contents)

    assert tally.read >= len(contents) - sum(1 for c in contents if c.strip()[:1] == b"[")
    assert tally.read == (
        tally.mapped + sum(tally.ignored.values()) + tally.already_stored + tally.quarantined
    )


@pytest.mark.parametrize(
    ("declared", "outcomes"),
    [('absent = ["", "NULL"]', ["error", "ok", "ok"]), ("", ["error", "error", "error"])],
)
def test_what_stands_for_no_value_is_no_key_and_no_error(
    declared: str, outcomes: list[str]
) -> None:
    how = mapping(f"""
        {declared}
        [[event]]
        [event.columns]
        action = "'charge'"
        operation_key = "{{key}}"
        trace_id = "concat({{key}}, '')"
        outcome = "CASE WHEN {{error}} IS NOT NULL THEN 'error' ELSE 'ok' END"
    """)
    contents = [b'{"key":"k","error":"no"}', b'{"key":"","error":""}', b'{"key":"","error":"NULL"}']

    with prepared() as connection:
        events, _, _ = staged(connection, how, contents)

    assert [event["outcome"] for event in events] == outcomes
    assert [event.get("operation_key") for event in events] == ["k", None, None]
    assert [event.get("trace_id") for event in events] == ["k", None, None]
