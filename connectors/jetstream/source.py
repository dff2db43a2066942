"""JetStream streams as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("nats", "tls+nats"),
    title="NATS JetStream streams",
    example="nats://localhost:4222/ORDERS",
    rights="to publish on `$JS.API.STREAM.INFO.*`, `$JS.API.STREAM.MSG.GET.*` and"
    " `$JS.API.CONSUMER.LIST.*`, and to subscribe to `_INBOX.>`",
    leaves="nothing: messages are asked for by their number, without a consumer",
    options={
        "consumers": "`none` to leave out how far the stream's consumers have come",
        "creds": "file with the account's credentials",
    },
    secrets={"password": ("NATS_PASSWORD",), "token": ("NATS_TOKEN",)},
    module="connectors.jetstream.connector",
    extra="jetstream",
    library="nats",
)
