"""A provider on loopback that lists records newest first, and can be as bad as providers get."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.loopback import answering

Record = dict[str, Any]
Reply = tuple[dict[str, str], Any]
"""Headers and the JSON of an answer."""


@dataclass
class Asked:
    """A request as it came in."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass
class ListServer:
    """A list of records behind an API.

    Attributes:
        reply: From the records (newest first) and a request, what the provider answers.
        authorised: Whether a request carries the right key.
        records: Newest first.
        asked: Every request, in order.
        faults: What the next answers are instead: a status with headers, or `reset`, `hang`,
            `garbage`; taken from the front, None for a good answer.
    """

    reply: Callable[[Sequence[Record], Asked], Reply]
    authorised: Callable[[Asked], bool]
    records: list[Record] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    faults: list[tuple[int, dict[str, str]] | str | None] = field(default_factory=list)
    endpoint: str = ""

    @contextmanager
    def serving(self) -> Iterator["ListServer"]:
        """Answer requests on a free port of loopback."""
        released = threading.Event()
        with answering(_handler(self, released)) as self.endpoint:
            try:
                yield self
            finally:
                released.set()


def _handler(served: ListServer, released: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers)
            served.asked.append(asked)
            fault = served.faults.pop(0) if served.faults else None
            if fault == "hang":
                released.wait(30)
            elif not served.authorised(asked):
                self._send(401, {}, b'{"error": "no such key"}')
            elif isinstance(fault, tuple):
                self._send(fault[0], fault[1], b'{"error": "not now"}')
            elif fault == "garbage":
                self._send(200, {}, b"<html>Please log in</html>")
            else:
                headers, content = served.reply(served.records, asked)
                self._send(200, headers, json.dumps(content).encode(), torn=fault == "reset")

        def _send(
            self, status: int, headers: dict[str, str], body: bytes, *, torn: bool = False
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if torn else body)
            if torn:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
            pass

    return Handler
