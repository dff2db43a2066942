"""Redis streams as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("redis", "rediss"),
    title="Redis streams",
    example="'redis://localhost:6379/0?stream=orders'",
    rights="an account that may run SCAN, TYPE, XRANGE and XINFO",
    leaves="nothing: no group is joined, nothing is delivered, claimed or acknowledged",
    options={
        "stream": "read only these streams, separated by commas; default: all of the database",
        "groups": "read only what these consumer groups have pending, or `none`; default: all",
    },
    secrets={"password": ("REDIS_PASSWORD",)},
    module="connectors.redis_streams.connector",
    extra="redis",
    library="redis",
)
