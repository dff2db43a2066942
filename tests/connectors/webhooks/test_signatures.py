"""Signatures against the vectors that the providers publish themselves.

Hookdeck, Stripe and Shopify publish none; theirs were made with `openssl dgst -sha256 -hmac`.
"""

from dataclasses import replace

import pytest

from connectors.webhooks.signatures import PROVIDERS, Request, Verdict, checked
from forensics.model.errors import UsageError

_SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
_STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}

SECRETS = {
    "github": "It's a Secret to Everybody",
    "hookdeck": "hush",
    "hubspot": "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
    "shopify": "hush",
    "slack": "8f742231b10e8888abcd99yyyzzz85a5",
    "standard": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "stripe": "whsec_test",
    "svix": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "twilio": "12345",
}
VECTORS = [
    pytest.param(
        "github",
        Request(
            body=b"Hello, World!",
            headers={
                "X-Hub-Signature-256": "sha256="
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
            },
        ),
        id="github",
    ),
    pytest.param(
        "hookdeck",
        Request(
            body=b'{"type":"invoice.paid"}',
            headers={
                "X-Hookdeck-Signature": "b2YgdGhlIG9sZCBzZWNyZXQ=",
                "X-Hookdeck-Signature-2": "xutXBrH1Rt72V1mB/JQhPWb9ONik8pJWXkArpLOhR0M=",
            },
        ),
        id="hookdeck",
    ),
    pytest.param(
        "hubspot",
        Request(
            body=b"{'example_field':'example_value'}",
            url="https://www.example.com/webhook_uri",
            headers={
                "X-HubSpot-Request-Timestamp": "15000000",
                "X-HubSpot-Signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
            },
        ),
        id="hubspot",
    ),
    pytest.param(
        "shopify",
        Request(
            body=b'{"id":820982911946154508}',
            headers={"X-Shopify-Hmac-Sha256": "qBvrsZF7RfB1iS6BX6IHqJTp5L911P7intnPeTPsH0I="},
        ),
        id="shopify",
    ),
    pytest.param(
        "slack",
        Request(
            body=_SLACK_BODY,
            headers={
                "X-Slack-Request-Timestamp": "1531420618",
                "X-Slack-Signature": "v0="
                "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            },
        ),
        id="slack",
    ),
    pytest.param(
        "standard",
        Request(body=b'{"test": 2432232314}', headers=_STANDARD),
        id="standard",
    ),
    pytest.param(
        "stripe",
        Request(
            body=b'{"id":"evt_1"}',
            headers={
                "Stripe-Signature": "t=1772359200,"
                "v1=d9c80813228aeba7868c8191a94cf9ef1d7b68bb92304f047c9f411202d1dccf,v0=older"
            },
        ),
        id="stripe",
    ),
    pytest.param(
        "svix",
        Request(
            body=b'{"test": 2432232314}',
            headers={name.replace("webhook-", "svix-"): text for name, text in _STANDARD.items()},
        ),
        id="svix",
    ),
    pytest.param(
        "twilio",
        Request(
            body=b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234"
            b"&From=%2B14158675309&To=%2B18005551212",
            url="https://mycompany.com/myapp.php?foo=1&bar=2",
            headers={"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        ),
        id="twilio",
    ),
]
by_vector = pytest.mark.parametrize(("provider", "request_"), VECTORS)


@by_vector
def test_a_published_signature_is_valid(provider: str, request_: Request) -> None:
    assert checked(request_, provider=provider, secret=SECRETS[provider]) is Verdict.VALID


@by_vector
def test_names_of_headers_are_taken_in_any_case(provider: str, request_: Request) -> None:
    shouting = {name.upper(): value for name, value in request_.headers.items()}

    assert (
        checked(replace(request_, headers=shouting), provider=provider, secret=SECRETS[provider])
        == "valid"
    )


@by_vector
def test_another_byte_in_the_body_makes_it_invalid(provider: str, request_: Request) -> None:
    changed = replace(request_, body=request_.body + b"&x=1")

    assert checked(changed, provider=provider, secret=SECRETS[provider]) is Verdict.INVALID


@by_vector
def test_another_secret_makes_it_invalid(provider: str, request_: Request) -> None:
    other = SECRETS[provider][:-4] + "AAAA"

    assert checked(request_, provider=provider, secret=other) is Verdict.INVALID


@by_vector
def test_without_its_header_a_request_is_unsigned(provider: str, request_: Request) -> None:
    bare = replace(request_, headers={"Content-Type": "application/json"})

    assert checked(bare, provider=provider, secret=SECRETS[provider]) is Verdict.UNSIGNED


def test_every_provider_has_a_vector() -> None:
    assert tuple(vector.values[0] for vector in VECTORS) == tuple(SECRETS) == PROVIDERS


@pytest.mark.parametrize("first", ["v1,bm90IHRoaXMgb25l", "v1a,an-asymmetric-one"])
def test_one_of_several_signatures_is_enough(first: str) -> None:
    headers = _STANDARD | {"webhook-signature": f"{first} {_STANDARD['webhook-signature']}"}
    request = Request(body=b'{"test": 2432232314}', headers=headers)

    verdict = checked(request, provider="standard", secret=SECRETS["standard"])

    assert verdict is Verdict.VALID


def test_what_no_shared_secret_can_check_is_not_called_invalid() -> None:
    request = Request(body=b"{}", headers=_STANDARD | {"webhook-signature": "v1a,asymmetric"})

    assert checked(request, provider="standard", secret=SECRETS["standard"]) is Verdict.UNSIGNED


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"CallSid":"CA1234567890ABCDE","Caller":"+12349013030"}', "valid"),
        (b'{"CallSid":"CA1234567890ABCDE","Caller":"+12349013031"}', "invalid"),
    ],
)
def test_twilio_signs_a_json_body_by_its_hash_in_the_url(body: bytes, expected: str) -> None:
    digest = "5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9"
    request = Request(
        body=body,
        url=f"https://example.com/myapp?bodySHA256={digest}",
        headers={"X-Twilio-Signature": "hPXmLwIy3Fgqv1i9KPmH/HhQ6zo="},
    )

    assert checked(request, provider="twilio", secret=SECRETS["twilio"]) == expected


def test_hubspot_signs_what_the_url_means() -> None:
    headers = {
        "X-HubSpot-Request-Timestamp": "15000000",
        "X-HubSpot-Signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
    }
    request = Request(
        body=b"{'example_field':'example_value'}",
        url="https://www.example.com%2Fwebhook_uri",
        headers=headers,
    )

    assert checked(request, provider="hubspot", secret=SECRETS["hubspot"]) is Verdict.VALID


def test_a_secret_that_cannot_be_one_is_refused() -> None:
    request = Request(body=b"", headers=_STANDARD)

    with pytest.raises(UsageError, match="not base64"):
        checked(request, provider="standard", secret=SECRETS["github"])


def test_an_unknown_provider_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        checked(Request(body=b"", headers={}), provider="strip", secret="")

    assert raised.value.hint == "Did you mean `stripe`?"
