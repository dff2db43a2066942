"""Topics of Kafka and of brokers that speak its protocol."""
