"""The detectors: a folder each, one stem a pattern. A relation in, relations out."""
