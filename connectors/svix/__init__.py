"""Svix: from its API or as files."""
