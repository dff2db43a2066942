"""The provider is down for some seconds, and its clients ask again at once, and again.

Three orders wait for it. The client tries twenty times without a longer pause; the twin's client
doubles its pause and takes three attempts.
"""

import threading
import time
from pathlib import Path

from tests.incidents import shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Failure, Truth, told_by

PAUSE_S, ATTEMPTS, PATIENT_ATTEMPTS = 0.15, 20, 3


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Five orders go through before, three meet the outage."""
    ordered = shop.orders(8, first=1500)
    with Provider().serving() as provider:
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl")
        for order in ordered[:5]:
            client.charge(order, order.name)
            time.sleep(0.1)
        provider.faults.extend(["down"] * 1000)
        waiting = [
            threading.Thread(target=insist, args=(client, order, fault)) for order in ordered[5:]
        ]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        provider.faults.clear()
        for order in ordered[5:]:
            client.charge(order, order.name)
        provider.list_events(folder / "provider_events.json")
    refused = len(provider.received) - len(ordered)
    storm = Failure(
        what=f"the provider refused {refused} requests for three orders",
        patterns=("hot_loop", "fleet", "synchronised"),
        about=[],
        root={"provider_requests": ['"status": 503']},
    )
    return told_by(provider.ledger, [storm] if fault else [], incidents=int(fault))


def insist(client: shop.Client, order: shop.Order, impatient: bool) -> None:
    """Try until it works, or patience ends."""
    for attempt in range(ATTEMPTS if impatient else PATIENT_ATTEMPTS):
        if client.charge(order, order.name):
            return
        time.sleep(PAUSE_S if impatient else PAUSE_S * 4 * 2**attempt)
