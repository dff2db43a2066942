"""Sources that can be read, one folder each. Knows nothing of what is done with the records."""
