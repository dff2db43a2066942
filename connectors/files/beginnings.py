"""How records of several lines begin, in logs that are text.

Such a record goes on until the next line that begins one: a stack trace belongs to the line above
it, `DETAIL:` to the error it explains.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINES_BEFORE = 10
_STAMP = r"[12]\d{3}[-/][01]\d[-/][0-3]\d[T ][0-2]\d:[0-5]\d"
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    r"""How the first line of a record is told, in a syntax that both `re` and RE2 read.

    Attributes:
        name: What the framing is called.
        line: Matches the first line of a record, from its first byte.
        unless: Matches a line that looks like a first line but belongs to the record before.
        certain: Whether other lines may look like anything. When not, most of them must look like
            a trace: else a line of another kind would vanish into the record above it.
    """

    name: str
    line: str
    unless: str = ""
    certain: bool = False


BEGINNINGS: tuple[Beginning, ...] = (
    # https://www.postgresql.org/docs/current/runtime-config-logging.html
    Beginning(
        name="postgresql",
        line=rf"^{_STAMP}.*?\b(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?):  ",
        unless=rf"^{_STAMP}.*?\b(?:DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT|BACKTRACE):  ",
        certain=True,
    ),
    # https://www.rabbitmq.com/docs/firehose
    Beginning(
        name="rabbitmq_trace",
        line=rf"^{_STAMP}\S*: Message (?:received|published)\s*$",
        certain=True,
    ),
    # https://mariadb.com/docs/server/server-management/server-monitoring-logs/general-query-log
    Beginning(
        name="mysql_general",
        line=r"^(?:\d{6} [ \d]\d:\d\d:\d\d|[12]\d{3}-\d\d-\d\dT\S+|\t)[\t ]+\d+ "
        r"(?:Binlog Dump|Change user|Close stmt|Connect|Create DB|Execute|Fetch|Field List|"
        r"Init DB|Prepare|Query|Quit|Reset stmt|Set option|Statistics)(?:\t|$)",
        certain=True,
    ),
    Beginning(name="stamped", line=rf"^[\[(<\x22]?{_STAMP}"),
    Beginning(name="syslog", line=r"^(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "),
    Beginning(name="levelled", line=rf"^\[?{_LEVEL}\b"),
)
"""The beginnings that are known; the first that fits a sample is taken."""

BY_NAME = {beginning.name: beginning for beginning in BEGINNINGS}

_TRACE = re.compile(
    rb"\s|Traceback |Caused by:|Suppressed:|During handling of|The above exception|\.\.\. |"
    rb"[\w.$]+(?:Error|Exception|Warning|Exit|Interrupt)\b|[\])}]"
)


def beginning_of(lines: Sequence[bytes]) -> Beginning | None:
    """The beginning that a log's records of several lines share; None when each has one line.

    Args:
        lines: The first lines of the log, without blank ones.
    """
    return next((beginning for beginning in BEGINNINGS if _fits(beginning, lines)), None)


def _fits(beginning: Beginning, lines: Sequence[bytes]) -> bool:
    first = re.compile(beginning.line.encode())
    unless = re.compile(beginning.unless.encode()) if beginning.unless else None
    begins = [bool(first.match(line)) and not (unless and unless.match(line)) for line in lines]
    if begins.count(True) < 2 or True not in begins[: _LINES_BEFORE + 1]:  # noqa: PLR2004 - a pair
        return False
    after = begins.index(True)
    others = [line for line, one in zip(lines[after:], begins[after:], strict=True) if not one]
    alike = sum(bool(_TRACE.match(line)) for line in others)
    return bool(others) and (beginning.certain or alike * 2 > len(others))
