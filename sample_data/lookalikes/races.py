"""Two writers, one record, and nothing wrong."""

from datetime import datetime
from typing import Any

from sample_data.cases.collisions import lock_row
from sample_data.cases.versions import applied
from sample_data.identifiers import content_hash
from sample_data.moments import later
from sample_data.traffic import place
from sample_data.week import Week


def same_base(
    week: Week, at: datetime, record: tuple[str, str], first: dict[str, Any], second: dict[str, Any]
) -> list[str]:
    """Two runs read version 4 of a record and then write it; return the runs."""
    runs = [week.run(), week.run()]
    for number, run in enumerate(runs):
        week.audit.add(
            later(at, number), "read", "record.read", run=run, entity=record, serial=True,
            version_read="4", transaction_id=f"tx-{run[4:]}",
        )  # fmt: skip
    for number, (run, columns) in enumerate(zip(runs, (first, second), strict=True)):
        written = {"version_written": str(5 + number), "after_hash": content_hash(record, run)}
        week.audit.add(
            later(at, 5 + number), "write", "record.save", run=run, entity=record, serial=True,
            write_kind="update", version_read="4", transaction_id=f"tx-{run[4:]}",
            **(written | columns),
        )  # fmt: skip
    return runs


def commutative(week: Week, at: datetime) -> None:
    """Two decrements of a stock counter."""
    record = ("counter", week.ids.token("COUNTER-", 6))
    change = {"commutative": True, "fields": ["available"]}
    runs = same_base(week, at, record, change, change)
    week.truth.lookalike(
        "quiet-commutative-stock", "lost_update", "commutative", source="audit",
        keys=[record[1], *runs], why="both add to what is there; neither replaces it",
    )  # fmt: skip


def disjoint_fields(week: Week, at: datetime) -> None:
    """One sets the address, the other the note."""
    record = ("order", week.order(at).order_id)
    runs = same_base(week, at, record, {"fields": ["address"]}, {"fields": ["note"]})
    week.truth.lookalike(
        "quiet-disjoint-order", "lost_update", "disjoint_fields", source="audit",
        keys=[record[1], *runs], why="each wrote another field",
    )  # fmt: skip


def same_value(week: Week, at: datetime) -> None:
    """Both mark the order as paid, with the same result."""
    record = ("order", week.order(at).order_id)
    paid = {"after_hash": content_hash(record, "paid"), "fields": ["status"]}
    runs = same_base(week, at, record, paid, paid)
    week.truth.lookalike(
        "quiet-same-value-order", "lost_update", "same_value", source="audit",
        keys=[record[1], *runs], why="both wrote the same value",
    )  # fmt: skip


def same_row_twice(week: Week, at: datetime) -> None:
    """Two transactions write version 2 of an order, and the very same row."""
    order = week.order(at)
    place(week, order, at)
    transactions = []
    for wait in (30, 30.2):
        transactions.append(week.changes.transaction(later(at, wait)))
        week.changes.update(
            later(at, wait), transactions[-1], "orders", order.order_id, status="cancelled",
            version=2, updated_at=f"{later(at, 30):%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-same-value-row", "version_fork", "same_value", source="debezium",
        keys=[order.order_id, *map(str, transactions)], why="the second row equals the first",
    )  # fmt: skip


def guarded_save(week: Week, at: datetime) -> None:
    """The second save asks for version 4, is told 412, and does nothing."""
    record = ("order", week.order(at).order_id)
    lost = {
        "outcome": "rejected", "conditional": True, "error": "412", "error_kind": "conflict",
        "version_written": None,
    }  # fmt: skip
    runs = same_base(week, at, record, {"conditional": True}, lost)
    week.truth.lookalike(
        "quiet-guarded-save", "lost_update", "guarded", source="audit", keys=[record[1], *runs],
        why="the version check refused the second save",
    )  # fmt: skip


def guarded_act(week: Week, at: datetime) -> None:
    """A foreign write comes between check and act, but the act asked again as it was done."""
    card = week.ids.token("GIFT-", 8)
    first, other = week.run(), week.run()
    shared = {"entity": ("giftcard", card), "serial": True}
    week.audit.add(at, "read", "giftcard.balance", run=first, system="till-3", **shared)
    week.audit.add(
        later(at, 3), "write", "giftcard.top_up", run=other, system="till-4", write_kind="update",
        after_hash=content_hash(card, 40), **shared,
    )  # fmt: skip
    week.audit.add(
        later(at, 7), "write", "giftcard.spend", run=first, system="till-3", write_kind="update",
        conditional=True, after_hash=content_hash(card, 15), **shared,
    )  # fmt: skip
    week.truth.lookalike(
        "quiet-guarded-giftcard", "check_then_act", "guarded", source="audit",
        keys=[card, first, other], why="the spending held only if the balance was still enough",
    )  # fmt: skip


def guarded_create(week: Week, at: datetime) -> None:
    """The unique index on the address refuses the second contact."""
    email = week.person()[1]
    twins = [week.ids.token("CON-", 8) for _ in range(2)]
    for number, contact in enumerate(twins):
        week.audit.add(
            later(at, number * 1.5), "write", "contact.create", run=week.run(),
            system=("sign-up", "checkout")[number], target_system="crm",
            entity=("contact", contact),
            write_kind="create", natural_key=f"email:{email}",
            outcome="rejected" if number else "ok", error="23505" if number else None,
            error_kind="conflict" if number else None, after_hash=content_hash(contact),
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-guarded-contact", "twin_create", "guarded", source="audit",
        keys=[f"email:{email}", *twins], why="a unique violation refused the second contact",
    )  # fmt: skip


def held_lock(week: Week, at: datetime) -> None:
    """Two requests to edit one contact overlap, but the second waited for the first one's lock."""
    contact = week.ids.token("CON-", 8)
    lock, runs = f"lease:{contact}", [week.run(), week.run()]
    for system, run, (begun, locked, freed, ended) in zip(
        ("shop", "crm"), runs, ((0, 1, 9, 10), (3, 11, 18, 19)), strict=True
    ):
        lock_row(week, later(at, locked), lock, holder=run, phase="start", expires=later(at, 60))
        week.audit.add(
            later(at, begun), "write", "contact.update", run=run, clock="cluster", system=system,
            actor=f"{system}-sync", actor_kind="service", entity=("contact", contact),
            fields=["phone"], write_kind="update", after_hash=content_hash(contact, run),
            ended_at=later(at, ended),
        )  # fmt: skip
        lock_row(week, later(at, freed), lock, holder=run, phase="end", expires=later(at, 60))
    week.truth.lookalike(
        "quiet-held-lock-contact", "overlapping_writes", "held_lock", source="audit",
        keys=[contact, lock, *runs], why="each wrote while it alone held the contact's lock",
    )  # fmt: skip


def same_chain(week: Week, at: datetime) -> None:
    """A run reads, has its child write, and writes itself: one chain, as it was meant."""
    record = ("order", week.order(at).order_id)
    parent, child = week.run(), week.run()
    shared = {"entity": record, "serial": True}
    week.audit.add(at, "read", "order.read", run=parent, version_read="4", **shared)
    for number, (run, cause) in enumerate(((child, parent), (parent, None))):
        week.audit.add(
            later(at, 3 + number), "write", "order.save", run=run, cause_id=cause,
            write_kind="update", version_read="4", version_written=str(5 + number),
            after_hash=content_hash(record, run), **shared,
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-same-chain-order", "lost_update", "same_chain", source="audit",
        keys=[record[1], parent, child], why="the first writer was started by the second",
    )  # fmt: skip


def clock_uncertain(week: Week, at: datetime) -> None:
    """Check, foreign write and act lie within what two clocks may differ by."""
    slot = week.ids.token("SLOT-", 6)
    first, other = week.run(), week.run()
    entity = ("slot", slot)
    week.audit.add(
        at, "read", "slot.check", run=first, system="phone-desk", entity=entity, clock="desk"
    )
    week.audit.add(
        later(at, 0.012), "write", "slot.book", run=other, system="web-shop", entity=entity,
        clock="web", write_kind="update", after_hash=content_hash(slot, other),
    )  # fmt: skip
    week.audit.add(
        later(at, 0.025), "write", "slot.book", run=first, system="phone-desk", entity=entity,
        clock="desk", write_kind="update", after_hash=content_hash(slot, first),
    )  # fmt: skip
    week.truth.lookalike(
        "quiet-clock-uncertain-slot", "check_then_act", "clock_uncertain", source="audit",
        keys=[slot, first, other], why="12 ms between two clocks prove no order",
    )  # fmt: skip


def last_write_wins(week: Week, at: datetime) -> None:
    """Two systems note when a contact was last seen; the latest is the right one by intent."""
    name, email = week.person()
    contact = week.ids.token("CON-", 8)
    row = {
        "id": contact, "email": email, "phone": None, "segment": name.split()[1], "version": 3,
        "last_seen_at": None,
    }  # fmt: skip
    week.changes.insert(at, week.changes.transaction(at), "crm_contacts", row)
    for number, wait in enumerate((90, 90.4, 91.1), start=4):
        moment = later(at, wait)
        week.changes.update(
            moment, week.changes.transaction(moment), "crm_contacts", contact, version=number,
            last_seen_at=f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-last-seen", "overlapping_writes", "last_write_wins", source="debezium",
        keys=[contact], why="`last_seen_at` is meant to be overwritten",
    )  # fmt: skip


def lease_in_turn(week: Week, at: datetime) -> None:
    """A lease runs out, and only then is it given to the next."""
    lock = f"lease:{week.ids.token('mailer-', 6)}"
    holders = [week.run(), week.run()]
    lock_row(week, at, lock, holder=holders[0], phase="start", expires=later(at, 30))
    lock_row(week, later(at, 29), lock, holder=holders[0], phase="end", expires=later(at, 30))
    lock_row(week, later(at, 31), lock, holder=holders[1], phase="start", expires=later(at, 61))
    lock_row(week, later(at, 55), lock, holder=holders[1], phase="end", expires=later(at, 61))
    week.truth.lookalike(
        "quiet-lease-in-turn", "lease_overlap", None, source="audit", keys=[lock, *holders],
        why="the second holder came after the first had let go",
    )  # fmt: skip


def late_but_repaired(week: Week, at: datetime) -> None:
    """Version 6 is applied after 7, and 8 after both: the record ends where it should."""
    record = week.ids.token("DOC-", 8)
    applied(week, at, ("document", record), "search-index", (5, 7, 6, 8))
    week.truth.lookalike(
        "quiet-late-but-repaired", "out_of_order", None, source="audit", keys=[record],
        why="the final state is the newest",
    )  # fmt: skip


QUIET_RACES = (
    commutative,
    disjoint_fields,
    same_value,
    same_row_twice,
    guarded_save,
    guarded_act,
    guarded_create,
    held_lock,
    same_chain,
    clock_uncertain,
    last_write_wins,
    lease_in_turn,
    late_but_repaired,
)
