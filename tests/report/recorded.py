"""The pages of recorded incidents."""

from pathlib import Path

from connectors import registry
from forensics.case.case import Case
from forensics.case.configuration import Configuration, load
from forensics.model.record import SourceSpec
from tests.incidents.record import RECORDED


def page_of(name: str, folder: Path) -> Path:
    """The page of an audit of that incident's logs, whose case is in the folder."""
    logs = RECORDED / name
    settings = logs / "forensics.toml"
    configuration = load(settings) if settings.exists() else Configuration()
    case = Case(folder / "case", registry, configuration)
    case.ingest(
        [
            SourceSpec(name=path.name.partition(".")[0], address=str(path))
            for path in sorted(logs.glob("*.*"))
            if path.name not in {"truth.json", "forensics.toml"}
        ]
    )
    case.audit()
    return folder / "case" / "report" / "report.html"
