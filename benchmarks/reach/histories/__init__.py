"""Histories of small stores that are known to be correct, or known to be not."""
