"""A schema registry on loopback that speaks Confluent's published protocol, as far as it is used.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.loopback import answering

_FIRST_NUMBER = 41


@dataclass
class SchemaServer:
    """What was registered, and what was asked.

    Attributes:
        schemas: As they were registered; the number of one is its place, from `_FIRST_NUMBER` on.
        versions: Subject to the numbers of its versions.
        asked: Path and query of each request that read.
        account: What the header of a request must say; empty for nothing.
        has_serialized: Whether it hands out descriptors of Protobuf; old ones hand out text alone.
    """

    schemas: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, list[int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    account: str = ""
    has_serialized: bool = True
    endpoint: str = ""

    @contextmanager
    def serving(self) -> Iterator["SchemaServer"]:
        """Answer requests on a free port of loopback."""
        with answering(_handler(self)) as self.endpoint:
            yield self

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        """The number of a schema, which is one number whatever the subject."""
        if schema not in self.schemas:
            self.schemas.append(schema)
        number = _FIRST_NUMBER + self.schemas.index(schema)
        versions = self.versions.setdefault(subject, [])
        if number not in versions:
            versions.append(number)
        return number

    def schema(self, number: int, form: str) -> dict[str, Any] | None:
        """A schema in the form that is asked for."""
        if not 0 <= number - _FIRST_NUMBER < len(self.schemas):
            return None
        found = self.schemas[number - _FIRST_NUMBER]
        if found.get("schemaType") == "PROTOBUF" and not (form and self.has_serialized):
            return {**found, "schema": 'syntax = "proto3";'}
        return found


def _handler(served: SchemaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            served.asked.append(self.path)
            form = dict(parse_qsl(parts.query)).get("format", "")
            if served.account and self.headers["Authorization"] != served.account:
                return self._send(401, {"error_code": 401})
            number = 0
            if found := re.fullmatch(r"/schemas/ids/(\d+)", parts.path):
                number = int(found[1])
            elif found := re.fullmatch(r"/subjects/([^/]+)/versions/(\d+)", parts.path):
                number = served.versions[unquote(found[1])][int(found[2]) - 1]
            schema = served.schema(number, form)
            return self._send(200, schema) if schema else self._send(404, {"error_code": 40403})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            schema = {name: value for name, value in body.items() if value}
            found = re.match(r"/subjects/([^/?]+)", self.path)
            assert found
            subject = unquote(found[1])
            number = served.register(subject, schema)
            version = served.versions[subject].index(number) + 1
            self._send(200, {**schema, "id": number, "subject": subject, "version": version})

        def _send(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
            pass

    return Handler
