"""Automations that set themselves, or each other, off."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.money import message
from benchmarks.labelled.stories.runs import LOGS_OF_RUNS, save, start
from benchmarks.labelled.story import CONTENT, failure

_DECIDED = ("cause_id", "trace_id")
"""Runs over one record that follow each other in time alone prove no cause."""

_ENOUGH = 0.3
"""Half of the causes and half of the traces leave stretches long enough to tell."""


@failure("workflow-loop", answers=("loop", "inferred_loop"), decided_by=_DECIDED, enough=_ENOUGH,
         logs=("canonical", "otlp", "cloudevents"),
         source="n8n#31837 and many like it: a workflow's last step calls its own webhook",
         )  # fmt: skip
def workflow_loop(stage: Stage) -> None:
    """Two workflows call each other by webhook for the same order, until somebody turns one off."""
    order, root, cause = stage.order(), stage.run(), None
    for number, seconds in enumerate(stage.moments(stage.random.randint(14, 40), 3)):
        run = root if number == 0 else stage.run()
        name = ("recalculate-order", "notify-pricing")[number % 2]
        start(stage, seconds, name, order, run=run, cause=cause, root=root)
        save(stage, seconds + 0.1, order, run=run, fields=["price"])
        cause = run


@failure("sync-loop", answers=("cross_system_loop", "inferred_loop", "loop"),
         also=("overlapping_writes",), decided_by=_DECIDED, enough=_ENOUGH,
         logs=("canonical", "otlp", "cloudevents"),
         source="HubSpot, 'Webhooks API', `changeSource`: what a loop filter goes by",
         )  # fmt: skip
def sync_loop(stage: Stage) -> None:
    """Shop and CRM copy a contact to each other; each copy changes it slightly, so each is a change
    that the other copies back."""
    contact, root, cause = ("contact", stage.token("CON-", 8)), stage.run(), None
    for number, seconds in enumerate(stage.moments(stage.random.randint(12, 30), 8)):
        run = root if number == 0 else stage.run()
        system = ("shop-sync", "crm-sync")[number % 2]
        start(stage, seconds, f"{system}.contact", contact, run=run, cause=cause, root=root,
              system=system)  # fmt: skip
        save(stage, seconds + 0.3, contact, run=run, system=system, fields=["phone"],
             target_system=("crm", "shop")[number % 2])  # fmt: skip
        cause = run


@failure("self-trigger", answers=("self_trigger", "loop", "inferred_loop"),
         decided_by=_DECIDED, enough=_ENOUGH,
         logs=("canonical", "otlp", "celery"),
         source="AWS, 'Lambda recursive loop detection': a function writes to the bucket that"
         " triggers it; stopped after 16")  # fmt: skip
def self_trigger(stage: Stage) -> None:
    """A function makes a thumbnail of each new object and stores it in the bucket that triggers it:
    it makes a thumbnail of the thumbnail, sixteen times over."""
    picture, root, cause = ("object", stage.token("img-", 10)), stage.run(), None
    for number, seconds in enumerate(stage.moments(16, 1.5)):
        run = root if number == 0 else stage.run()
        start(stage, seconds, "make-thumbnail", picture, run=run, cause=cause, root=root)
        save(stage, seconds + 0.1, picture, run=run, effect_class="data")
        cause = run


@failure("fan-out", answers=("fan_out",),
         decided_by=_DECIDED, enough=_ENOUGH, logs=LOGS_OF_RUNS,
         source="eliza#22790: depth is no bound when every run starts several",
         )  # fmt: skip
def fan_out(stage: Stage) -> None:
    """Each task starts three more for what it believes to be new; after six generations there are
    hundreds from one seed."""
    root = stage.run()
    generation = [root]
    start(stage, 0, "discover-links", ("page", stage.token("pg-", 8)), run=root, root=root)
    for depth in range(1, 6):
        children = []
        for parent in generation:
            for number in range(3):
                run = stage.run()
                seconds = depth * 4 + number * 0.3 + stage.between(0, 3)
                start(stage, seconds, "discover-links", ("page", stage.token("pg-", 8)), run=run,
                      cause=parent, root=root)  # fmt: skip
                children.append(run)
        generation = children


@failure("flip-flop", answers=("flip_flop", "inferred_loop", "cross_system_loop", "loop"),
         decided_by=(CONTENT,),
         also=("overlapping_writes",),
         logs=("canonical", "otlp", "cloudevents"),
         source="Two controllers, one field: Kubernetes, 'controllers fighting'; crow#169",
         )  # fmt: skip
def flip_flop(stage: Stage) -> None:
    """An autoscaler sets six replicas, the deploy tool sets three back, every half minute for an
    hour."""
    record = ("deployment", stage.token("web-", 6))
    count = stage.random.randint(24, 60)
    for number, seconds in enumerate(stage.moments(count, 30)):
        who = ("autoscaler", "deployer")[number % 2]
        values = [stage.hash(record, value) for value in (3, 6)]
        after, before = (values[1], values[0]) if number % 2 == 0 else (values[0], values[1])
        save(
            stage, seconds, record, run=stage.run(), system=who, actor=who, actor_kind="service",
            fields=["replicas"], before_hash=before, after_hash=after,
            changes=[{"name": "replicas", "before": before, "after": after}]
            if stage.log == "canonical" else None,
        )  # fmt: skip


@failure("loop-without-causes",
         answers=("inferred_loop", "cross_system_loop", "self_trigger", "loop"),
         decided_by=(CONTENT,), logs=("canonical", "otlp", "cloudevents"),
         source="Zapier, 'Zap loops': neither side says what started it")  # fmt: skip
def loop_without_causes(stage: Stage) -> None:
    """A form and a spreadsheet update each other; neither logs why it ran, but each run starts with
    exactly the content that the other has just written."""
    row = ("row", stage.token("ROW-", 8))
    content = stage.hash(row, 0)
    for number, seconds in enumerate(stage.moments(stage.random.randint(16, 40), 12)):
        run, side = stage.run(), ("form", "sheet")[number % 2]
        start(stage, seconds, f"{side}.on-change", row, run=run, system=f"{side}-bridge",
              payload_hash=content, before_hash=content)  # fmt: skip
        written = stage.hash(row, number + 1)
        save(stage, seconds + 0.6, row, run=run, system=f"{side}-bridge", before_hash=content,
             after_hash=written, payload_hash=written)  # fmt: skip
        content = written


@failure("two-shops-one-price", answers=("inferred_loop", "cross_system_loop", "loop"),
         decided_by=(CONTENT,), logs=("canonical", "cloudevents"),
         source="Shopify, 'Avoid webhook loops': an update by the app is an update like any other",
         )  # fmt: skip
def two_shops_one_price(stage: Stage) -> None:
    """Two shops copy a price to each other and each adds its rounding; every webhook hands over
    exactly the content that the other shop has just saved."""
    price = ("price", stage.token("PRC-", 8))
    content = stage.hash(price, 0)
    for number, seconds in enumerate(stage.moments(stage.random.randint(18, 36), 25)):
        run, shop = stage.run(), ("shop-north", "shop-south")[number % 2]
        start(stage, seconds, f"{shop}.price-hook", price, run=run, system=shop,
              trigger_kind="webhook", payload_hash=content)  # fmt: skip
        content = stage.hash(price, number + 1)
        save(stage, seconds + 1.1, price, run=run, system=shop, fields=["net", "gross"],
             after_hash=content, payload_hash=content)  # fmt: skip


@failure("auto-responders", answers=("cross_system_loop", "loop", "inferred_loop"),
         decided_by=_DECIDED, enough=_ENOUGH, also=("same_content",),
         logs=("canonical", "otlp"),
         source="RFC 3834: automatic responders must not answer automatic mail")  # fmt: skip
def auto_responders(stage: Stage) -> None:
    """Help desk and out-of-office answer each other's mails in one ticket until the mailbox is
    full."""
    ticket, root, cause = ("ticket", stage.token("T-", 8)), stage.run(), None
    for number, seconds in enumerate(stage.moments(stage.random.randint(20, 50), 20)):
        run = root if number == 0 else stage.run()
        system = ("help-desk", "out-of-office")[number % 2]
        start(stage, seconds, f"{system}.answer", ticket, run=run, cause=cause, root=root,
              system=system)  # fmt: skip
        message(stage, seconds + 0.5, ticket, run=run, system=system)
        cause = run


@failure("agents-hand-over", answers=("loop", "cross_system_loop", "self_trigger", "inferred_loop"),
         decided_by=_DECIDED, enough=_ENOUGH, logs=("canonical", "otlp"),
         source="Agent hand-offs without a budget: eliza#22790")  # fmt: skip
def agents_hand_over(stage: Stage) -> None:
    """A planner hands a ticket to a researcher, who hands it back because a fact is missing;
    neither has a budget, and they go on until the invoice comes."""
    ticket, root, cause = ("ticket", stage.token("T-", 8)), stage.run(), None
    for number, seconds in enumerate(stage.moments(stage.random.randint(20, 44), 15)):
        run = root if number == 0 else stage.run()
        who = ("planner", "researcher")[number % 2]
        start(stage, seconds, f"agent.{who}", ticket, run=run, cause=cause, root=root,
              system="agents", actor=who, actor_kind="ai_agent")  # fmt: skip
        stage.note(seconds + 0.2, "inference", "chat", run=run, system="agents", entity=ticket,
                   lasts=9, actor=who, actor_kind="ai_agent")  # fmt: skip
        cause = run


@failure("dead-letter-loop", answers=("loop", "self_trigger", "cross_system_loop"),
         also=("hot_loop", "drain_burst"),
         decided_by=_DECIDED, enough=_ENOUGH, logs=("canonical", "otlp"),
         source="RabbitMQ, 'Dead letter exchanges': a queue whose dead letters come back to it",
         )  # fmt: skip
def dead_letter_loop(stage: Stage) -> None:
    """A dead-letter handler republishes each message to the queue that it died in; the message dies
    again and comes back, a new message each time."""
    order, root, cause = stage.order(), stage.run(), None
    for number, seconds in enumerate(stage.moments(stage.random.randint(16, 40), 5)):
        run = root if number == 0 else stage.run()
        name = ("import-order", "dead-letter-handler")[number % 2]
        start(stage, seconds, name, order, run=run, cause=cause, root=root, system="queue-workers",
              outcome="error" if number % 2 == 0 else "ok",
              error="ValueError" if number % 2 == 0 else None)  # fmt: skip
        cause = run


CHAINS = (
    workflow_loop, sync_loop, self_trigger, fan_out, flip_flop, loop_without_causes,
    two_shops_one_price, auto_responders, agents_hand_over, dead_letter_loop,
)  # fmt: skip
