"""Runs that start runs, and come to an end as they should."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.runs import LOGS_OF_RUNS, save, start
from benchmarks.labelled.story import lookalike
from sample_data.moments import later


@lookalike("cursor-run", "self_trigger", logs=("canonical", "otlp", "cloudevents"),
           source="AWS Step Functions, 'Iterate a loop': a count falls, page by page",
)  # fmt: skip
def cursor_run(stage: Stage) -> None:
    """An export starts its next page itself, forty times, with fewer pages left each time, and
    stops at none."""
    export, root, cause = ("export", stage.token("EXP-", 8)), stage.run(), None
    for number in range(40):
        run = root if number == 0 else stage.run()
        start(stage, number * 3, "export-page", export, run=run, cause=cause, root=root,
              progress=str(39 - number))  # fmt: skip
        cause = run


@lookalike("continue-as-new", "self_trigger", logs=("canonical", "otlp"),
           source="docs.temporal.io, Continue-As-New: a long life in short histories")  # fmt: skip
def continue_as_new(stage: Stage) -> None:
    """A subscription's workflow continues as new every hour for two days, as the engine advises."""
    subscription, root, previous = ("subscription", stage.token("SUB-", 8)), stage.run(), None
    for number in range(48):
        run = root if number == 0 else stage.run()
        start(stage, number * 3600, "subscription", subscription, run=run, cause=previous,
              root=root, previous_execution_id=previous,
              trigger_kind="continue_as_new" if number else "api")  # fmt: skip
        previous = run


@lookalike("tree-walk", "fan_out", logs=LOGS_OF_RUNS,
           source="Knuth, TAOCP 2.3.1 (1968), traversal of a tree: every record once")  # fmt: skip
def tree_walk(stage: Stage) -> None:
    """A permission change is applied to a folder and all that is below it: thirty-nine folders,
    each once, three levels deep."""
    root = stage.run()
    start(stage, 0, "apply-permissions", ("folder", stage.token("F-", 8)), run=root, root=root)
    level = [root]
    for depth in range(1, 4):
        children = []
        for parent in level:
            for number in range(3):
                run = stage.run()
                start(stage, depth * 5 + number * 0.4, "apply-permissions",
                      ("folder", stage.token("F-", 8)), run=run, cause=parent,
                      root=root)  # fmt: skip
                children.append(run)
        level = children


@lookalike("import-fan-out", "fan_out", logs=LOGS_OF_RUNS,
           source="AWS Step Functions, 'Distributed map': as many runs as lines")  # fmt: skip
def import_fan_out(stage: Stage) -> None:
    """A price file of eighty lines starts eighty runs, one a line, and none of them starts
    another."""
    root = stage.run()
    start(stage, 0, "import-prices", ("file", stage.token("file-", 8)), run=root, root=root,
          trigger_kind="user", actor="buyer@example.com", actor_kind="human")  # fmt: skip
    for number in range(80):
        start(stage, 1 + number * 0.2, "import-line", ("article", stage.token("A-", 8)),
              run=stage.run(), cause=root, root=root, item_key=str(number))  # fmt: skip


@lookalike(
    "damped-echo",
    "cross_system_loop",
    logs=("canonical", "otlp"),
    source="CouchDB, 'Replication protocol': a revision that is there is not written again",
)
def damped_echo(stage: Stage) -> None:
    """The shop copies a contact to the CRM, the CRM copies it back, nothing has changed, and that
    is the end of it; so with six contacts."""
    for seconds in stage.moments(6, 900):
        contact, root, cause = ("contact", stage.token("CON-", 8)), stage.run(), None
        content = stage.hash(contact)
        for number in range(3):
            run = root if number == 0 else stage.run()
            system = ("shop-copy", "crm-copy")[number % 2]
            start(stage, seconds + number * 2, f"{system}.contact", contact, run=run, cause=cause,
                  root=root, system=system)  # fmt: skip
            save(stage, seconds + number * 2 + 0.3, contact, run=run, system=system,
                 before_hash=content if number else None, after_hash=content)  # fmt: skip
            cause = run


@lookalike("every-minute", "self_trigger", logs=LOGS_OF_RUNS,
           source="POSIX, 'crontab': each tick is a root of its own")  # fmt: skip
def every_minute(stage: Stage) -> None:
    """A job runs every minute for three hours over the same record, started by the clock."""
    board = ("dashboard", stage.token("BOARD-", 6))
    for number in range(180):
        run = stage.run()
        start(stage, number * 60, "refresh-dashboard", board, run=run, trigger_kind="schedule",
              scheduled_for=later(stage.at, number * 60), actor="cron", actor_kind="schedule",
              system="scheduler")  # fmt: skip


@lookalike(
    "retried-run",
    "loop",
    logs=("canonical", "otlp", "celery"),
    source="OpenTelemetry, `http.request.resend_count`: a retry is the same request again",
)
def retried_run(stage: Stage) -> None:
    """A run fails and is tried again by its engine, four times with growing waits, until it
    works."""
    order, root, previous = stage.order(), stage.run(), None
    task = stage.key()
    for number, seconds in enumerate((0, 30, 100, 260, 600)):
        run = root if number == 0 else stage.run()
        start(
            stage, seconds, "reserve-courier", order, run=run, root=root, attempt=number + 1,
            previous_execution_id=previous, attempt_kind="workflow", lasts=2,
            outcome="ok" if number == 4 else "error", error=None if number == 4 else "503",
            error_kind=None if number == 4 else "server",
            operation_key=task, delivery_id=task,
        )  # fmt: skip
        previous = run


@lookalike(
    "two-people",
    "flip_flop",
    logs=("canonical", "otlp"),
    source="Own observation: people change their minds; each change is a decision",
)
def two_people(stage: Stage) -> None:
    """Two editors do not agree about a headline and change it back and forth five times in an
    hour."""
    article = ("article", stage.token("ART-", 8))
    for number, seconds in enumerate(stage.moments(5, 700)):
        who = ("kim@example.com", "lee@example.com")[number % 2]
        save(stage, seconds, article, run=stage.run(), system="newsroom", actor=who,
             actor_kind="human", fields=["headline"],
             before_hash=stage.hash(article, (number + 1) % 2),
             after_hash=stage.hash(article, number % 2))  # fmt: skip


@lookalike(
    "long-pipeline",
    "loop",
    logs=LOGS_OF_RUNS,
    source="AWS, 'Lambda recursive loop detection': the same function counts, not depth",
)
def long_pipeline(stage: Stage) -> None:
    """An order goes through twelve workflows, each of which starts the next, and none comes
    twice."""
    order, root, cause = stage.order(), stage.run(), None
    for number in range(12):
        run = root if number == 0 else stage.run()
        start(stage, number * 20, f"step-{number:02d}", order, run=run, cause=cause, root=root)
        cause = run


@lookalike("review-rounds", "loop", logs=("canonical", "otlp"),
           source="n8n, 'Human in the loop': every round is begun by a decision")  # fmt: skip
def review_rounds(stage: Stage) -> None:
    """A contract goes back and forth between review and revision four times; each time somebody
    decides that it should."""
    contract, root, cause = ("contract", stage.token("CT-", 8)), stage.run(), None
    for number, seconds in enumerate(stage.moments(8, 5000)):
        run = root if number == 0 else stage.run()
        name = ("review-contract", "revise-contract")[number % 2]
        start(stage, seconds, name, contract, run=run, cause=cause, root=root,
              trigger_kind="user", actor_kind="human",
              actor=("legal@example.com", "sales@example.com")[number % 2])  # fmt: skip
        cause = run


@lookalike(
    "day-and-night",
    "flip_flop",
    logs=("canonical", "otlp"),
    source="Amazon EC2 Auto Scaling, 'Scheduled scaling': up in the morning, down in the evening",
)
def day_and_night(stage: Stage) -> None:
    """A scheduler sets six replicas each morning and three each evening, for three days."""
    record = ("deployment", stage.token("web-", 6))
    for number in range(6):
        save(stage, number * 43_200, record, run=stage.run(), system="capacity-plan",
             actor="capacity-plan", actor_kind="schedule", fields=["replicas"],
             scheduled_for=later(stage.at, number * 43_200),
             before_hash=stage.hash(record, (number + 1) % 2),
             after_hash=stage.hash(record, number % 2))  # fmt: skip


@lookalike("passed-on-by-value", "inferred_loop", logs=("canonical", "otlp", "cloudevents"),
           source="Own observation: each starts from what the one before wrote; no way back",
           )  # fmt: skip
def passed_on_by_value(stage: Stage) -> None:
    """A product text goes from writer to translator to shop window, each starting from exactly
    what the one before has saved; six texts, each once."""
    for seconds in stage.moments(6, 400):
        text = ("text", stage.token("TXT-", 8))
        content = stage.hash(text, 0)
        for number, name in enumerate(("draft", "translate", "publish")):
            run = stage.run()
            start(stage, seconds + number * 10, name, text, run=run, system=f"{name}-desk",
                  payload_hash=content)  # fmt: skip
            before, content = content, stage.hash(text, number + 1)
            save(stage, seconds + number * 10 + 2, text, run=run, system=f"{name}-desk",
                 before_hash=before, after_hash=content)  # fmt: skip


QUIET_CHAINS = (
    cursor_run, continue_as_new, tree_walk, import_fan_out, damped_echo, every_minute, retried_run,
    two_people, long_pipeline, review_rounds, day_and_night, passed_on_by_value,
)  # fmt: skip
