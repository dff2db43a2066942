"""What can be read: the connectors and the formats, in alphabetical order."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.resources import files

from connectors.files import again
from connectors.files.connector import Files
from connectors.files.naming import default_name
from forensics.model.record import Connector, Readable, SourceSpec

FORMATS: tuple[tuple[str, str], ...] = (
    ("canonical", "mapping.toml"),
    ("celery", "mapping.toml"),
    ("cloudevents", "mapping.toml"),
    ("cloudtrail", "mapping.toml"),
    ("debezium", "mapping.toml"),
    ("otlp", "logs.toml"),
    ("otlp", "traces.toml"),
    ("stripe", "mapping.toml"),
    ("temporal", "mapping.toml"),
)
"""Folder and mapping file of every format."""


def connector(spec: SourceSpec) -> Connector:
    """The connector that reads a source: today all sources are files."""
    return Files(
        name=spec.name or default_name(spec.address), address=spec.address, final=spec.final
    )


def open_again(address: str, path: str) -> AbstractContextManager[Readable]:
    """The content of a part that was read before, as it is now; see `connectors.files.again`."""
    return again.open_again(address, path)


def mapping_texts() -> Sequence[tuple[str, str]]:
    """Every format's mapping: the name of its file, for errors, and its text."""
    return [
        (
            f"{folder}/{name}",
            files("connectors").joinpath(folder, name).read_text(encoding="utf-8"),
        )
        for folder, name in FORMATS
    ]
