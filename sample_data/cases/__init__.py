"""The planted cases: what must be found."""
