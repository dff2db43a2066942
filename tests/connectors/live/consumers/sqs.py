"""A consumer of a queue with a short visibility timeout."""

from collections.abc import Iterator

import boto3
import orjson

from tests.connectors.live import shop

QUEUE = "orders"
VISIBILITY_S = 1


def client(url: str):  # noqa: ANN201 - the library makes its types as it runs
    """A client of the tests' own SQS."""
    return boto3.client(
        "sqs",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="tests",
        aws_secret_access_key="tests",  # noqa: S106 - of nobody
    )


def deliveries(url: str, worker: str) -> Iterator[shop.Delivery]:
    """One message after the other; a dead worker's comes again when its time is over."""
    service = client(url)
    queue = service.get_queue_url(QueueName=QUEUE)["QueueUrl"]

    def take() -> Iterator[shop.Delivery]:
        answer = service.receive_message(QueueUrl=queue, VisibilityTimeout=VISIBILITY_S)
        for message in answer.get("Messages", []):
            yield shop.Delivery(
                message=message["MessageId"],
                order=orjson.loads(message["Body"])["order"],
                done=lambda handle=message["ReceiptHandle"]: service.delete_message(
                    QueueUrl=queue, ReceiptHandle=handle
                ),
            )

    return shop.waiting(take, idle_s=1.5 * VISIBILITY_S)
