"""Addresses of live sources, and the secrets that never stand in them."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from forensics.model.errors import SourceError, UsageError

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://")
_LOOKS_SECRET = re.compile(r"(?i)pass(word|wd|phrase)?|pwd|secret|token|(api|access)?_?key")


def scheme_of(text: str) -> str:
    """What stands before `://`; empty for a path."""
    found = _SCHEME.match(text)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a live source is.

    Attributes:
        text: As typed; holds no secret.
        scheme: What stands before `://`.
        netloc: Hosts and ports, without the user; several hosts are separated by commas.
        user: The account that reads; empty when none was named.
        path: What stands after the host, without the slash at its beginning.
        options: What stands after `?`.
        secrets: Name of a secret to the environment variables in which it is looked for.
    """

    text: str
    scheme: str
    netloc: str
    user: str
    path: str
    options: Mapping[str, str]
    secrets: Mapping[str, Sequence[str]]

    @classmethod
    def parse(
        cls, text: str, *, options: Mapping[str, str], secrets: Mapping[str, Sequence[str]]
    ) -> Self:
        """Take an address apart.

        Args:
            text: As typed; without `://` it is a path, of which nothing is taken apart.
            options: The options that this kind of source has.
            secrets: The secrets that it may need, and where they are looked for.

        Raises:
            UsageError: It holds a secret, an option twice, or an option that does not exist.
        """
        if not scheme_of(text):
            return cls(
                text=text, scheme="", netloc="", user="", path=text, options={}, secrets=secrets
            )
        parts = urlsplit(text)
        _require_plain(parts)
        account, _, hosts = parts.netloc.rpartition("@")
        user, has_password, _ = account.partition(":")
        where = f"{parts.scheme}://"
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        _refuse_secrets(["password"] if has_password else [name for name, _ in pairs], where=where)
        known = [*options, *(f"{name}_{kind}" for name in secrets for kind in ("file", "env"))]
        given: dict[str, str] = {}
        for name, value in pairs:
            if name not in known:
                raise UsageError.unknown("option", name, known=known, where=where)
            if name in given:
                raise UsageError(f"{where}: the option `{name}` is there twice.")
            given[name] = value
        return cls(
            text=text,
            scheme=parts.scheme,
            netloc=hosts,
            user=unquote(user),
            path=unquote(parts.path.removeprefix("/")),
            options=given,
            secrets=secrets,
        )

    def endpoint(self, port: int) -> tuple[str, int]:
        """The host, `localhost` where none is named, and its port.

        Args:
            port: Where none is named.

        Raises:
            UsageError: The port is no number.
        """
        try:
            found = urlsplit(f"//{self.netloc}")
            named = found.port
        except ValueError:
            raise UsageError(
                f"`{self.text}`: the port is no number.",
                hint=f"Write {self.scheme}://HOST:{port}/…",
            ) from None
        return found.hostname or "localhost", named or port

    def secret(self, name: str) -> str | None:
        """A secret, from the file or variable that the address names, else from the usual one.

        Raises:
            UsageError: The file cannot be read, or the variable is not set.
        """
        if file := self.options.get(f"{name}_file"):
            try:
                return Path(file).expanduser().read_text(encoding="utf-8").strip()
            except OSError as error:
                raise UsageError(f"`{name}_file`: `{file}`: {error.strerror}.") from None
        if variable := self.options.get(f"{name}_env"):
            if variable not in os.environ:
                raise UsageError(f"`{name}_env`: the variable `{variable}` is not set.")
            return os.environ[variable]
        found = (os.environ.get(variable) for variable in self.secrets.get(name, ()))
        return next((value for value in found if value), None)

    def required_secret(self, name: str) -> str:
        """As `secret`.

        Raises:
            SourceError: It is nowhere.
        """
        value = self.secret(name)
        if value is None:
            usual = " or ".join(f"`{variable}`" for variable in self.secrets[name])
            raise SourceError(
                f"Reading `{self.scheme}://` needs its {name}.",
                hint=f"Set {usual}, or name a file: `?{name}_file=PATH`.",
            )
        return value

    def number(self, name: str) -> float | None:
        """An option that is a number.

        Raises:
            UsageError: It is something else.
        """
        text = self.options.get(name)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not value > 0:
            raise UsageError(f"{self.scheme}://: `{name}` must be a number above 0, not `{text}`.")
        return value

    def instant(self, name: str) -> datetime | None:
        """An option that is a time, in UTC; without a zone it is UTC.

        Raises:
            UsageError: It is no time.
        """
        text = self.options.get(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise UsageError(
                f"{self.scheme}://: `{name}`: `{text}` is not a time.",
                hint="Write it as 2026-11-01 or 2026-11-01T08:30:00Z.",
            ) from None
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _require_plain(parts: SplitResult) -> None:
    """Refuse what only an unescaped character of a password can have brought there.

    Raises:
        UsageError: There is something of the kind; it is not repeated.
    """
    where = f"{parts.scheme}://"
    if parts.fragment or "@" in parts.path or ("@" in parts.query and "@" not in parts.netloc):
        raise UsageError(
            f"The address of a {where} source has `@` or `#` in an odd place: a password, perhaps.",
            hint="Leave the password out; `?password_file=PATH` names a file that holds it.",
        )
    hosts = parts.netloc.rpartition("@")[2]
    for host in hosts.split(","):
        port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host else ""
        if port and not port.isdigit():
            raise UsageError(
                f"The address of a {where} source has a port that is no number.",
                hint=f"Write it as {where}HOST:PORT/….",
            )


def _refuse_secrets(names: Sequence[str], *, where: str) -> None:
    for name in names:
        if _LOOKS_SECRET.fullmatch(name):
            raise UsageError(
                f"The address of a {where} source holds a {name}; it would stay in the shell's"
                " history and in the case.",
                hint=f"Put it into a file and say `?{name}_file=PATH`, or into a variable of the"
                f" environment and say `?{name}_env=NAME`.",
            )
