"""Automation that calls itself and comes to an end."""

from datetime import datetime
from typing import TYPE_CHECKING

from sample_data.identifiers import content_hash
from sample_data.logs.trace import CONSUMER, about
from sample_data.moments import later
from sample_data.week import Week

if TYPE_CHECKING:
    from sample_data.logs.celery import Task


def falling_cursor(week: Week, at: datetime) -> None:
    """An export continues itself until nothing is left."""
    entity, runs = ("export", week.ids.token("EXPORT-", 6)), [week.run()]
    for number in range(8):
        week.audit.add(
            later(at, number * 9), "trigger", "export.page", run=runs[-1], system="reports",
            workflow="export-page", entity=entity, progress=str(700 - 100 * number),
            cause_id=runs[-2] if number else None, trigger_kind="event",
        )  # fmt: skip
        runs.append(week.run())
    week.truth.lookalike(
        "quiet-cursor-export", "self_trigger", "bounded_cursor", source="audit",
        keys=[entity[1], *runs[:-1]], why="the remaining count falls to nothing",
    )  # fmt: skip


def falling_cursor_spans(week: Week, at: datetime) -> None:
    """A purge deletes a thousand rows a message."""
    trace, job = week.traces.trace(), week.ids.token("PURGE-", 6)
    spans: list[str] = []
    for number in range(6):
        spans.append(
            week.traces.span(
                "janitor", "purge process", later(at, number * 8), 6, trace=trace, kind=CONSUMER,
                parent=spans[-1] if spans else None,
                attributes=about("purge", job) | {
                    "messaging.system": "rabbitmq", "messaging.operation.type": "process",
                    "messaging.destination.name": "purge", "forensics.kind": "trigger",
                    "messaging.message.id": week.ids.uuid("message"),
                    "forensics.workflow": "purge-batch", "forensics.progress": 5000 - 1000 * number,
                },
            )
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-cursor-purge", "self_trigger", "bounded_cursor", source="otlp",
        keys=[job, trace, *spans],
        why="each message has a thousand rows less to delete",
    )  # fmt: skip


def tree_walk(week: Week, at: datetime) -> None:
    """A permission change visits every folder once: 120 of them, two deep."""
    root = week.run()
    folder = week.ids.token("FOLDER-", 4)
    runs, parents = [root], [root]
    shared = {"system": "documents", "workflow": "apply-permissions"}
    week.audit.add(
        at, "trigger", "folder.visit", run=root, entity=("folder", folder), trigger_kind="user",
        **shared,
    )  # fmt: skip
    for depth, width in ((1, 10), (2, 11)):
        children = [(parent, week.run()) for parent in parents for _ in range(width)]
        for number, (parent, run) in enumerate(children):
            week.audit.add(
                later(at, depth * 10 + number * 0.2), "trigger", "folder.visit", run=run,
                cause_id=parent, entity=("folder", f"{folder}/{depth}-{number:03d}"),
                trigger_kind="event", **shared,
            )  # fmt: skip
        parents = [run for _, run in children]
        runs += parents
    week.truth.lookalike(
        "quiet-tree-walk-folders", "fan_out", "tree_walk", source="audit", keys=runs,
        why="every folder once, two levels deep",
    )  # fmt: skip


def walked_tasks(week: Week, at: datetime) -> None:
    """A category, its sub-category, and theirs: one task name on one ancestry, other records."""
    tasks: list[Task] = []
    base = week.ids.token("CAT-", 4)
    for depth in range(5):
        parent = tasks[-1] if tasks else None
        task = week.celery.task("catalogue.count_products", f"{base}-{depth}", parent=parent)
        tasks.append(task)
        week.celery.run(task, later(at, depth * 3), result="counted")
    week.truth.lookalike(
        "quiet-tree-walk-tasks", "self_trigger", "tree_walk", source="celery",
        keys=[task.uuid for task in tasks], why="each task counts another category",
    )  # fmt: skip


def continued_as_new(week: Week, at: datetime) -> None:
    """A subscription's workflow starts afresh each time its history has grown long."""
    entity, runs = ("subscription", week.ids.token("SUB-", 8)), [week.run()]
    for number in range(5):
        week.audit.add(
            later(at, number * 300), "trigger", "subscription.tick", run=runs[-1],
            system="order-workflow", workflow="subscription", entity=entity,
            trigger_kind="continue_as_new" if number else "user", progress=str(number),
            cause_id=runs[-2] if number else None,
            previous_execution_id=runs[-2] if number else None,
        )  # fmt: skip
        runs.append(week.run())
    week.truth.lookalike(
        "quiet-continue-as-new", "self_trigger", "continue_as_new", source="audit",
        keys=[entity[1], *runs[:-1]], why="one long run that is continued, and says so",
    )  # fmt: skip


def damped_echo(week: Week, at: datetime) -> None:
    """The shop tells the CRM, which tells the shop, which finds nothing to change."""
    entity, runs = ("contact", week.ids.token("CON-", 8)), [week.run()]
    pair = (("shop", "push-contact-name"), ("crm", "pull-contact-name"))
    for number in range(5):
        system, workflow = pair[number % 2]
        shared = {
            "run": runs[-1], "system": system, "workflow": workflow, "entity": entity,
            "cause_id": runs[-2] if number else None,
        }  # fmt: skip
        moment = later(at, number * 4)
        week.audit.add(moment, "trigger", f"{workflow}.start", trigger_kind="event", **shared)
        week.audit.add(
            later(moment, 0.5), "write", "contact.update", write_kind="update",
            before_hash=content_hash(entity, 1 if number else 0),
            after_hash=content_hash(entity, 1), **shared,
        )  # fmt: skip
        runs.append(week.run())
    week.truth.lookalike(
        "quiet-damped-echo", "cross_system_loop", "damped_echo", source="audit",
        keys=[entity[1], *runs[:-1]], why="after the first change nothing changes any more",
    )  # fmt: skip


def import_once(week: Week, at: datetime) -> None:
    """A supplier's list of 110 products; each is written once and indexed once."""
    root, batch = week.run(), week.ids.token("IMPORT-", 5)
    week.audit.add(
        at, "trigger", "supplier.import", run=root, system="catalogue",
        workflow="import-supplier-list", entity=("import", batch), trigger_kind="user",
    )  # fmt: skip
    runs = [week.run() for _ in range(110)]
    for number, run in enumerate(runs):
        week.audit.add(
            later(at, 1 + number * 0.4), "write", "product.upsert", run=run, system="catalogue",
            workflow="import-product", cause_id=root, write_kind="create",
            entity=("product", f"{batch}-{number:03d}"), after_hash=content_hash(batch, number),
        )  # fmt: skip
    week.truth.lookalike(
        "quiet-import-products", "fan_out", "import_once", source="audit", keys=[root, *runs],
        why="each record is touched once",
    )  # fmt: skip


def import_rows(week: Week, at: datetime) -> None:
    """Forty contacts from a trade fair, in one transaction."""
    transaction = week.changes.transaction(at)
    contacts = []
    for number in range(40):
        email = week.person()[1]
        contacts.append(week.ids.token("CON-", 8))
        row = {
            "id": contacts[-1], "email": email, "phone": None, "segment": "fair", "version": 1,
            "last_seen_at": None,
        }  # fmt: skip
        week.changes.insert(later(at, number / 100), transaction, "crm_contacts", row)
    week.truth.lookalike(
        "quiet-import-contacts", "fan_out", "import_once", source="debezium", keys=contacts,
        why="one transaction that creates each contact once",
    )  # fmt: skip


def retried_runs(week: Week, at: datetime) -> None:
    """A workflow run that failed is started again three times: the same operation."""
    order, key, runs = week.order(at), week.ids.token("shipop-", 10), [week.run()]
    for number in range(4):
        week.audit.add(
            later(at, number * 120 * (number + 1)), "trigger", "ship.run", run=runs[-1],
            system="order-workflow", workflow="ship-order-run", operation_key=key,
            entity=("order", order.order_id), outcome="ok" if number == 3 else "error",
            attempt=number + 1, attempt_kind="workflow",
            cause_id=runs[-2] if number else None,
            previous_execution_id=runs[-2] if number else None,
        )  # fmt: skip
        runs.append(week.run())
    week.truth.lookalike(
        "quiet-retry-chain", "self_trigger", "retry_chain", source="audit",
        keys=[order.order_id, *runs[:-1]], why="attempts of one operation, until it worked",
    )  # fmt: skip


def retried_task(week: Week, at: datetime) -> None:
    """A task that retries itself keeps its id: one execution, not a chain."""
    task = week.celery.task("shop.refresh_rates", "RATES-EUR")
    week.celery.sent(task, at)
    host = "worker-2@shop"
    for number in range(5):
        moment = later(at, 0.01 + 15 * 2**number)
        begun = week.celery.begin(task, moment, host=host, retries=number)
        if number == 4:
            week.celery.succeed(task, later(begun, 0.2), host=host, runtime=0.2, result="fresh")
        else:
            week.celery.retry(task, later(begun, 0.2), host=host, error="Timeout('rates')")
    week.truth.lookalike(
        "quiet-retry-task", "self_trigger", "retry_chain", source="celery", keys=[task.uuid],
        why="one task id, five attempts with growing pauses",
    )  # fmt: skip


QUIET_CHAINS = (
    falling_cursor,
    falling_cursor_spans,
    tree_walk,
    walked_tasks,
    continued_as_new,
    damped_echo,
    import_once,
    import_rows,
    retried_runs,
    retried_task,
)
