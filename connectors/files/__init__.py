"""Log files on disk: found, opened, recognised by content, split into records."""

from connectors.files.connector import Files
from connectors.files.naming import default_name
from connectors.files.reading import Limits

__all__ = ["Files", "Limits", "default_name"]
