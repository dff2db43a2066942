"""AWS CloudTrail: its files and API answers, and whether its digests vouch for them."""
