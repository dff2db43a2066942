"""Planted chains: automation that set itself off."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sample_data.identifiers import content_hash
from sample_data.logs.trace import CONSUMER, about
from sample_data.moments import later
from sample_data.week import Week

if TYPE_CHECKING:
    from sample_data.logs.celery import Task


def task_loop(week: Week, at: datetime) -> None:
    """Enriching a contact saves it; saving it asks for enrichment."""
    contact = week.ids.token("CON-", 8)
    tasks: list[Task] = []
    for number in range(9):
        name = ("crm.save_contact", "crm.enrich_contact")[number % 2]
        tasks.append(week.celery.task(name, contact, parent=tasks[-1] if tasks else None))
        week.celery.run(tasks[-1], later(at, number * 40), result="saved")
    week.truth.case(
        "chain-loop-enrich", "loop", "Save and enrich call each other nine times", source="celery",
        keys=[contact, *(task.uuid for task in tasks)], span=(at, later(at, 320.5)), excess=7,
    )  # fmt: skip


def chain_rows(
    week: Week,
    at: datetime,
    steps: Sequence[tuple[str, str]],
    entity: tuple[str, str],
    *,
    gap: float = 30,
    cause: str | None = None,
) -> list[str]:
    """Write runs that cause each other, each a (system, workflow); return the runs."""
    runs: list[str] = []
    for number, (system, workflow) in enumerate(steps):
        runs.append(week.run())
        caused_by = runs[-2] if number else cause
        shared = {
            "run": runs[-1], "system": system, "workflow": workflow, "entity": entity,
            "cause_id": caused_by,
        }  # fmt: skip
        moment = later(at, number * gap)
        week.audit.add(moment, "trigger", f"{workflow}.start", trigger_kind="event", **shared)
        week.audit.add(
            later(moment, 0.8), "write", f"{entity[0]}.update", write_kind="update",
            before_hash=content_hash(entity, number), after_hash=content_hash(entity, number + 1),
            **shared,
        )  # fmt: skip
    return runs


def rule_loop(week: Week, at: datetime) -> None:
    """Two rules of the help desk: one adds a tag, the other takes it away."""
    ticket = week.ids.token("TICKET-", 6)
    steps = [("helpdesk", ("tag-urgent", "untag-urgent")[number % 2]) for number in range(8)]
    runs = chain_rows(week, at, steps, ("ticket", ticket))
    week.truth.case(
        "chain-loop-tags", "loop", "Two rules tag and untag one ticket", source="audit",
        keys=[ticket, *runs], span=(at, later(at, 210.8)), excess=6,
    )  # fmt: skip


def sync_loop(week: Week, at: datetime) -> None:
    """Shop and newsletter tool copy a contact back and forth."""
    contact = week.ids.token("CON-", 8)
    pair = (("shop", "contact-to-newsletter"), ("newsletter", "contact-to-shop"))
    runs = chain_rows(week, at, [pair[number % 2] for number in range(10)], ("contact", contact))
    week.truth.case(
        "chain-cross-loop-newsletter", "cross_system_loop",
        "Shop and newsletter tool copy a contact back and forth", source="audit",
        keys=[contact, *runs], span=(at, later(at, 270.8)), excess=8,
    )  # fmt: skip


def traced_loop(week: Week, at: datetime) -> None:
    """Stock and market place tell each other the number that they were just told."""
    listing, trace = week.ids.token("OFFER-", 6), week.traces.trace()
    spans: list[str] = []
    services = ("stock-bridge", "market-bridge")
    for number in range(8):
        service = services[number % 2]
        spans.append(
            week.traces.span(
                service, f"offers.{service} process", later(at, number * 12), 1.1, trace=trace,
                kind=CONSUMER, parent=spans[-1] if spans else None,
                attributes=about("offer", listing) | {
                    "messaging.system": "rabbitmq", "messaging.operation.type": "process",
                    "messaging.destination.name": f"offers.{service}",
                    "messaging.message.id": week.ids.uuid("message"),
                    "forensics.kind": "trigger", "forensics.workflow": f"{service}-sync",
                },
            )
        )  # fmt: skip
    week.truth.case(
        "chain-cross-loop-offer", "cross_system_loop", "Two bridges echo one offer to each other",
        source="otlp", keys=[listing, trace, *spans], span=(at, later(at, 85.1)), excess=6,
    )  # fmt: skip


def task_starts_itself(week: Week, at: datetime) -> None:
    """A task that puts itself back in the queue and never finds itself done."""
    basket = week.ids.token("BASKET-", 8)
    tasks: list[Task] = []
    for number in range(6):
        parent = tasks[-1] if tasks else None
        tasks.append(week.celery.task("baskets.remind", basket, parent=parent))
        week.celery.run(tasks[-1], later(at, number * 25), host="worker-2@shop", result="again")
    week.truth.case(
        "chain-self-trigger-remind", "self_trigger", "A reminder that queues itself six times",
        source="celery", keys=[basket, *(task.uuid for task in tasks)],
        span=(at, later(at, 125.5)), excess=5,
    )  # fmt: skip


def workflow_starts_itself(week: Week, at: datetime) -> None:
    """A rule that rounds a price when it is updated updates the price."""
    record = week.ids.token("PRICE-", 6)
    runs = chain_rows(week, at, [("catalogue", "round-price")] * 5, ("price", record), gap=6)
    week.truth.case(
        "chain-self-trigger-price", "self_trigger", "A workflow set off by its own update",
        source="audit", keys=[record, *runs], span=(at, later(at, 24.8)), excess=4,
    )  # fmt: skip


def task_cascade(week: Week, at: datetime) -> None:
    """One category refresh grows to a tree of 121 tasks, five deep."""
    levels: list[list[Task]] = [[week.celery.task("catalogue.refresh", "CAT-0-0")]]
    for depth in range(1, 5):
        levels.append(
            [
                week.celery.task("catalogue.refresh", f"CAT-{depth}-{child % 4}", parent=parent)
                for parent in levels[-1]
                for child in range(3)
            ]
        )
    tasks = [task for level in levels for task in level]
    hosts = ("worker-1@shop", "worker-2@shop")
    for number, task in enumerate(tasks):
        week.celery.run(task, later(at, number * 0.6), host=hosts[number % 2], runtime=0.2)
    week.truth.case(
        "chain-fan-out-refresh", "fan_out", "One refresh became 121 tasks", source="celery",
        keys=[task.uuid for task in tasks], span=(at, later(at, 72.3)), excess=120,
    )  # fmt: skip


def rule_cascade(week: Week, at: datetime) -> None:
    """Bundles contain bundles: one edit recomputes 126 of them, six deep, some again and again."""
    levels = [[week.run()]]
    shared = {"system": "catalogue", "workflow": "recompute-bundle"}
    week.audit.add(
        at, "trigger", "bundle.recompute", run=levels[0][0], entity=("bundle", "BND-0-0"),
        trigger_kind="user", **shared,
    )  # fmt: skip
    for depth in range(1, 7):
        levels.append([week.run() for _ in range(2**depth)])
        for number, run in enumerate(levels[-1]):
            week.audit.add(
                later(at, depth * 20 + number * 0.3), "trigger", "bundle.recompute", run=run,
                cause_id=levels[-2][number // 2], trigger_kind="event",
                entity=("bundle", f"BND-{depth}-{number % 7}"), **shared,
            )  # fmt: skip
    runs = [run for level in levels for run in level]
    week.truth.case(
        "chain-fan-out-bundle", "fan_out", "One edit recomputed 126 bundles", source="audit",
        keys=runs, span=(at, later(at, 138.9)), excess=len(runs) - 1,
    )  # fmt: skip


def unlinked_rows(
    week: Week, at: datetime, entity: tuple[str, str], pair: Sequence[tuple[str, str]], visits: int
) -> list[str]:
    """Write runs that only their values connect; return the runs."""
    runs = []
    for number in range(visits):
        system, workflow = pair[number % 2]
        runs.append(week.run())
        moment = later(at, number * 20)
        shared = {
            "run": runs[-1], "system": system, "workflow": workflow, "entity": entity,
            "serial": True, "payload_hash": content_hash(entity, "value", number),
        }  # fmt: skip
        week.audit.add(moment, "trigger", f"{workflow}.start", trigger_kind="event", **shared)
        week.audit.add(
            later(moment, 1), "write", f"{entity[0]}.update", write_kind="update",
            before_hash=content_hash(entity, "value", number),
            after_hash=content_hash(entity, "value", number + 1), **shared,
        )  # fmt: skip
    return runs


def unlinked_loop(week: Week, at: datetime) -> None:
    """Two tools normalise a name, each in its own way; no id links their runs."""
    contact = week.ids.token("CON-", 8)
    pair = (("shop", "normalise-name"), ("crm", "title-case-name"))
    runs = unlinked_rows(week, at, ("contact", contact), pair, 8)
    week.truth.case(
        "chain-inferred-loop-name", "inferred_loop", "Two tools rewrite a name in turn",
        source="audit", keys=[contact, *runs], span=(at, later(at, 141)), excess=6,
    )  # fmt: skip


def unlinked_price_loop(week: Week, at: datetime) -> None:
    """Price matching against oneself: the feed lowers, the matcher lowers, the feed lowers."""
    price = week.ids.token("PRICE-", 6)
    pair = (("catalogue", "match-price"), ("price-feed", "publish-price"))
    runs = unlinked_rows(week, at, ("price", price), pair, 10)
    week.truth.case(
        "chain-inferred-loop-price", "inferred_loop", "A price matcher follows its own feed",
        source="audit", keys=[price, *runs], span=(at, later(at, 181)), excess=8,
    )  # fmt: skip


CHAINS = (
    task_loop,
    rule_loop,
    sync_loop,
    traced_loop,
    task_starts_itself,
    workflow_starts_itself,
    task_cascade,
    rule_cascade,
    unlinked_loop,
    unlinked_price_loop,
)
