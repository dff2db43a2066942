"""GitHub: deliveries of webhooks, runs of Actions, the audit log; from its API or as files."""
