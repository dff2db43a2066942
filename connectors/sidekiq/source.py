"""Sidekiq's Redis database as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("sidekiq", "sidekiqs"),
    title="Sidekiq's jobs",
    example="sidekiq://localhost:6379/0",
    rights="an account that may run SMEMBERS, LRANGE, LLEN, ZRANGE, ZCARD and HGETALL",
    leaves="nothing: no job is taken, retried or deleted",
    options={"queue": "read only these queues, separated by commas; default: all that there are"},
    secrets={"password": ("REDIS_PASSWORD",)},
    module="connectors.sidekiq.connector",
    extra="redis",
    library="redis",
)
