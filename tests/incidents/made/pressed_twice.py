"""Customers press the button twice, and the checkout charges them for each request.

The form has a token, which the checkout does not look at. The twin's checkout gives it to the
provider as key.
"""

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.incidents import shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by
from tests.incidents.web import serving

IMPATIENT = {2, 5}


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Two of eight customers press again after a second."""
    baskets = {basket.name: basket for basket in shop.orders(8, first=640)}
    with Provider().serving() as provider:
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl")

        def checkout(form: dict[str, Any]) -> None:
            client.charge(baskets[form["order"]], "" if fault else form["token"])

        with serving("/checkout", folder / "checkout_requests.jsonl", checkout) as address:
            for number, name in enumerate(baskets):
                form = {"order": name, "token": str(uuid4())}
                for press in range(2 if number in IMPATIENT else 1):
                    time.sleep(shop.RESTART_S if press else 0.2)
                    httpx.post(address, json=form)
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again when the customer pressed again",
        ("same_content",),
        lambda order: {"checkout_requests": [order]},
        mechanism="double_submit",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))
