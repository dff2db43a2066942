"""The words every part shares: events, records, findings, errors. Imports nothing of ours."""
