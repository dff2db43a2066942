"""What can be read: the connectors and the formats, in alphabetical order."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.resources import files

from connectors.bullmq.source import SOURCE as BULLMQ
from connectors.celery_broker.source import SOURCE as CELERY_BROKER
from connectors.duckdb.source import SOURCE as DUCKDB
from connectors.files import again
from connectors.files.binary import database_of
from connectors.files.connector import Files
from connectors.files.naming import default_name
from connectors.github.source import SOURCE as GITHUB
from connectors.hookdeck.source import SOURCE as HOOKDECK
from connectors.jetstream.source import SOURCE as JETSTREAM
from connectors.kafka.source import SOURCE as KAFKA
from connectors.live.address import scheme_of
from connectors.live.source import LiveSource
from connectors.mysql.source import SOURCE as MYSQL
from connectors.paypal.source import SOURCE as PAYPAL
from connectors.postgresql.source import SOURCE as POSTGRESQL
from connectors.rabbitmq_queues.source import SOURCE as RABBITMQ_QUEUES
from connectors.redis_streams.source import SOURCE as REDIS_STREAMS
from connectors.sidekiq.source import SOURCE as SIDEKIQ
from connectors.sqlite.source import SOURCE as SQLITE
from connectors.sqs.source import SOURCE as SQS
from connectors.stripe.source import SOURCE as STRIPE
from connectors.svix.source import SOURCE as SVIX
from connectors.twilio.source import SOURCE as TWILIO
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import Connector, Readable, SourceSpec

FORMATS: tuple[tuple[str, str], ...] = (
    ("access_log", "mapping.toml"),
    ("airflow", "dag_runs.toml"),
    ("airflow", "event_log.toml"),
    ("airflow", "task_instances.toml"),
    ("anthropic", "messages.toml"),
    ("anthropic", "session_events.toml"),
    ("audit_table", "mapping.toml"),
    ("azure_activity", "mapping.toml"),
    ("bullmq", "mapping.toml"),
    ("canal", "mapping.toml"),
    ("canonical", "enclosed.toml"),
    ("canonical", "mapping.toml"),
    ("celery", "mapping.toml"),
    ("celery", "worker_log.toml"),
    ("celery_broker", "mapping.toml"),
    ("claude_code", "mapping.toml"),
    ("cloudevents", "mapping.toml"),
    ("cloudtrail", "mapping.toml"),
    ("dagster", "event_log.toml"),
    ("dagster", "runs.toml"),
    ("debezium", "mapping.toml"),
    ("dms", "mapping.toml"),
    ("gcp_audit", "mapping.toml"),
    ("github", "audit.toml"),
    ("github", "deliveries.toml"),
    ("github", "runs.toml"),
    ("github", "webhooks.toml"),
    ("hookdeck", "mapping.toml"),
    ("hubspot", "mapping.toml"),
    ("jaeger", "mapping.toml"),
    ("jetstream", "mapping.toml"),
    ("kafka", "mapping.toml"),
    ("kubernetes_audit", "mapping.toml"),
    ("langfuse", "mapping.toml"),
    ("langsmith", "mapping.toml"),
    ("maxwell", "mapping.toml"),
    ("mcp", "mapping.toml"),
    ("mongodb", "change_stream.toml"),
    ("mongodb", "oplog.toml"),
    ("mysql_log", "general.toml"),
    ("mysql_log", "server_audit.toml"),
    ("n8n", "event_log.toml"),
    ("n8n", "executions.toml"),
    ("node_red", "mapping.toml"),
    ("open_lineage", "mapping.toml"),
    ("openai", "mapping.toml"),
    ("openinference", "mapping.toml"),
    ("otlp", "logs.toml"),
    ("otlp", "traces.toml"),
    ("paypal", "mapping.toml"),
    ("postgresql_changes", "test_decoding.toml"),
    ("postgresql_changes", "wal2json.toml"),
    ("postgresql_log", "mapping.toml"),
    ("prefect", "events.toml"),
    ("prefect", "runs.toml"),
    ("pubsub", "mapping.toml"),
    ("rabbitmq_queues", "mapping.toml"),
    ("rabbitmq_trace", "mapping.toml"),
    ("redis_monitor", "mapping.toml"),
    ("redis_streams", "mapping.toml"),
    ("sendgrid", "mapping.toml"),
    ("service_bus", "mapping.toml"),
    ("shopify", "mapping.toml"),
    ("sidekiq", "mapping.toml"),
    ("sidekiq", "worker_log.toml"),
    ("slack", "mapping.toml"),
    ("sqs", "mapping.toml"),
    ("state", "mapping.toml"),
    ("step_functions", "mapping.toml"),
    ("stripe", "mapping.toml"),
    ("stripe", "requests.toml"),
    ("svix", "mapping.toml"),
    ("temporal", "mapping.toml"),
    ("twilio", "callbacks.toml"),
    ("twilio", "messages.toml"),
    ("webhooks", "mapping.toml"),
    ("zipkin", "mapping.toml"),
)
"""Folder and mapping file of every format."""


LIVE: tuple[LiveSource, ...] = (
    BULLMQ,
    CELERY_BROKER,
    DUCKDB,
    GITHUB,
    HOOKDECK,
    JETSTREAM,
    KAFKA,
    MYSQL,
    PAYPAL,
    POSTGRESQL,
    RABBITMQ_QUEUES,
    REDIS_STREAMS,
    SIDEKIQ,
    SQLITE,
    SQS,
    STRIPE,
    SVIX,
    TWILIO,
)
"""Every kind of source that is no log file, in alphabetical order."""


def live_source(address: str) -> LiveSource | None:
    """What kind of live source an address names; None where it names files.

    Raises:
        UsageError: Nothing reads such an address.
    """
    by_scheme = {scheme: source for source in LIVE for scheme in source.schemes}
    scheme = scheme_of(address) or database_of(address)
    if scheme and scheme not in by_scheme:
        known = [f"{name}://" for name in by_scheme]
        raise UsageError.unknown("kind of source", f"{scheme}://", known=known)
    return by_scheme.get(scheme)


def connector(spec: SourceSpec) -> Connector:
    """The connector that reads a source.

    Raises:
        SourceError: The library that it needs is not installed.
        UsageError: Nothing reads such an address, or the address says what it must not.
    """
    if kind := live_source(spec.address):
        return kind.open(spec)
    return Files(
        name=spec.name or default_name(spec.address), address=spec.address, final=spec.final
    )


def open_again(address: str, path: str) -> AbstractContextManager[Readable]:
    """The content of a part that was read before, as it is now; see `connectors.files.again`.

    Raises:
        SourceError: It is not there, or is a live source, which cannot be read twice.
    """
    if live_source(address):
        raise SourceError("a live source has no bytes to compare; its events are in the case")
    return again.open_again(address, path)


def other_logs() -> str:
    """Which log shows what another cannot, as TOML."""
    return files("connectors").joinpath("other_logs.toml").read_text(encoding="utf-8")


def mapping_texts() -> Sequence[tuple[str, str]]:
    """Every format's mapping: the name of its file, for errors, and its text."""
    return [
        (
            f"{folder}/{name}",
            files("connectors").joinpath(folder, name).read_text(encoding="utf-8"),
        )
        for folder, name in FORMATS
    ]
