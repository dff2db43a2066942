"""Queues of RabbitMQ: streams as often as one likes, others only with leave."""
