"""RabbitMQ queues as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("amqp", "amqps"),
    title="RabbitMQ queues",
    example="'amqp://reader@localhost:5672/shop?queue=orders.log'",
    rights="`read` on the queue, and `configure`, by which its type is asked for",
    leaves="nothing in a stream; in a classic or quorum queue each message is marked as redelivered"
    " for ever, so such a queue is refused without `--allow-marks`",
    options={"queue": "read these queues, separated by commas"},
    secrets={"password": ("RABBITMQ_PASSWORD",)},
    module="connectors.rabbitmq_queues.connector",
    extra="rabbitmq",
    library="pika",
)
