"""The one place where a connector tries again: exponential backoff with jitter, a few times."""

import logging
from collections.abc import Callable
from typing import TypeVar

import stamina

# What a library says of each try belongs into no terminal; what came of them is said in the end.
logging.getLogger("stamina").addHandler(logging.NullHandler())
logging.getLogger("stamina").propagate = False

ATTEMPTS = 6
FIRST_WAIT_S = 0.2
JITTER_S = 1.0
TOTAL_WAIT_S = 120.0
"""After this long a person should know; what was read by then is stored."""

Result = TypeVar("Result")
Again = type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool | float]
"""Errors after which it is tried again; or a function of the error: whether, or after how many
seconds."""


def patiently(call: Callable[[], Result], *, on: Again) -> Result:
    """Call until it succeeds, six times at most.

    Args:
        call: What to do; must be safe to do again.
        on: When it is tried again.

    Raises:
        Exception: The last error, when no try succeeded.
    """
    for attempt in stamina.retry_context(
        on=on,
        attempts=ATTEMPTS,
        timeout=TOTAL_WAIT_S,
        wait_initial=FIRST_WAIT_S,
        wait_max=20.0,
        wait_jitter=JITTER_S,
    ):
        with attempt:
            return call()
    raise AssertionError  # the last error was raised
