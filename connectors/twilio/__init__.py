"""Twilio: from its API or as files."""
