"""Kafka topics as a source."""

from connectors.live.source import LiveSource

SOURCE = LiveSource(
    schemes=("kafka",),
    title="Kafka topics",
    example="kafka://broker:9092/orders,payments",
    rights="Read and Describe on the topics, DescribeConfigs to know what they forget; Describe on"
    " the groups that are asked for",
    leaves="nothing: partitions are assigned, no group is joined, no offset is committed",
    options={
        "groups": "read where these consumer groups stand too, separated by commas",
        "since": "begin at the first message of this time, in place of the oldest",
        "registry": "the schema registry that describes keys and values, such as"
        " `http://registry:8081`",
        "registry_user": "the account that reads there",
        "schema": "file that describes the values: `.avsc` (Avro), `.desc` (a set of Protobuf"
        " descriptors) or `.json` (JSON Schema)",
        "message": "the Protobuf message that values are, such as `shop.Order`; default: the first"
        " of the file",
        "isolation": "`committed` (default), or `uncommitted` to read aborted transactions too",
        "tls": "`yes` to speak TLS",
        "ca": "file with the certificates that the broker's is checked by",
        "sasl": "how the account signs in: `PLAIN` (default with an account), `SCRAM-SHA-256`,"
        " `SCRAM-SHA-512`",
    },
    secrets={
        "password": ("KAFKA_PASSWORD",),
        "registry_password": ("SCHEMA_REGISTRY_PASSWORD",),
    },
    module="connectors.kafka.connector",
    extra="kafka",
    library="confluent_kafka",
)
