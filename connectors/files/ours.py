"""What this tool leaves behind among the logs that it reads, and is no log itself."""

from collections.abc import Collection
from pathlib import Path

from forensics.model.errors import SourceError

SETTINGS = "forensics.toml"
_OURS = {
    "a case": frozenset({"case.json", "acquisitions"}),
    "a report": frozenset({"findings.json", "report.html", "repair.csv"}),
}


def passed_over(names: Collection[str]) -> str:
    """What a folder with such files in it is of ours; empty when it is not."""
    return next((what for what, files in _OURS.items() if files <= set(names)), "")


def require_logs(folder: Path, address: str) -> None:
    """Raise a sentence where a folder that was named is itself something of ours.

    Raises:
        SourceError: It is a case or a report.
    """
    try:
        what = passed_over([path.name for path in folder.iterdir()])
    except OSError:
        # Walking it will say why it cannot be read.
        return
    if what:
        raise SourceError(
            f"`{address}` is {what} of this tool, not a log.",
            hint="`forensics show --case DIR` shows what is in a case.",
        )
