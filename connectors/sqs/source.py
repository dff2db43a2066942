"""SQS queues as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("sqs",),
    title="Amazon SQS dead-letter queues",
    example="sqs://eu-central-1/orders-dead",
    rights="`sqs:GetQueueUrl`, `sqs:GetQueueAttributes`, `sqs:ListDeadLetterSourceQueues`,"
    " `sqs:ReceiveMessage`",
    leaves="one receive more on each message, which is hidden from others while it is read: refused"
    " without `--allow-marks`, and on a queue that is no dead-letter queue",
    options={
        "endpoint": "another address than Amazon's, such as http://localhost:4566",
        "profile": "the profile of the shared configuration that holds the account",
        "hidden_s": "seconds for which a message is hidden while the rest is read; default 120",
    },
    module="connectors.sqs.connector",
    extra="sqs",
    library="boto3",
)
