"""One writer a format: facts in, native records out, each with the fact that it tells."""
