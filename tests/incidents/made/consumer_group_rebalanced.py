"""A Kafka consumer is killed before it committed its work, which the next owner does again.

The worker charges what it is given and commits every three messages. It dies after the second of a
batch. The twin's workers give the provider the order's name as key.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import orjson
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.connectors.live.consumers.kafka import GROUP, TOPIC
from tests.connectors.live.servers import kafka
from tests.incidents import shop
from tests.incidents.made.ack_wait_expires import kept
from tests.incidents.provider import Provider
from tests.incidents.recording import Truth, made_again, told_by

BATCH, IDLE_S = 3, 12


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """The first worker dies at the fifth of nine orders."""
    ordered = shop.orders(9, first=5100)
    with ExitStack() as running:
        server = running.enter_context(kafka(place))
        provider = running.enter_context(Provider().serving())
        admin = AdminClient({"bootstrap.servers": server})
        for made in admin.create_topics([NewTopic(TOPIC, 1, 1)]).values():
            made.result()
        producer = Producer({"bootstrap.servers": server})
        for order in ordered:
            producer.produce(TOPIC, orjson.dumps(order), key=order.name)
        producer.flush()
        client = shop.Client(provider.endpoint, folder / "provider_requests.jsonl", "charge-worker")
        for end in (ordered[4], None):
            shop.in_a_process(work, server, client, end, keyed=not fault)
            time.sleep(shop.RESTART_S)
        assert {order.name for order in ordered} == set(provider.received)
        kept(f"kafka://{server}/{TOPIC}", folder / "orders_topic.jsonl")
        provider.list_events(folder / "provider_events.json")
    failures = made_again(
        provider.ledger.excess(),
        "again by the next owner of the partition",
        ("redelivery", "same_content"),
        lambda order: {"orders_topic": [order]},
        mechanism="rebalance",
    )
    apart = "the topic has each message once, and no log tells of commits and owners"
    return told_by(
        provider.ledger, failures, incidents=int(bool(failures)), apart=apart if failures else ""
    )


def work(server: str, client: shop.Client, end: shop.Order | None, *, keyed: bool) -> None:
    """Charge what comes until nothing does, or until death; commit what fills a batch."""
    consumer = Consumer(
        {
            "bootstrap.servers": server,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 1500,
            "heartbeat.interval.ms": 300,
            "fetch.wait.max.ms": 50,
        }
    )
    consumer.subscribe([TOPIC])
    done, last = 0, time.monotonic()
    while time.monotonic() - last < IDLE_S:
        message = consumer.poll(0.2)
        if not message or message.error():
            continue
        last, order = time.monotonic(), shop.Order(**orjson.loads(message.value()))
        client.charge(order, order.name if keyed else "")
        if order == end:
            shop.die()
        done += 1
        if done % BATCH == 0:
            consumer.commit(message, asynchronous=False)
    consumer.close()
