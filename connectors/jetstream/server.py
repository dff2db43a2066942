"""Asks a NATS server's JetStream, by requests that change nothing."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import nats
import nats.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from connectors.live.address import Address
from connectors.live.waiting import patiently
from forensics.model.errors import SourceError

_TIMEOUT_S = 10.0
_ON_THEIR_WAY = 256
"""Requests that are sent before the first is answered; a message is asked for by one.

A server holds 10,000 of all its clients. Direct gets, also in batches, are not for evidence: a
replica that lags may answer them, and what it lacks would count as lost.
https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-31.md
"""

_NOT_FOUND = 404
_AGAIN = (TimeoutError, nats.errors.ConnectionClosedError, ConnectionError)
_UNREACHABLE = (*_AGAIN, nats.errors.NoServersError, OSError)

Answer = TypeVar("Answer")


class JetStream:
    """A connection, opened when something is first asked."""

    def __init__(self, address: Address) -> None:
        """Take the server and the account from an address."""
        self._where = f"{address.scheme}://{address.netloc}"
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None
        scheme = "tls" if address.scheme.startswith("tls") else "nats"
        self._options: dict[str, Any] = {
            "servers": [f"{scheme}://{host}" for host in address.netloc.split(",")],
            "name": "forensics",
            "allow_reconnect": False,
            # Also of the first connection; `waiting` tries again.
            "max_reconnect_attempts": 1,
            "reconnect_time_wait": 0.1,
            "connect_timeout": _TIMEOUT_S,
            "error_cb": _heard,
        }
        if address.user:
            self._options |= {
                "user": address.user,
                "password": address.required_secret("password"),
            }
        if token := address.secret("token"):
            self._options["token"] = token
        if "creds" in address.options:
            self._options["user_credentials"] = address.options["creds"]

    def close(self) -> None:
        """End the connection."""
        if self._client:
            self._loop.run_until_complete(self._client.close())
        self._loop.close()

    def ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request.

        Raises:
            SourceError: It is refused, or nobody answers.
        """
        answer = self._said(lambda: self._ask(subject, body))
        if error := answer.get("error"):
            raise SourceError(
                f"`{self._where}` answers `{subject}` with: {error.get('description')}.",
                hint="The address names a stream: nats://HOST:4222/STREAM."
                if error.get("code") == _NOT_FOUND
                else "The page of this source says what the account must be allowed.",
            )
        return answer

    def messages(self, stream: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The messages with these numbers that are there, in order."""
        return [
            answer["message"]
            for answer in self._said(lambda: self._messages(stream, numbers))
            if "message" in answer
        ]

    async def _ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        client = await self._connected()
        answer = await client.request(f"$JS.API.{subject}", orjson.dumps(body), timeout=_TIMEOUT_S)
        found: dict[str, Any] = orjson.loads(answer.data)
        return found

    async def _messages(self, stream: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for start in range(0, len(numbers), _ON_THEIR_WAY):
            some = numbers[start : start + _ON_THEIR_WAY]
            asked = [{"seq": number} for number in some]
            found += await self._ask_at_once(f"STREAM.MSG.GET.{stream}", asked)
        return found

    async def _ask_at_once(
        self, subject: str, bodies: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The answers to several requests, in their order.

        Several times as fast as as many `request`s of the library, each of which waits for its
        answer in a task of its own.
        """
        client = await self._connected()
        inbox = client.new_inbox()
        answers: dict[str, Msg] = {}
        complete = asyncio.Event()

        async def take(answer: Msg) -> None:
            answers[answer.subject] = answer
            if len(answers) == len(bodies):
                complete.set()

        replies = await client.subscribe(f"{inbox}.*", cb=take)
        try:
            for number, body in enumerate(bodies):
                await client.publish(
                    f"$JS.API.{subject}", orjson.dumps(body), reply=f"{inbox}.{number}"
                )
            await asyncio.wait_for(complete.wait(), _TIMEOUT_S)
        finally:
            if not client.is_closed:
                await replies.unsubscribe()
        in_order = [answers[f"{inbox}.{number}"] for number in range(len(bodies))]
        if any(answer.header for answer in in_order):
            # What JetStream answers has no header; the server itself says so that nobody answers.
            raise nats.errors.NoRespondersError
        return [orjson.loads(answer.data) for answer in in_order]

    async def _connected(self) -> Client:
        if self._client is None or self._client.is_closed:
            self._client = await nats.connect(**self._options)
        return self._client

    def _said(self, asked: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        try:
            return patiently(lambda: self._loop.run_until_complete(asked()), on=_AGAIN)
        except nats.errors.NoRespondersError:
            raise SourceError(
                f"`{self._where}` has no JetStream for this account.",
                hint="Start the server with `-js`, or name an account that has it.",
            ) from None
        except _UNREACHABLE as error:
            raise SourceError(
                f"`{self._where}` does not answer: {str(error) or type(error).__name__}.",
                hint="What was read is stored; run the same command again to go on.",
            ) from None
        except nats.errors.Error as error:
            raise SourceError(
                f"`{self._where}` refuses: {error}.",
                hint="Name an account (`nats://USER@HOST/STREAM`) and give its password as"
                " `?password_file=PATH` or in `NATS_PASSWORD`, a token in `NATS_TOKEN`, or"
                " credentials as `?creds=PATH`.",
            ) from None


async def _heard(error: Exception) -> None:
    """Say nothing: the library would print what is raised anyway."""
