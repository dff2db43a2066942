"""A labelled benchmark: logs with a known answer, and a scorer for any tool that reads them."""
