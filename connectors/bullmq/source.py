"""BullMQ queues as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("bullmq", "bullmqs"),
    title="BullMQ queues",
    example="'bullmq://localhost:6379/0?queue=orders'",
    rights="an account that may run SCAN, TYPE, XRANGE, XINFO, XLEN and HGETALL",
    leaves="nothing: no job is taken, and no lock is touched",
    options={
        "queue": "read only these queues, separated by commas; default: all of the database",
        "jobs": "`none` to read the events and leave out the jobs as they stand",
        "prefix": "what the queues' keys begin with; default `bull`",
    },
    secrets={"password": ("REDIS_PASSWORD",)},
    module="connectors.bullmq.connector",
    extra="redis",
    library="redis",
)
