"""Automations that set each other off."""
