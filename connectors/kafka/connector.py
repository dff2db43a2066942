"""Reads topics of a Kafka broker, partition by partition.

Partitions are assigned and never subscribed to: who subscribes joins a group, and its other members
are rebalanced. What is not committed leaves no trace, so the broker does not know of us.
https://docs.confluent.io/platform/current/clients/confluent-kafka-python/html/index.html
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from connectors.kafka.cluster import Cluster
from connectors.live.address import Address
from connectors.live.located import Located
from connectors.live.pages import Budget, PartPages
from connectors.live.payload import listed
from connectors.live.source import PartFacts
from forensics.model.errors import UsageError
from forensics.model.record import KnownPart, Notice, Page, SourceSpec


def open_source(name: str, address: Address, spec: SourceSpec) -> "Kafka":
    """The connector for an address.

    Raises:
        UsageError: It names no broker or no topic.
    """
    del spec
    topics = listed(address.path)
    if not address.netloc or not topics:
        raise UsageError(
            f"`{address.text}` names no {'topic' if address.netloc else 'broker'}.",
            hint="Write kafka://BROKER:9092/TOPIC; several topics are separated by commas.",
        )
    return Kafka(name=name or topics[0], location=address, topics=topics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka(Located):
    """Topics of one cluster; their partitions are the parts.

    Attributes:
        topics: What is read.
    """

    topics: Sequence[str]

    def pages(self, known: Sequence[KnownPart]) -> Generator[Page | Notice]:
        """Yield the messages that are new, and where the groups stand; see `Connector`."""
        cluster, budget = Cluster(self.location), Budget.of(self.location)
        try:
            for topic in self.topics:
                forgetting = cluster.forgetting(topic)
                for span in cluster.spans(topic):
                    parts = PartPages(span.name, known)
                    yield from cluster.messages(span, forgetting, budget, parts)
            groups = listed(self.location.options.get("groups", ""))
            for group in groups:
                yield from cluster.standing(group, self.topics, known)
        finally:
            cluster.close()

    def facts(self) -> Sequence[PartFacts]:
        """How many messages each partition has, from when to when, and when the oldest will go."""
        cluster = Cluster(self.location)
        try:
            return [
                cluster.facts(span, cluster.forgetting(topic))
                for topic in self.topics
                for span in cluster.spans(topic)
            ]
        finally:
            cluster.close()
