"""Stripe: its events, from its API or as files."""
