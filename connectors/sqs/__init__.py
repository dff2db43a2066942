"""Dead-letter queues of Amazon SQS."""
