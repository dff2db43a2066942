"""Whether a webhook was signed with the secret that its sender and its receiver share.

A signature covers the bytes of the body, so only a log that kept them as they came can be checked.
How old a request is has no part in the verdict: a log is read long after the few minutes for which
a receiver should take it.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from forensics.model.errors import UsageError


class Verdict(StrEnum):
    """What a request's signature says.

    `UNSIGNED` is a request without a signature of the scheme: whoever sent it, it proves nothing.
    """

    VALID = "valid"
    INVALID = "invalid"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrived.

    Attributes:
        body: The bytes of the body.
        headers: Name, in any case, to value.
        method: Upper case; HubSpot signs it.
        url: As the sender called it, with scheme, host and query; HubSpot and Twilio sign it.
    """

    body: bytes
    headers: Dictionary[str, str]
    method: str = "POST"
    url: str = ""

    def header(self, *names: str) -> str:
        """The value of the first of these headers that is there, else an empty text."""
        sent = {name.lower(): value for name, value in self.headers.items()}
        return next((sent[name.lower()] for name in names if sent.get(name.lower())), "")


def checked(request: Request, *, provider: str, secret: str) -> Verdict:
    """Check a request's signature in constant time.

    Args:
        request: What arrived.
        provider: One of `PROVIDERS`.
        secret: As the provider shows it, `whsec_` included.

    Raises:
        UsageError: There is no such provider, or the secret cannot be one of its.
    """
    if provider not in _SCHEMES:
        raise UsageError.unknown("provider of signatures", provider, known=PROVIDERS)
    given, expected = _SCHEMES[provider](request, secret)
    if not given:
        return Verdict.UNSIGNED
    # While a secret is changed a request carries one signature for each; every one is compared.
    matches = [hmac.compare_digest(one.encode(), expected.encode()) for one in given]
    return Verdict.VALID if any(matches) else Verdict.INVALID


_Signatures = tuple[list[str], str]
"""The signatures that a request carries, and the one that it should."""


def _hex(key: bytes, *parts: bytes) -> str:
    return hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest()


def _base64(key: bytes, *parts: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.new(key, b"".join(parts), algorithm).digest()).decode()


def _present(values: Iterable[str]) -> list[str]:
    return [value for value in values if value]


def _github(request: Request, secret: str) -> _Signatures:
    """The body, in hexadecimal.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    given = request.header("X-Hub-Signature-256")
    return _present([given]), "sha256=" + _hex(secret.encode(), request.body)


def _hookdeck(request: Request, secret: str) -> _Signatures:
    """The body, in base64; the second header is there while a secret is changed.

    https://hookdeck.com/docs/authentication
    """
    given = (request.header("X-Hookdeck-Signature"), request.header("X-Hookdeck-Signature-2"))
    return _present(given), _base64(secret.encode(), request.body)


def _hubspot(request: Request, secret: str) -> _Signatures:
    """Method, URL, body and time together.

    https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
    """
    given = request.header("X-HubSpot-Signature-v3")
    # Of what is percent-encoded in the URL, these are signed as they are.
    url = re.sub(
        "(?i)%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", lambda code: unquote(code[0]), request.url
    )
    stamp = request.header("X-HubSpot-Request-Timestamp")
    signed = (request.method.encode(), url.encode(), request.body, stamp.encode())
    return _present([given]), _base64(secret.encode(), *signed)


def _shopify(request: Request, secret: str) -> _Signatures:
    """The body, in base64.

    https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    """
    given = request.header("X-Shopify-Hmac-Sha256")
    return _present([given]), _base64(secret.encode(), request.body)


def _slack(request: Request, secret: str) -> _Signatures:
    """Version, time and body.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    given = request.header("X-Slack-Signature")
    stamp = request.header("X-Slack-Request-Timestamp").encode()
    return _present([given]), "v0=" + _hex(secret.encode(), b"v0:", stamp, b":", request.body)


def _standard(request: Request, secret: str) -> _Signatures:
    """Id, time and body; of version `v1a`, which is asymmetric, no shared secret can check any.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise UsageError(
            "The secret is none of Standard Webhooks: what follows `whsec_` is not base64."
        ) from None
    given = request.header("webhook-signature", "svix-signature").split()
    message = request.header("webhook-id", "svix-id").encode()
    stamp = request.header("webhook-timestamp", "svix-timestamp").encode()
    return (
        [one for one in given if one.startswith("v1,")],
        "v1," + _base64(key, message, b".", stamp, b".", request.body),
    )


def _stripe(request: Request, secret: str) -> _Signatures:
    """Time and body.

    https://docs.stripe.com/webhooks/signature
    """
    pairs = [pair.strip().partition("=") for pair in request.header("Stripe-Signature").split(",")]
    stamp = next((value for name, _, value in pairs if name == "t"), "").encode()
    given = [value for name, _, value in pairs if name == "v1"]
    return given, _hex(secret.encode(), stamp, b".", request.body)


def _twilio(request: Request, secret: str) -> _Signatures:
    """The URL and the sorted fields of the form, with SHA-1.

    https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    given = _present([request.header("X-Twilio-Signature")])
    promised = parse_qs(urlsplit(request.url).query).get("bodySHA256")
    if promised:
        # Of a JSON body the URL carries a hash, and only the URL is signed.
        if not hmac.compare_digest(
            promised[0].lower().encode(), hashlib.sha256(request.body).hexdigest().encode()
        ):
            return given, ""
        fields: list[tuple[str, str]] = []
    else:
        text = request.body.decode("utf-8", errors="replace")
        fields = sorted(set(parse_qsl(text, keep_blank_values=True)))
    signed = request.url + "".join(name + value for name, value in fields)
    return given, _base64(secret.encode(), signed.encode(), algorithm="sha1")


_SCHEMES: dict[str, Callable[[Request, str], _Signatures]] = {
    "github": _github,
    "hookdeck": _hookdeck,
    "hubspot": _hubspot,
    "shopify": _shopify,
    "slack": _slack,
    "standard": _standard,
    "stripe": _stripe,
    "svix": _standard,
    "twilio": _twilio,
}

PROVIDERS = tuple(_SCHEMES)
"""Providers whose signatures can be checked."""
