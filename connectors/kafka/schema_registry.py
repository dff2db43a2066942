"""Asks a schema registry which schema a number stands for.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.live.address import Address
from connectors.live.http import Api, document
from forensics.model.errors import UsageError

_TITLE = "The schema registry"
_FORMS = {"PROTOBUF": {"format": "serialized"}}
"""What is asked for in another form than the text that somebody wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A schema as the registry has it.

    Attributes:
        kind: `AVRO`, `JSON` or `PROTOBUF`.
        files: Name and content of the schemas that it refers to, then its own.
    """

    kind: str
    files: Sequence[tuple[str, str]]


class SchemaRegistry:
    """A registry that speaks Confluent's protocol."""

    def __init__(self, address: Address) -> None:
        """Prepare to ask; nothing is sent yet.

        Raises:
            UsageError: The option is no address, or holds a secret.
        """
        endpoint, user = address.options["registry"], address.options.get("registry_user", "")
        parts = urlsplit(endpoint)
        if "@" in parts.netloc:
            raise UsageError(
                "The address of the schema registry has something before an `@`: a password,"
                " perhaps.",
                hint="Leave it out; name the account as `?registry_user=USER`, its password as"
                " `?registry_password_file=PATH`.",
            )
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise UsageError(
                f"`registry`: `{endpoint}` is no address.",
                hint="Write `?registry=http://HOST:8081`.",
            )
        headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
        if user:
            account = f"{user}:{address.required_secret('registry_password')}"
            headers["Authorization"] = f"Basic {base64.b64encode(account.encode()).decode()}"
        self._api = Api(
            endpoint.rstrip("/"),
            title=_TITLE,
            headers=headers,
            rights="The account needs to read schemas; name it as `?registry_user=USER`, its"
            " password as `?registry_password_file=PATH` or `SCHEMA_REGISTRY_PASSWORD`.",
        )

    def described(self, number: int) -> Described | None:
        """The schema of a number; None when there is none.

        Raises:
            SourceError: The registry does not answer.
        """
        path = f"/schemas/ids/{number}"
        schema = self._asked(path)
        if not schema:
            return None
        kind = schema.get("schemaType", "AVRO")
        if form := _FORMS.get(kind):
            schema = self._asked(path, **form)
        referred = self._referred(kind, schema, set())
        return Described(kind=kind, files=[*referred, ("", schema["schema"])])

    def _referred(self, kind: str, schema: Any, seen: set[str]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
        for reference in schema.get("references") or ():
            name, subject = reference["name"], quote(reference["subject"], safe="")
            if name in seen:
                continue
            seen.add(name)
            path = f"/subjects/{subject}/versions/{reference['version']}"
            if found := self._asked(path, **_FORMS.get(kind, {})):
                yield from self._referred(kind, found, seen)
                yield name, found["schema"]

    def _asked(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON
        answer = self._api.find(path, parameters)
        return answer and document(answer, title=_TITLE)
