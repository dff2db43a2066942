"""PayPal: from its API or as files."""
