"""The case: a folder of Delta Lake tables with a chain of custody."""
