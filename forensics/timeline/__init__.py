"""Plotly figures: the same on the page and in a notebook."""
