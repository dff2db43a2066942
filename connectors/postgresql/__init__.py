"""PostgreSQL databases: tables as logs or as state, and a replication slot's changes, peeked at."""
