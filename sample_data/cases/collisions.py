"""Planted races that order, keys, leases or intervals prove."""

from datetime import datetime

from sample_data.identifiers import content_hash
from sample_data.logs.trace import CLIENT, about
from sample_data.moments import later
from sample_data.week import Week


def spent_gift_card(week: Week, at: datetime) -> None:
    """A balance is checked, another till spends it, then the first till spends it too."""
    card = week.ids.token("GIFT-", 8)
    first, other = week.run(), week.run()
    shared = {"entity": ("giftcard", card), "serial": True}
    week.audit.add(
        at, "read", "giftcard.balance", run=first, system="till-1",
        transaction_id=f"tx-{first[4:]}", **shared,
    )  # fmt: skip
    week.audit.add(
        later(at, 3), "write", "giftcard.spend", run=other, system="till-2", write_kind="update",
        transaction_id=f"tx-{other[4:]}", after_hash=content_hash(card, 0), **shared,
    )  # fmt: skip
    week.audit.add(
        later(at, 7), "effect", "giftcard.handover", run=first, system="till-1",
        effect_id=week.ids.token("handover_", 10), effect_class="inventory", conditional=False,
        transaction_id=f"tx-{first[4:]}", amount=25, currency="EUR", **shared,
    )  # fmt: skip
    week.truth.case(
        "race-check-then-act-giftcard", "check_then_act", "A gift card spent between check and use",
        source="audit", keys=[card, first], span=(at, later(at, 7)), excess=1,
    )  # fmt: skip


def voucher_limit(week: Week, at: datetime) -> None:
    """The limit of a voucher is checked, another use is counted, then this one too."""
    predicate = f"voucher_uses:{week.ids.token('SPRING', 4)}"
    uses = [week.ids.token("USE-", 8) for _ in range(2)]
    runs = [week.run(), week.run()]
    week.audit.add(
        at, "read", "voucher.count", run=runs[0], predicate=predicate, serial=True,
        transaction_id=f"tx-{runs[0][4:]}",
    )  # fmt: skip
    for wait, run, use in zip((2, 5), reversed(runs), uses, strict=True):
        week.audit.add(
            later(at, wait), "write", "voucher.use", run=run, predicate=predicate, serial=True,
            entity=("voucher_use", use), write_kind="create", conditional=False,
            after_hash=content_hash(use), transaction_id=f"tx-{run[4:]}",
        )  # fmt: skip
    week.truth.case(
        "race-check-then-act-voucher", "check_then_act", "A limit checked before another use",
        source="audit", keys=[predicate, *uses, *runs], span=(at, later(at, 5)), excess=1,
    )  # fmt: skip


def twin_contacts(week: Week, at: datetime) -> None:
    """Sign-up and checkout each create the contact of one address."""
    email = week.person()[1]
    twins = [week.ids.token("CON-", 8) for _ in range(2)]
    for wait, contact, system in zip((0, 2.6), twins, ("sign-up", "checkout"), strict=True):
        moment, run = later(at, wait), week.run()
        week.audit.add(
            moment, "write", "contact.create", run=run, system=system, target_system="crm",
            write_kind="create",
            entity=("contact", contact), natural_key=f"email:{email}",
            after_hash=content_hash(contact), transaction_id=f"tx-{run[4:]}",
        )  # fmt: skip
        row = {
            "id": contact, "email": email, "phone": None, "segment": system, "version": 1,
            "last_seen_at": None,
        }  # fmt: skip
        week.changes.insert(moment, week.changes.transaction(moment), "crm_contacts", row)
    week.truth.case(
        "race-twin-create-contact", "twin_create", "One address, two contacts",
        source="audit+debezium", keys=[f"email:{email}", *twins], span=(at, later(at, 2.6)),
        excess=1,
    )  # fmt: skip


def twin_baskets(week: Week, at: datetime) -> None:
    """Two API servers open a basket for one session."""
    session = f"session:{week.ids.token('s', 12)}"
    twins = [week.ids.token("BASKET-", 8) for _ in range(2)]
    for wait, basket in zip((0, 0.9), twins, strict=True):
        week.traces.span(
            "shop-api", "INSERT baskets", later(at, wait), 0.012, trace=week.traces.trace(),
            kind=CLIENT,
            attributes=about("basket", basket) | {
                "db.system.name": "postgresql", "db.operation.name": "INSERT",
                "db.collection.name": "baskets", "server.address": "shop-db",
                "forensics.kind": "write", "forensics.write_kind": "create",
                "forensics.natural_key": session, "forensics.after_hash": content_hash(basket),
            },
        )  # fmt: skip
    week.truth.case(
        "race-twin-create-basket", "twin_create", "One session, two baskets", source="otlp",
        keys=[session, *twins], span=(at, later(at, 0.91)), excess=1,
    )  # fmt: skip


def lock_row(
    week: Week, at: datetime, lock: str, *, holder: str, phase: str, expires: datetime
) -> None:
    """Write one row about an exclusive lease."""
    week.audit.add(
        at, "lock", "lease.hold", run=holder, system="lease-service", phase=phase,
        entity=("lock", lock),
        lock={"mode": "exclusive", "expires_at": expires, "fencing_token": holder[-4:]},
    )  # fmt: skip


def two_leaders(week: Week, at: datetime) -> None:
    """After a failover the lock service grants a lease that is still held."""
    lock = f"lease:{week.ids.token('nightly-', 6)}"
    first, second = week.run(), week.run()
    lock_row(week, at, lock, holder=first, phase="start", expires=later(at, 90))
    lock_row(week, later(at, 25), lock, holder=second, phase="start", expires=later(at, 115))
    lock_row(week, later(at, 70), lock, holder=first, phase="end", expires=later(at, 90))
    lock_row(week, later(at, 80), lock, holder=second, phase="end", expires=later(at, 115))
    week.truth.case(
        "race-lease-overlap-nightly", "lease_overlap", "Two holders of one lease for 45 seconds",
        source="audit", keys=[lock, first, second], span=(at, later(at, 80)), excess=1,
    )  # fmt: skip


def renewed_elsewhere(week: Week, at: datetime) -> None:
    """A lease is renewed on one node while another node gives it away."""
    lock = f"lease:{week.ids.token('importer-', 6)}"
    first, second = week.run(), week.run()
    lock_row(week, at, lock, holder=first, phase="start", expires=later(at, 30))
    lock_row(week, later(at, 20), lock, holder=first, phase="progress", expires=later(at, 50))
    lock_row(week, later(at, 32), lock, holder=second, phase="start", expires=later(at, 62))
    lock_row(week, later(at, 45), lock, holder=first, phase="end", expires=later(at, 50))
    lock_row(week, later(at, 60), lock, holder=second, phase="end", expires=later(at, 62))
    week.truth.case(
        "race-lease-overlap-renewed", "lease_overlap", "A lease given away although it was renewed",
        source="audit", keys=[lock, first, second], span=(at, later(at, 60)), excess=1,
    )  # fmt: skip


def overlapping_edits(week: Week, at: datetime, record: str, systems: tuple[str, str]) -> datetime:
    """Two systems write one field of one record at once; return when the later one ended."""
    for number, system in enumerate(systems):
        week.audit.add(
            later(at, number * 2), "write", "contact.update", run=week.run(), system=system,
            actor=f"{system}-sync", actor_kind="service", entity=("contact", record),
            fields=["phone"], write_kind="update", after_hash=content_hash(record, system),
            ended_at=later(at, 6 + number * 3), clock="cluster",
            changes=[
                {
                    "name": "phone", "before": content_hash(record, "phone"),
                    "after": content_hash(record, system, "phone"),
                }
            ],
        )  # fmt: skip
    return later(at, 9)


def phone_overlap(week: Week, at: datetime) -> None:
    """Shop and address book both set a telephone number, neither knowing of the other."""
    record = week.ids.token("CON-", 8)
    end = overlapping_edits(week, at, record, ("shop", "crm"))
    week.truth.case(
        "race-overlapping-phone", "overlapping_writes", "Shop and CRM set one number at once",
        source="audit", keys=[record], span=(at, end), excess=1,
    )  # fmt: skip


def second_phone_overlap(week: Week, at: datetime) -> None:
    """The same between the help desk and the loyalty programme."""
    record = week.ids.token("CON-", 8)
    end = overlapping_edits(week, at, record, ("helpdesk", "loyalty"))
    week.truth.case(
        "race-overlapping-helpdesk", "overlapping_writes",
        "Help desk and loyalty programme set one number at once", source="audit", keys=[record],
        span=(at, end), excess=1,
    )  # fmt: skip


COLLISIONS = (
    spent_gift_card,
    voucher_limit,
    twin_contacts,
    twin_baskets,
    two_leaders,
    renewed_elsewhere,
    phone_overlap,
    second_phone_overlap,
)
