"""What all live sources share: addresses, secrets, pages, a budget, and the way to wait."""
