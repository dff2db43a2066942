"""Hookdeck: from its API or as files."""
