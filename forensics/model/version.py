"""Which version of the tool this is; custody records it."""

from importlib.metadata import version

__version__ = version("event-forensics")
