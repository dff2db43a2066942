"""The lookalikes: what must stay quiet."""
