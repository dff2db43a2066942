"""Queues of BullMQ: their events and their jobs."""
