"""Log files on disk: found, opened, recognised by content, split into records."""

from connectors.files.connector import Files
from connectors.files.limits import Limits
from connectors.files.naming import default_name

__all__ = ["Files", "Limits", "default_name"]
