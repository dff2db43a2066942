"""What is cut out of a record before it is stored, and what must not be."""

import json
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.normalise import apply
from forensics.normalise.suspicion import suspicious
from forensics.store.engine import engine
from tests.normalise.batches import mapping, prepared, staged

LIVE_KEY = "sk_" + "live_" + "0" * 24
GITHUB = "gh" + "p_" + "0" * 36
ACCESS_KEY = "AK" + "IA" + "0EXAMPLE0EXAMPLE"
TOKEN = "ey" + "J0000000000." + "0000000000.0000"
CARD = "4242" * 4
AMEX = "378282246310005"
PEM = "-----BEGIN " + "PRIVATE KEY-----\\nMIIE\\n"


_OPEN: list[duckdb.DuckDBPyConnection] = []
"""Not an argument: Hypothesis keeps the arguments of a test beyond the end of DuckDB."""


@pytest.fixture(scope="module", autouse=True)
def _connection() -> Iterator[None]:
    with engine(threads=1) as opened:
        apply.prepare(opened, timezone="UTC")
        _OPEN.append(opened)
        yield
        _OPEN.clear()


def masked(text: str) -> str:
    return str(_OPEN[0].execute("SELECT mask($text)", {"text": text}).fetchall()[0][0])


def is_suspicious(text: str) -> bool:
    return bool(suspicious(pa.array([text], pa.large_string()))[0].as_py())


HIDDEN = [
    ("a password", '{"password":"hunter2","x":1}', "hunter2"),
    ("a value with an escaped quote", '{"password":"a\\"hunter2","x":1}', "hunter2"),
    ("a name that ends so", '{"db_password":"hunter2"}', "hunter2"),
    ("any case", '{"Client_Secret":"hunter2"}', "hunter2"),
    ("a number", '{"cvc": 9876}', "9876"),
    ("a list", '{"session_token":["first","hunter2"]}', "hunter2"),
    ("temporary credentials", '{"credentials":{"sessionToken":"hunter2"}}', "hunter2"),
    ("a secret access key", '{"c":{"secretAccessKey":"hunter2"}}', "hunter2"),
    ("an authorization header", '{"headers":{"Authorization":"Basic aHVudGVyMg=="}}', "aHVudGVyMg"),
    ("a bearer anywhere", '{"line":"got Bearer abcdef0123456789 from"}', "abcdef0123456789"),
    ("JSON in a string", json.dumps({"body": json.dumps({"password": "hunter2"})}), "hunter2"),
    (
        "an escaped quote in JSON in a string",
        json.dumps({"body": json.dumps({"password": 'a"hunter2'})}),
        "hunter2",
    ),
    (
        "JSON in JSON in a string",
        json.dumps({"a": json.dumps({"b": json.dumps({"password": "hunter2"})})}),
        "hunter2",
    ),
    ("a pair of name and value", '{"name":"DB_PASSWORD","value":"hunter2"}', "hunter2"),
    (
        "an OpenTelemetry attribute",
        '{"key":"http.request.header.authorization","value":{"stringValue":"hunter2"}}',
        "hunter2",
    ),
    ("a query", '{"url":"https://example.com/?a=1&access_token=hunter2&b=2"}', "hunter2"),
    ("a URL with a password", '{"dsn":"postgres://ann:hunter2@db.example.com/x"}', "hunter2"),
    ("a live key", f'{{"k":"{LIVE_KEY}"}}', LIVE_KEY),
    ("a token of a forge", f'{{"k":"{GITHUB}"}}', GITHUB),
    ("an access key", f'{{"k":"{ACCESS_KEY}"}}', ACCESS_KEY),
    ("a signed token", f'{{"k":"{TOKEN}"}}', TOKEN),
    ("a private key", f'{{"k":"{PEM}"}}', "MIIE"),
    ("a card", f'{{"number":"{CARD}"}}', CARD),
    ("a card with spaces", '{"number":"4242 4242 4242 4242"}', "4242 4242 4242"),
    ("a card with fifteen digits", f'{{"number":"{AMEX}"}}', AMEX),
    ("a card that is a number", f'{{"number":{CARD}}}', CARD),
    ("two cards", f'{{"a":"{CARD}","b":"{AMEX}"}}', AMEX),
    ("half a record", '{"password":"hunter2', "hunter2"),
]


@pytest.mark.parametrize(
    ("text", "secret"), [row[1:] for row in HIDDEN], ids=[r[0] for r in HIDDEN]
)
def test_a_secret_does_not_survive(text: str, secret: str) -> None:
    assert secret in text

    result = masked(text)

    assert secret not in result
    assert "\u2039" in result
    assert is_suspicious(text)


@pytest.mark.parametrize("text", [row[1] for row in HIDDEN[:-1]], ids=[r[0] for r in HIDDEN[:-1]])
def test_what_was_json_stays_json(text: str) -> None:
    before, after = json.loads(text), json.loads(masked(text))

    assert list(before) == list(after)


KEPT = [
    ("the kind of a token", '{"token_type":"opaque","tokenization_method":null}'),
    ("the outcome of a check", '{"cvc_check":"pass"}'),
    ("the name of a secret", '{"secretId":"db/main","secret_name":"x"}'),
    ("an idempotency key", '{"clientRequestToken":"deploy-1","idempotency_key":"k-1"}'),
    ("a page token", '{"nextToken":"abc","pageToken":"def"}'),
    ("counts of tokens", '{"max_tokens":100,"gen_ai.usage.input_tokens":532}'),
    ("a flag", '{"passwordResetRequired":false}'),
    ("a null", '{"password":null}'),
    ("a number that fails the check digit", '{"id":"4242424242424241"}'),
    ("nanoseconds", '{"timeUnixNano":"1544712660300000000"}'),
    ("a fraction", '{"runtime":0.4242424242424242}'),
    ("an id with digits in it", '{"id":"ch_4242424242424242"}'),
    ("a mail address", '{"mail":"ann@example.com","url":"https://example.com/a@b"}'),
    ("a word that begins so", '{"authorization_code_used":"yes","bearer_of":"news"}'),
]


@pytest.mark.parametrize("text", [row[1] for row in KEPT], ids=[row[0] for row in KEPT])
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert masked(text) == text


names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8).map(lambda n: f"x{n}x")
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text('abc "\\äß{}[]:,', max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(record=st.dictionaries(names, plain, max_size=5))
def test_a_record_without_secrets_is_unchanged(record: dict[str, object]) -> None:
    text = json.dumps(record)

    assert masked(text) == text


@given(
    record=st.dictionaries(names, plain, max_size=4),
    name=st.sampled_from(["password", "api_key", "accessToken", "client_secret", "cookie", "cvv"]),
    secret=st.text('abc"\\ä é', max_size=6),
    depth=st.integers(0, 1),
)
def test_a_planted_secret_never_survives(
    record: dict[str, object],
    name: str,
    secret: str,
    depth: int,
) -> None:
    inner: object = {**record, name: f"<{secret}0451>", "after": 1}
    text = json.dumps({"body": json.dumps(inner)} if depth else inner)

    result = json.loads(masked(text))

    kept = json.loads(result["body"]) if depth else result
    assert kept == {**record, name: "\u2039masked\u203a", "after": 1}


FREE_TEXT = mapping("""
[[event]]
[event.columns]
kind = "'other'"
error = "{e}"
attributes = "{*}"
""")

DISGUISED = [
    ("slashes", '"amqp:\\/\\/ann:hunter2@db\\/x"', "hunter2"),
    ("a line feed before a card", f'"pan:\\n{CARD}"', CARD),
    ("a floating number", "4.242424242424242e15", CARD),
    ("a letter as an escape", '{"to\\u212aen":"hunter2"}', "hunter2"),
    ("an escaped name", '{"pass\\u0077ord":"hunter2"}', "hunter2"),
    ("a space that is none in ASCII", '"amqp://ann:hunter2\u00a0x@db/x"', "hunter2"),
    ("a tab", '"Basic\\tZHVtbXk6aHVudGVy"', "ZHVtbXk6aHVudGVy"),
]
"""What stands in the record so that it shows only once the record is read."""


@pytest.mark.parametrize(
    ("value", "secret"), [row[1:] for row in DISGUISED], ids=[r[0] for r in DISGUISED]
)
def test_a_disguised_secret_reaches_no_column(value: str, secret: str) -> None:
    record = f'{{"e":{value},"other":{value}}}'.encode()

    with prepared() as connection:
        (event,), _, _ = staged(connection, FREE_TEXT, [record])

    assert secret not in event["error"]
    assert secret not in event["attributes"]


fragments = st.lists(
    st.sampled_from(
        [
            *(
                '"',
                '\\"',
                "\\\\\\",
                ":",
                ",",
                "{",
                "}",
                "[",
                "?",
                "&",
                "=",
                " ",
                "-",
                "/",
                "@",
                "://",
                "x",
            ),
            *("pin", "token", "id", "api", "key", "_", "cvc2", "name", "value", "secret", "string"),
            *("sig", "Basic", "Bearer", "a0b1c2d3e4f5", LIVE_KEY[:8], ACCESS_KEY, "sk-", "npm_"),
            *(
                CARD,
                AMEX,
                "4242",
                "9876",
                "\u0130",
                "\u212a",
                "\u017f",
                "\u00a0",
                "\n",
                "\t",
                "\\/",
                "ann:hunter2@",
            ),
        ]
    ),
    max_size=12,
).map("".join)


@given(text=fragments)
def test_whatever_is_masked_was_suspicious(text: str) -> None:
    if masked(text) != text:
        assert is_suspicious(text)


@settings(max_examples=30)
@given(texts=st.lists(fragments, min_size=1, max_size=20), slashes=st.booleans())
def test_no_column_holds_what_masking_would_cut_out(texts: list[str], slashes: bool) -> None:
    written = [json.dumps({"e": text, "other": text}) for text in texts]
    records = [(w.replace("/", "\\/") if slashes else w).encode() for w in written]

    with prepared() as connection:
        events, _, _ = staged(connection, FREE_TEXT, records)

    stored = [
        event[column]
        for event in events
        for column in ("error", "attributes", "raw")
        if column in event
    ]
    assert [masked(text) for text in stored] == stored


def test_most_records_of_a_log_are_not_suspicious() -> None:
    text = (
        '{"event_id":"c4ca4238a0b923820dcc509a6f75849b","at":"2026-11-02T00:00:00.0604Z",'
        '"kind":"attempt","entity_id":"order-4242424242424242","shipping":"express","amount":9.99}'
    )

    assert not is_suspicious(text)
