"""Records five incidents again with thirty orders more, so that their logs share enough names.

uv run python -m tests.link.record [NAME...]

The drivers are those of `tests/incidents`; only the number of orders differs, and that customers do
not all order within one second.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.incidents import shop
from tests.incidents.record import compress, made, require_presentable

RECORDED = Path(__file__).parent / "recorded"
NAMES = (
    "dead_letters_replayed",
    "key_per_attempt",
    "outbox_two_relays",
    "refunded_twice",
    "webhook_retried",
)
MORE = 30
PACE_S = 0.4
"""Between one call and the next."""


@contextmanager
def busier() -> Iterator[None]:
    """A shop that has more to do, and that does one thing after the other."""
    usual, ask = shop.orders, shop.Client.ask

    def asked(*given: Any, **named: Any) -> str | None:
        time.sleep(PACE_S)
        return ask(*given, **named)

    shop.orders = lambda count, first: usual(count + MORE, first=first)
    shop.Client.ask = asked  # type: ignore[method-assign]
    try:
        yield
    finally:
        shop.orders, shop.Client.ask = usual, ask  # type: ignore[method-assign]


def main() -> None:
    """Write `recorded/NAME` of each."""
    for name in sys.argv[1:] or NAMES:
        folder = RECORDED / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as place, busier():
            made(name, folder, Path(place), fault=True)
        compress(folder)
        require_presentable(folder)
        sys.stdout.write(f"{folder.name}\n")


if __name__ == "__main__":
    main()
