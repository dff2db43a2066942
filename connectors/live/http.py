"""Asks a provider's API for pages: one client, one way to wait, one way to say what is wrong."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx

from connectors.live.waiting import patiently
from forensics.model.errors import SourceError

TIMEOUT_S = 30.0
_LONGEST_RETRY_AFTER_S = 60.0
"""A server that asks for more gets a person's decision: the run ends and can be gone on with."""

_NOTHING = 404
_TOO_MANY = 429
_SERVER_ERROR = 500


class Api:
    """A provider's API.

    Attributes:
        endpoint: Its address.
    """

    def __init__(
        self, endpoint: str, *, title: str, headers: Mapping[str, str], rights: str
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            endpoint: Its address, without a slash at the end.
            title: What people call it, for sentences.
            headers: Sent with each request; may hold secrets.
            rights: What the account needs, for the sentence on a refusal.
        """
        self.endpoint = endpoint
        self._title = title
        self._rights = rights
        self._client = httpx.Client(base_url=endpoint, headers=dict(headers), timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> httpx.Response:
        """The answer to a GET request that succeeded.

        Raises:
            SourceError: It was refused, or did not succeed however often it was sent.
        """
        answer = self._answer(path, parameters or {})
        if answer.is_error:
            raise self._refused(answer)
        return answer

    def find(
        self, path: str, parameters: Mapping[str, str | int] | None = None
    ) -> httpx.Response | None:
        """As `get`; None where the server says that there is no such thing."""
        answer = self._answer(path, parameters or {})
        if answer.status_code == _NOTHING:
            return None
        if answer.is_error:
            raise self._refused(answer)
        return answer

    def _answer(self, path: str, parameters: Mapping[str, str | int]) -> httpx.Response:
        """What the server says in the end, be it a refusal."""
        try:
            return patiently(lambda: self._asked(path, parameters), on=_again)
        except httpx.HTTPStatusError as error:
            return error.response
        except httpx.HTTPError as error:
            raise SourceError(
                f"{self._title} does not answer: {type(error).__name__} at `{path}`.",
                hint="What was read is stored; run the same command again to go on.",
            ) from None

    def _asked(self, path: str, parameters: Mapping[str, str | int]) -> httpx.Response:
        # Parameters, even none at all, would replace the query that an address has.
        response = self._client.get(path, params=dict(parameters) or None)
        return response.raise_for_status()

    def _refused(self, response: httpx.Response) -> SourceError:
        path, status = response.url.path, response.status_code
        if status in {401, 403}:
            return SourceError(
                f"{self._title} refuses `{path}` with {status}: the key lacks a right.",
                hint=self._rights,
            )
        hint = "What was read is stored; run the same command again to go on."
        return SourceError(f"{self._title} answers `{path}` with {status}.", hint=hint)


def document(response: httpx.Response, *, title: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON of an answer.

    Raises:
        SourceError: It is none.
    """
    try:
        return response.json()
    except ValueError:
        raise SourceError(
            f"{title} answers `{response.url.path}` with something that is not JSON.",
            hint="Check the endpoint: a proxy or a login page may stand between.",
        ) from None


def _again(error: Exception) -> bool | float:
    """Whether to ask again, or after how many seconds: what the server says goes first."""
    if not isinstance(error, httpx.HTTPStatusError):
        return isinstance(error, httpx.TransportError)
    status = error.response.status_code
    if status != _TOO_MANY and status < _SERVER_ERROR:
        return False
    wait = _retry_after_s(error.response.headers.get("retry-after", ""))
    if wait is None:
        return True
    return wait if wait <= _LONGEST_RETRY_AFTER_S else False


def _retry_after_s(text: str) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3); None when it says neither."""
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
