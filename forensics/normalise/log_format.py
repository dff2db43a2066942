r"""A log format as a web server's configuration has it, turned into the pattern of its lines.

nginx writes `$remote_addr`, Apache `%h`, Envoy `%START_TIME%`. Whatever the server, the parts get
the names of nginx's variables, so that one mapping reads them all.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from forensics.model.errors import UsageError

# https://nginx.org/en/docs/http/ngx_http_log_module.html
_NGINX = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# https://httpd.apache.org/docs/current/mod/mod_log_config.html
_APACHE = re.compile(r"%[!,\d]*[<>]?(?:\{([^}]+)\})?(\^?[A-Za-z]{1,2}|%)")
# https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
_ENVOY = re.compile(r"%([A-Z][A-Z_0-9]+)(?:\(([^)]*)\))?(?::\d+)?%")

_APACHE_NAMES = {
    "a": "remote_addr", "A": "server_addr", "b": "body_bytes_sent", "B": "body_bytes_sent",
    "D": "request_time_us", "f": "request_filename", "h": "remote_addr", "H": "server_protocol",
    "I": "bytes_received", "k": "connection_requests", "L": "log_id", "l": "remote_logname",
    "m": "request_method", "O": "bytes_sent", "p": "server_port", "P": "pid", "q": "query_string",
    "r": "request", "R": "handler", "s": "status", "S": "bytes_total", "t": "time_local",
    "T": "request_time", "u": "remote_user", "U": "uri", "v": "server_name", "V": "server_name",
    "X": "connection_state",
}  # fmt: skip
_APACHE_HEADERS = {"i": "http", "o": "sent_http", "e": "env", "n": "note", "C": "cookie"}

_ENVOY_NAMES = {
    "START_TIME": "time_iso8601", "PROTOCOL": "server_protocol", "RESPONSE_CODE": "status",
    "RESPONSE_FLAGS": "response_flags", "BYTES_RECEIVED": "bytes_received",
    "BYTES_SENT": "body_bytes_sent", "DURATION": "request_time_ms",
    "UPSTREAM_HOST": "upstream_addr", "UPSTREAM_CLUSTER": "proxy_host",
    "UPSTREAM_REQUEST_ATTEMPT_COUNT": "attempts", "ROUTE_NAME": "route_name",
    "UPSTREAM_TRANSPORT_FAILURE_REASON": "upstream_error", "TRACE_ID": "trace_id",
    "DOWNSTREAM_REMOTE_ADDRESS": "remote_addr",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": "remote_addr",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS": "remote_addr", "REQUESTED_SERVER_NAME": "server_name",
    "RESPONSE_CODE_DETAILS": "response_code_details",
}  # fmt: skip
_ENVOY_REQUEST = {
    ":METHOD": "request_method", ":PATH": "uri", ":AUTHORITY": "http_host",
    ":SCHEME": "scheme",
}  # fmt: skip

# https://nginx.org/en/docs/varindex.html
_NGINX_NAMES = {
    "args", "bytes_sent", "connection", "connection_requests", "gzip_ratio", "host", "hostname",
    "msec", "pipe", "remote_port", "request_completion", "request_id", "request_length",
    "request_uri", "scheme", "server_addr", "server_port", "status", "time_iso8601", "time_local",
}  # fmt: skip
_OPEN = ("arg_", "cookie_", "http_", "sent_", "ssl_", "upstream_")
"""Beginnings of variables of which there is no list."""

_SHAPES = {
    "status": r"\d+|-",
    "time_local": r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}|-",
}
"""Variables that are told by what they hold, so that a line of another format does not fit."""

_LISTS = ("upstream_",)
"""Beginnings of the names of variables that hold a list, one for each server that was asked."""


def pattern_of(log_format: str, *, where: str) -> str:
    """The pattern of the lines that a server writes with this format.

    Args:
        log_format: As it stands in the configuration, without the quotes around it.
        where: What is named in errors.

    Raises:
        UsageError: It has no variable.
    """
    parts = list(_parts(log_format))
    if not parts:
        raise UsageError(
            f"{where}: `{log_format}` names no variable of a log format.",
            hint="Copy it from nginx's `log_format`, Apache's `LogFormat` or Envoy's own.",
        )
    pieces: list[str] = []
    names: list[str] = []
    place = 0
    following = [*(start for start, _, _ in parts[1:]), len(log_format)]
    for (start, end, name), upto in zip(parts, following, strict=True):
        pieces.append(re.escape(log_format[place:start]))
        pieces.append(_group(name, names, log_format[end:upto]))
        place = end
    pieces.append(re.escape(log_format[place:].rstrip()))
    return f"^{''.join(pieces)}\\s*$"


def likely_meant(log_format: str) -> str:
    """What to do where no line fits: compare the format, or mend what looks misspelt in it."""
    known = {*_NGINX_NAMES, *_APACHE_NAMES.values(), *_ENVOY_NAMES.values()}
    for _, _, name in _parts(log_format):
        if name in known or name.startswith(_OPEN):
            continue
        if near := get_close_matches(name, sorted(known), n=1, cutoff=0.8):
            return f"Did you mean `${near[0]}` by `${name}`?"
    return "Compare the log format with the server's configuration and with a line of the log."


def _parts(log_format: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of each variable."""
    if _NGINX.search(log_format):
        for match in _NGINX.finditer(log_format):
            yield match.start(), match.end(), match[1] or match[2]
    elif _ENVOY.search(log_format):
        for match in _ENVOY.finditer(log_format):
            yield match.start(), match.end(), _envoy(match[1], match[2] or "")
    else:
        for match in _APACHE.finditer(log_format):
            yield match.start(), match.end(), _apache(match[1] or "", match[2])


def _apache(argument: str, letter: str) -> str:
    if letter in _APACHE_HEADERS:
        return f"{_APACHE_HEADERS[letter]}_{_identifier(argument)}"
    name = _APACHE_NAMES.get(letter, f"apache_{_identifier(letter)}")
    if letter == "t" and argument:
        return f"time_{_identifier(argument)}"
    if letter == "T" and argument:
        return f"request_time_{_identifier(argument)}"
    return name


def _envoy(command: str, argument: str) -> str:
    kind = {"REQ": "http", "RESP": "sent_http", "TRAILER": "trailer"}.get(command)
    if kind is None:
        return _ENVOY_NAMES.get(command, _identifier(command))
    # `A?B` is B where there is no A.
    header, *otherwise = argument.split("?")
    pseudo = _ENVOY_REQUEST.get([header, *otherwise][-1].upper()) if kind == "http" else None
    return pseudo or f"{kind}_{_identifier(header)}"


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower()).strip("_")


def _group(name: str, names: list[str], after: str) -> str:
    """The group of a variable: it ends where the text after it begins."""
    names.append(name)
    group = f"(?P<{name}>" if names.count(name) == 1 else "(?:"
    if name in _SHAPES:
        shape = f"{group}{_SHAPES[name]})"
        # Apache writes the brackets around its time by itself.
        return rf"\[?{shape}\]?" if name == "time_local" and after[:1] != "]" else shape
    if after[:1] == '"':
        return rf'{group}(?:[^"\\]|\\.)*)'
    if after[:1] == "]":
        return rf"{group}[^\]]*)"
    if name.startswith(_LISTS):
        return rf"{group}(?:[^\s,]+(?: ?[,:] )?)*)"
    return rf"{group}\S*)" if after[:1] in ("", " ", "\t") else rf"{group}.*?)"
