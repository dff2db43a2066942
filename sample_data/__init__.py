"""One made-up week of a small online shop, with a known answer: see README.md."""
