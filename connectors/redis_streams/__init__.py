"""Streams in Redis: their entries, and what their consumer groups have not acknowledged."""
