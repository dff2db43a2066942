"""From candidates to incidents: who was hit, what it cost, what belongs together."""
