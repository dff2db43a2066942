"""A batch is resumed after its keys' lifetime, and the provider, which forgot them, charges again.

The provider remembers a key for two seconds, as `forensics.toml` says of it; the batch stops after
an error, and is started again from its beginning three seconds later. The twin resumes in time.
"""

import time
from pathlib import Path

from tests.incidents import shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

LIFETIME_S = 2


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Four of eight orders were charged when the batch stopped."""
    ordered = shop.orders(8, first=2100)
    (folder / "forensics.toml").write_text(
        f"[thresholds.key_expired]\nkey_lifetime_s = {LIFETIME_S}\n"
        f"[thresholds.same_key]\nkey_lifetime_s = {LIFETIME_S}\n"
    )
    with Provider(key_lifetime_s=LIFETIME_S).serving() as provider:
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "billing")
        for order in ordered[:4]:
            client.charge(order, f"batch-11-{order.name}")
        time.sleep(LIFETIME_S + 1.5 if fault else 0.2)
        for order in ordered:
            client.charge(order, f"batch-11-{order.name}")
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again under a key that had been forgotten",
        ("key_expired", "same_key", "batch_rerun"),
        lambda order: {"provider_requests": [order], "provider_events": [order]},
        mechanism="expired_key",
    )
    apart = "each charge has its own key and request, and no line tells of the batch"
    return told_by(provider.ledger, failures, incidents=int(fault), apart=apart if failures else "")
