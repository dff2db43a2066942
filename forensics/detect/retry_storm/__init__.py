"""Attempts that were repeated until they did harm."""
