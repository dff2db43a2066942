"""Event-log forensics: what ran twice, what stormed, what raced and what ran in circles.

import forensics

case = forensics.open_case("incident-17")
case.findings()                       # a Polars frame, worst first
case.sql("SELECT ... FROM events")    # every table of the case is a view
"""

from pathlib import Path
from typing import TYPE_CHECKING

from forensics.model.version import __version__

if TYPE_CHECKING:
    from forensics.case.case import Case

__all__ = ["__version__", "open_case"]


def open_case(folder: str | Path, *, config: str | Path | None = None) -> "Case":
    """The case in a folder, with the verbs of the command line.

    Args:
        folder: Where it is; made at the first `ingest` if it is not there.
        config: A `forensics.toml`; the one of the working folder when None.

    Raises:
        UsageError: The configuration cannot be read.
    """
    # Imported here so that `import forensics` costs nothing.
    import connectors.registry  # noqa: PLC0415
    from forensics.case.case import Case  # noqa: PLC0415
    from forensics.case.configuration import load  # noqa: PLC0415

    return Case(Path(folder), connectors.registry, load(Path(config) if config else None))
