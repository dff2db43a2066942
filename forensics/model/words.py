"""Numbers as a tired person reads them."""

import re
import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
_IRREGULAR = {"retry": "retries", "delivery": "deliveries", "copy": "copies", "entity": "entities"}


def duration(seconds: float) -> str:
    """Return a span of time in at most two units, such as `480 ms`, `2.5 s` or `1 h 5 min`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.3g} s"
    left, parts = round(seconds), []
    for size, unit in (*_UNITS, (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def fraction_digits(times: Iterable[datetime | None]) -> int:
    """Return how many digits of a second tell these times apart as their log does: 0, 3 or 6."""
    below = {when.microsecond for when in times if when}
    if any(micros % 1000 for micros in below):
        return 6
    return 3 if any(below) else 0


def span_digits(times: Iterable[datetime | None]) -> int:
    """Return `fraction_digits` of what took less than a minute, and 0 of what took longer."""
    known = [when for when in times if when]
    if not known or (max(known) - min(known)) >= timedelta(minutes=1):
        return 0
    return fraction_digits(known)


def fraction_digits_by_source(times: Iterable[tuple[str, datetime | None]]) -> dict[str, int]:
    """Return `fraction_digits` of each source, so that its times stand below one another."""
    by_source: dict[str, list[datetime | None]] = {}
    for source, when in times:
        by_source.setdefault(source, []).append(when)
    return {source: fraction_digits(of_source) for source, of_source in by_source.items()}


def instant(when: datetime, digits: int = 0) -> str:
    """Return `2026-11-02 08:30:00.125`, by the zone that the time has."""
    spec = {0: "seconds", 3: "milliseconds", 6: "microseconds"}[digits]
    return when.replace(tzinfo=None).isoformat(sep=" ", timespec=spec)


def of_case(folder: Path | str) -> str:
    """Return the option that names a case, as a shell takes it."""
    return f"--case {shlex.quote(str(folder))}"


def coded(name: object) -> str:
    """Return a name from a log in back-ticks, so that however short it is it is known as one.

    After the type of its record (`order 42`) it is known by that.
    """
    text = str(name)
    return text if " " in text else f"`{text}`"


def plural(count: int, noun: str) -> str:
    """Return `1 retry`, `2 retries`, `1,200 attempts`."""
    words = noun.split()
    if count != 1:
        words[-1] = _IRREGULAR.get(words[-1], f"{words[-1]}s")
    return f"{count:,} {' '.join(words)}"


def came_of_it(outcome: str, error: str | None) -> str:
    """Return an outcome with its error, such as `error (503)`."""
    return f"{outcome} ({error})" if error and error != outcome else outcome


def with_error(sentence: str, error: str) -> str:
    """Return what a line tells and its error, such as `charge error in shop: 503`."""
    return f"{sentence}: `{error}`" if error else sentence


def line_told(line: Mapping[str, str]) -> str:
    """Return the same of a line as `findings.json` has it."""
    return with_error(line["sentence"], line["error"])


_GOES_ON = {
    "running": "maybe still: its lines come up to the end of the logs,",
    "quiet": "nothing more of it is seen up to the end of its logs,",
    "unknown": "the logs do not tell; they end at",
}


def goes_on(state: str) -> str:
    """Return what is said before the time at which an incident's logs end."""
    return _GOES_ON[state]


NO_CURRENCY = "no currency named"
NO_CUSTOMER = "no line of what was found names a customer"


def priced(amount: Decimal | float, currency: str) -> str:
    """Return `1,200.00 EUR`, or `1,200.00 (no currency named)`."""
    return f"{amount:,.2f} {currency or f'({NO_CURRENCY})'}"


def confidence(value: float | None) -> str:
    """Return what a finding's confidence means; empty where it has none."""
    if value is None:
        return ""
    return f"{value:.2f}, counted for its pattern and grade on made-up logs with a known answer"


def log_place(path: str | None, line: int | None, position: str) -> str:
    """Return where a record stands: `log.jsonl:7`, of several in one document `page.json:1#[3]`.

    Elements are counted from 0, a bracket a list, as in a mapping's paths. What has no path is
    named by its position.
    """
    if path is None:
        return position
    element = _ELEMENT.search(position)
    within = "".join(f"[{number}]" for number in element[1].split(".")) if element else ""
    return path + (f":{line}" if line else "") + (f"#{within}" if within else "")


_ELEMENT = re.compile(r":\d+#(\d+(?:\.\d+)*)$")
"""What ingest adds to the byte at which a document begins: where in its lists the record is."""
