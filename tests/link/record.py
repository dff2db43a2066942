"""Records five incidents again with thirty orders more, so that their logs share enough names.

uv run python -m tests.link.record

The drivers are those of `tests/incidents`; only the number of orders differs.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def busier() -> Iterator[None]:
    """A shop that has more to do."""
    usual = shop.orders
    shop.orders = lambda count, first: usual(count + MORE, first=first)
    try:
        yield
    finally:
        shop.orders = usual


def main() -> None:
    """Write `recorded/NAME` of each."""
    for name in NAMES:
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
