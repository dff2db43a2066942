"""Celery's Redis broker and result backend as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("celery+redis", "celery+rediss"),
    title="Celery's broker and results in Redis",
    example="celery+redis://localhost:6379/0",
    rights="an account that may run LRANGE, LLEN, HSCAN, HLEN, ZSCORE, SCAN, GET",
    leaves="nothing: no message is taken, no event or command is sent to workers",
    options={
        "queue": "the queues whose messages wait, separated by commas; default `celery`",
        "results": "`none` to leave out the results of tasks",
        "prefix": "what the keys of broker and results begin with (`global_keyprefix`)",
    },
    secrets={"password": ("REDIS_PASSWORD",)},
    module="connectors.celery_broker.connector",
    extra="redis",
    library="redis",
)
