"""Event-log forensics: what ran twice, what stormed, what raced and what ran in circles."""

from importlib.metadata import version

__version__ = version("event-forensics")
