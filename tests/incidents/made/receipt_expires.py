"""An SQS message becomes visible again while its consumer still works, and another one does it too.

The visibility timeout is two seconds; two orders take longer, since their invoices are printed
before the message is deleted. The twin's consumers give the provider the order's name as key.
"""

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import orjson

from tests.connectors.live.consumers.sqs import client as service
from tests.connectors.live.servers import sqs
from tests.incidents import shop
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

QUEUE, VISIBILITY_S, SLOW_S = "orders", 2, 3.0
ADDRESS = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Two of eight orders take three seconds, the first time."""
    ordered = shop.orders(8, first=3300)
    slow = {ordered[1].name, ordered[6].name}
    with ExitStack() as running:
        url = f"http://{running.enter_context(sqs(place))}"
        provider = running.enter_context(Provider().serving())
        queue = service(url).create_queue(QueueName=QUEUE)["QueueUrl"]
        for order in ordered:
            service(url).send_message(QueueUrl=queue, MessageBody=orjson.dumps(order).decode())
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")
        log = folder / "consumer.jsonl"

        def work() -> None:
            last = time.monotonic()
            while time.monotonic() - last < SLOW_S + 1:
                answer = service(url).receive_message(
                    QueueUrl=queue, VisibilityTimeout=VISIBILITY_S, AttributeNames=["All"]
                )
                for message in answer.get("Messages", []):
                    last, received = time.monotonic(), shop.now()
                    order = shop.Order(**orjson.loads(message["Body"]))
                    client.charge(order, "" if fault else order.name)
                    if order.name in slow:
                        slow.remove(order.name)
                        time.sleep(SLOW_S)
                    service(url).delete_message(
                        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"]
                    )
                    told = {"received_at": received, "aws_request_id": str(uuid4())}
                    shop.append(log, {**told, "queue_url": ADDRESS, "outcome": "ok", **message})
                time.sleep(0.1)

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again when its message became visible again",
        ("redelivery", "same_content"),
        lambda order: {"consumer": [order]},
        mechanism="visibility_timeout",
    )
    return told_by(provider.ledger, failures, incidents=len(failures))
