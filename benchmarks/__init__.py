"""Speed as a ratio in one run, and the figures that take longer than the tests may."""
