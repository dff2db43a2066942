"""What Celery keeps in Redis: waiting and unacknowledged messages, and results."""
