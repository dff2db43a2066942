"""Asks a Redis server; all that is read from Redis goes this way."""

from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from connectors.live.address import Address
from connectors.live.waiting import patiently
from forensics.model.errors import SourceError, UsageError

SCHEMES = {
    "redis": False,
    "rediss": True,
    "bullmq": False,
    "bullmqs": True,
    "sidekiq": False,
    "sidekiqs": True,
}
"""Scheme, after what stands before a `+`, and whether it is spoken over TLS."""

_TIMEOUT_S = 30.0
_UNREACHABLE = (redis.ConnectionError, redis.TimeoutError)
_REFUSED = (redis.AuthenticationError, redis.exceptions.NoPermissionError)


class RedisServer:
    """A connection to one database of a server, opened when something is first asked."""

    def __init__(self, address: Address) -> None:
        """Take the server from an address.

        Raises:
            UsageError: Its path is no number of a database, or its port is no number.
        """
        host, port = address.endpoint(6379)
        number = address.path or "0"
        if not number.isdigit():
            raise UsageError(
                f"`{address.text}` names no Redis database.",
                hint=f"Write {address.scheme}://HOST:PORT/NUMBER, as {address.scheme}://localhost:6379/0.",
            )
        self._where = f"{address.scheme}://{address.netloc}/{number}"
        client = redis.Redis(
            host=host,
            port=port,
            db=int(number),
            username=address.user or None,
            password=address.secret("password"),
            ssl=SCHEMES[address.scheme.rpartition("+")[2]],
            socket_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            protocol=3,
        )
        # Answers as the server gave them: the library's own forms drop a field that is there twice.
        client.response_callbacks.clear()
        self._client = client
        self._run: Callable[..., Any] = client.execute_command
        self._asked = False

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def ask(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - any reply of the protocol
        """The answer to a command.

        Raises:
            SourceError: The server refuses it, or does not answer however often it is asked.
        """
        try:
            if not self._asked:
                self._touch_nothing()
            return patiently(lambda: self._run(*command), on=_again)
        except _REFUSED as error:
            raise SourceError(
                f"`{self._where}` refuses `{command[0]!s}`: {error}.",
                hint="Name an account (`redis://USER@HOST`) and give its password as"
                " `?password_file=PATH` or in `REDIS_PASSWORD`; the page of this source says which"
                " commands it must be allowed.",
            ) from None
        except _UNREACHABLE as error:
            raise SourceError(
                f"`{self._where}` does not answer: {error}.",
                hint="What was read is stored; run the same command again to go on.",
            ) from None
        except redis.ResponseError as error:
            raise SourceError(f"`{self._where}` answers `{command[0]!s}` with: {error}.") from None

    def keys(self, pattern: str, kind: str) -> list[bytes]:
        """The keys that fit a pattern and hold a kind of value, in order."""
        found: set[bytes] = set()
        cursor: bytes | str = "0"
        while True:
            cursor, some = self.ask("SCAN", cursor, "MATCH", pattern, "COUNT", 1000, "TYPE", kind)
            found.update(some)
            if cursor == b"0":
                return sorted(found)

    def _touch_nothing(self) -> None:
        """Leave the times of last access alone, by which a full server chooses what to evict."""
        try:
            patiently(lambda: self._run("CLIENT", "NO-TOUCH", "ON"), on=_again)
        except _REFUSED:
            raise
        except redis.ResponseError:
            pass  # before Redis 7.2 reading a key counts as using it
        self._asked = True


def _again(error: Exception) -> bool:
    """Whether to ask again; to the library a refused password is a failed connection."""
    return isinstance(error, _UNREACHABLE) and not isinstance(error, _REFUSED)
