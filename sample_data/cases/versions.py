"""Planted races that the versions of a record prove."""

from collections.abc import Sequence
from datetime import datetime

from sample_data.identifiers import content_hash
from sample_data.logs.trace import CLIENT, about
from sample_data.moments import later
from sample_data.traffic import place
from sample_data.week import Week


def lost_address(week: Week, at: datetime) -> None:
    """The customer and the clerk both edit version 5 of one order; the clerk wins."""
    order = week.order(at).order_id
    writers = {"address-form": 0.0, "back-office": 2.1}
    runs = {system: week.run() for system in writers}
    for system, wait in writers.items():
        week.audit.add(
            later(at, wait), "read", "order.read", run=runs[system], system=system, serial=True,
            entity=("order", order), version_read="5", transaction_id=f"tx-{runs[system][4:]}",
            before_hash=content_hash(order, 5),
        )  # fmt: skip
    for number, (system, wait) in enumerate(writers.items()):
        week.audit.add(
            later(at, 6 + wait), "write", "order.save", run=runs[system], system=system,
            serial=True, entity=("order", order), version_read="5",
            version_written=str(6 + number), transaction_id=f"tx-{runs[system][4:]}",
            write_kind="update", fields=["address", "phone"],
            after_hash=content_hash(order, system), conditional=False,
        )  # fmt: skip
    week.truth.case(
        "race-lost-update-address", "lost_update", "Two edits of one version; one is lost",
        source="audit", keys=[order, *runs.values()], span=(at, later(at, 8.1)), excess=1,
    )  # fmt: skip


def lost_stock_count(week: Week, at: datetime) -> None:
    """Two inventory spans read version 31 and write what each of them counted."""
    item = week.ids.token("SHELF-", 6)
    spans = []
    for number, service in enumerate(("stock-count", "returns-desk")):
        trace = week.traces.trace()
        shared = about("shelf", item)
        base = {
            "db.system.name": "postgresql", "db.collection.name": "shelves",
            "forensics.version_read": "31", "server.address": "shop-db",
        }  # fmt: skip
        root = week.traces.span(
            service, "shelf.count", later(at, number * 1.5), 9, trace=trace, attributes=shared
        )
        week.traces.span(
            service, "SELECT shelves", later(at, 0.2 + number * 1.5), 0.01, trace=trace,
            kind=CLIENT, parent=root,
            attributes=base | shared | {
                "db.operation.name": "SELECT", "forensics.kind": "read",
                "forensics.transaction_id": root,
            },
        )  # fmt: skip
        wrote = week.traces.span(
            service, "UPDATE shelves", later(at, 6 + number * 1.5), 0.02, trace=trace,
            kind=CLIENT, parent=root,
            attributes=base | shared | {
                "db.operation.name": "UPDATE", "forensics.kind": "write",
                "forensics.write_kind": "update", "forensics.transaction_id": root,
                "forensics.version_written": str(32 + number),
                "forensics.after_hash": content_hash(item, service),
            },
        )  # fmt: skip
        spans += [root, wrote]
    week.truth.case(
        "race-lost-update-shelf", "lost_update", "Two counts of one shelf built on version 31",
        source="otlp", keys=[item, *spans], span=(at, later(at, 7.52)), excess=1,
    )  # fmt: skip


def stale_save(
    week: Week, at: datetime, record: str, base: int, blind: int
) -> tuple[str, datetime]:
    """A run reads, others write without reading, the run saves what it had; return run and end."""
    run = week.run()
    entity = (record.split("-", maxsplit=1)[0].lower(), record)
    shared = {"entity": entity, "serial": True, "write_kind": "update"}
    week.audit.add(
        at, "read", "record.read", run=run, system="catalogue-editor", entity=entity, serial=True,
        version_read=str(base), transaction_id=f"tx-{run[4:]}",
    )  # fmt: skip
    for number in range(1, blind + 1):
        other = week.run()
        week.audit.add(
            later(at, 4 * number), "write", "record.set", run=other, system="price-import",
            version_written=str(base + number), after_hash=content_hash(record, base + number),
            transaction_id=f"tx-{other[4:]}", **shared,
        )  # fmt: skip
    end = later(at, 4 * blind + 5)
    week.audit.add(
        end, "write", "record.save", run=run, system="catalogue-editor", version_read=str(base),
        version_written=str(base + blind + 1), after_hash=content_hash(record, "stale"),
        transaction_id=f"tx-{run[4:]}", **shared,
    )  # fmt: skip
    return run, end


def stale_price(week: Week, at: datetime) -> None:
    """The price import comes between an editor's reading and saving."""
    record = week.ids.token("PRICE-", 6)
    run, end = stale_save(week, at, record, base=10, blind=1)
    week.truth.case(
        "race-stale-write-price", "stale_write", "An editor saves over an imported price",
        source="audit", keys=[record, run], span=(at, end), excess=1,
    )  # fmt: skip


def stale_listing(week: Week, at: datetime) -> None:
    """Three imports are overwritten by one forgotten browser tab."""
    record = week.ids.token("LISTING-", 6)
    run, end = stale_save(week, at, record, base=3, blind=3)
    week.truth.case(
        "race-stale-write-listing", "stale_write", "A forgotten tab overwrites three imports",
        source="audit", keys=[record, run], span=(at, end), excess=3,
    )  # fmt: skip


def forked_order(week: Week, at: datetime) -> None:
    """Two transactions make version 2 of one order, each with its own status."""
    order = week.order(at)
    place(week, order, at)
    transactions = []
    for wait, status in ((40, "paid"), (40.3, "cancelled")):
        transactions.append(week.changes.transaction(later(at, wait)))
        week.changes.update(
            later(at, wait), transactions[-1], "orders", order.order_id, status=status, version=2,
            updated_at=f"{later(at, wait):%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
    week.truth.case(
        "race-version-fork-order", "version_fork", "Version 2 of one order was written twice",
        source="debezium", keys=[order.order_id, *map(str, transactions)],
        span=(later(at, 40), later(at, 40.3)), excess=1,
    )  # fmt: skip


def forked_document(week: Week, at: datetime) -> None:
    """Two replicas number their edits by themselves."""
    record = week.ids.token("RECIPE-", 6)
    runs = [week.run(), week.run()]
    for wait, run, system in zip((0, 3.4), runs, ("studio", "studio-copy"), strict=True):
        week.audit.add(
            later(at, wait), "write", "recipe.save", run=run, system=system, write_kind="update",
            entity=("recipe", record), version_written="18", after_hash=content_hash(record, run),
            transaction_id=f"tx-{run[4:]}",
        )  # fmt: skip
    week.truth.case(
        "race-version-fork-recipe", "version_fork", "Two replicas both wrote version 18",
        source="audit", keys=[record, *runs], span=(at, later(at, 3.4)), excess=1,
    )  # fmt: skip


def applied(
    week: Week, at: datetime, record: tuple[str, str], applier: str, versions: Sequence[int]
) -> datetime:
    """One applier takes over versions of a record in this order; return when it ended."""
    for number, version in enumerate(versions):
        run = week.run()
        week.audit.add(
            later(at, number * 1.3), "write", f"{record[0]}.apply", run=run, system=applier,
            actor=applier, actor_kind="worker", workflow=f"apply-{record[0]}", entity=record,
            write_kind="update", version_written=str(version), serial=True,
            after_hash=content_hash(record, version), transaction_id=f"tx-{run[4:]}",
        )  # fmt: skip
    return later(at, (len(versions) - 1) * 1.3)


def index_out_of_order(week: Week, at: datetime) -> None:
    """The search index applies version 7 of a product, then version 6."""
    record = week.ids.token("DOC-", 8)
    end = applied(week, at, ("document", record), "search-index", (5, 7, 6))
    week.truth.case(
        "race-out-of-order-index", "out_of_order", "The index ends on version 6 after version 7",
        source="audit", keys=[record], span=(at, end), excess=1,
    )  # fmt: skip


def contact_out_of_order(week: Week, at: datetime) -> None:
    """The replica of the address book takes two older versions over a newer one."""
    contact = week.ids.token("CON-", 8)
    end = applied(week, at, ("contact", contact), "crm-replica", (11, 14, 12, 13))
    week.truth.case(
        "race-out-of-order-contact", "out_of_order", "A replica ends on version 13 after 14",
        source="audit", keys=[contact], span=(at, end), excess=1,
    )  # fmt: skip


VERSIONS = (
    lost_address,
    lost_stock_count,
    stale_price,
    stale_listing,
    forked_order,
    forked_document,
    index_out_of_order,
    contact_out_of_order,
)
