"""What fills a week in which nothing is wrong: tools, scaling, imports, mirrors, rebalances."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.calls import attempt
from benchmarks.labelled.story import lookalike
from sample_data.moments import later


def _aws(
    stage: Stage, seconds: float, service: str, action: str, role: str, **payload: object
) -> None:
    reads = action.startswith(("Describe", "Get", "List"))
    stage.note(seconds, "read" if reads else "effect", action, log="cloudtrail", system=role,
               target_system=service, payload=dict(payload))  # fmt: skip


@lookalike(
    "infrastructure-tool",
    "retry_storm",
    logs=("cloudtrail",),
    source="Terraform, 'terraform apply': reads until ready, then tags and rules",
)
def infrastructure_tool(stage: Stage) -> None:
    """An infrastructure tool reads the state of everything, makes a group and three like instances,
    and asks every five seconds until they run."""
    group = stage.token("sg-", 12)
    for number in range(40):
        _aws(stage, number * 0.3, "ec2", "DescribeSecurityGroups", "terraform", request={})
    _aws(stage, 20, "ec2", "CreateSecurityGroup", "terraform",
         request={"groupName": f"web-{group}"}, answer={"groupId": group})  # fmt: skip
    for number in range(3):
        instance = stage.token("i-0", 14)
        _aws(
            stage, 25 + number, "ec2", "RunInstances", "terraform",
            request={"instanceType": "t3.small", "minCount": 1, "imageId": "ami-0example"},
            answer={"instancesSet": {"items": [{"instanceId": instance}]}},
        )  # fmt: skip
        for turn in range(12):
            _aws(stage, 30 + turn * 5, "ec2", "DescribeInstances", "terraform",
                 request={"instancesSet": {"items": [{"instanceId": instance}]}})  # fmt: skip


@lookalike(
    "autoscaling",
    "duplicate_side_effect",
    logs=("cloudtrail",),
    source="Amazon EC2 Auto Scaling, 'Scaling policies': like calls by the service itself",
)
def autoscaling(stage: Stage) -> None:
    """A group scales from two to ten machines in the morning and back in the evening; the calls are
    alike, the machines are not."""
    machines = [stage.token("i-0", 14) for _ in range(8)]
    for number, machine in enumerate(machines):
        _aws(
            stage, number * 45, "ec2", "RunInstances", "autoscaling",
            by_aws="autoscaling.amazonaws.com", request={"instanceType": "m7g.large"},
            answer={"instancesSet": {"items": [{"instanceId": machine}]}},
        )  # fmt: skip
    for number, machine in enumerate(machines):
        _aws(
            stage, 30_000 + number * 60, "ec2", "TerminateInstances", "autoscaling",
            by_aws="autoscaling.amazonaws.com",
            request={"instancesSet": {"items": [{"instanceId": machine}]}},
        )  # fmt: skip


@lookalike(
    "absorbed-rebalance",
    "duplicate_side_effect",
    logs=("canonical", "otlp"),
    source="Kafka, 'Consumer rebalance': records come again, offsets tell that they were handled",
)
def absorbed_rebalance(stage: Stage) -> None:
    """A consumer group rebalances; twelve records come again at the new member, which has seen
    their offsets in its store and skips them."""
    stage.note(30, "change", "consumer-group.rebalance", log="canonical", system="kafka",
               entity=("consumer-group", "ratings"))  # fmt: skip
    for number in range(12):
        order, record = stage.order(), f"ratings/1@{stage.random.randint(10_000, 99_999)}{number}"
        for member, seconds in enumerate((number, 40 + number)):
            stage.note(
                seconds, "delivery", "ratings", system="ratings", entity=order, delivery_id=record,
                handoff_id=stage.token("h-", 8), consumer="ratings", actor=f"ratings-{member}",
                outcome="skipped" if member else "ok",
            )  # fmt: skip


@lookalike(
    "mirror-topic",
    "duplicate_side_effect",
    logs=("canonical", "otlp"),
    source="Kafka, 'Geo-replication (MirrorMaker)': each record in two clusters, for two groups",
)
def mirror_topic(stage: Stage) -> None:
    """Each record of a topic is mirrored to a second cluster and handled there by another group for
    another purpose."""
    for number in range(40):
        order, event = stage.order(), stage.token("ev-", 12)
        for consumer in ("search-eu", "archive-us"):
            stage.note(number * 20 + (consumer == "archive-us") * 1.5, "delivery", "orders",
                       system=consumer, consumer=consumer, entity=order, delivery_id=event,
                       handoff_id=stage.token("h-", 8))  # fmt: skip


@lookalike(
    "bulk-import",
    "recursive_chain",
    logs=("debezium",),
    source="PostgreSQL, 'Populating a database': one writer, one window, many rows",
)
def bulk_import(stage: Stage) -> None:
    """A supplier's catalogue is imported: five hundred rows in two minutes, then a price on each,
    by one job."""
    job = stage.run()
    rows = [("products", stage.token("PRD-", 9)) for _ in range(250)]
    for turn, kind in enumerate(("create", "update")):
        for number, row in enumerate(rows):
            stage.note(
                turn * 70 + number * 0.25, "write", kind, log="debezium", run=f"{job}{turn}",
                system="shop-db", entity=row, write_kind=kind, version_written=str(turn + 1),
                version_read="1" if turn else None, payload={"price": 9_90 + turn * 100},
            )  # fmt: skip


@lookalike(
    "weekly-backfill",
    "retry_storm",
    logs=("celery",),
    source="Airflow, 'Catchup': a schedule begins what was missed; load, not retries",
)
def weekly_backfill(stage: Stage) -> None:
    """A weekly job computes the statistics of four hundred articles again, each once."""
    job = stage.run()
    for number in range(400):
        attempt(
            stage, number * 0.8, "stats.recompute", caller="stats", callee="warehouse",
            about=("article", stage.token("A-", 8)), cause_id=job, trace_id=job,
            delivery_id=stage.key(), actor="worker-2@tasks", lasts=0.2,
            scheduled_for=later(stage.at, 0),
        )  # fmt: skip


QUIET_WEEKS = (
    infrastructure_tool, autoscaling, absorbed_rebalance, mirror_topic, bulk_import,
    weekly_backfill,
)  # fmt: skip
