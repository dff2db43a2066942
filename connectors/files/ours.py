"""What this tool leaves behind among the logs that it reads, and is no log itself."""

from collections.abc import Collection

SETTINGS = "forensics.toml"
_OURS = {
    "a case": frozenset({"case.json", "acquisitions"}),
    "a report": frozenset({"findings.json", "report.html", "repair.csv"}),
}


def passed_over(names: Collection[str]) -> str:
    """What a folder with such files in it is of ours; empty when it is not."""
    return next((what for what, files in _OURS.items() if files <= set(names)), "")
