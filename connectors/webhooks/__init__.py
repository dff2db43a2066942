"""Requests as a receiver got them."""
