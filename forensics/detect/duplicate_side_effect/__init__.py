"""Effects that happened more often than they were meant to."""
