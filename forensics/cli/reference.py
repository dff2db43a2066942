"""`forensics formats`, `detectors` and `schema`: what there is."""

from importlib.resources import files
from typing import Annotated, Any

import orjson
import typer

import connectors.registry
from forensics.cli import options, printing
from forensics.detect.registry import DETECTORS
from forensics.model.columns import COLUMNS, ENUMS, REQUIRED
from forensics.normalise.mapping import parse


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(formats)
    app.command()(detectors)
    app.command()(schema)


def formats(*, as_json: options.Json = False) -> None:
    """List the formats that are recognised without being told."""
    mappings = [parse(text, where=where) for where, text in connectors.registry.mapping_texts()]
    rows = [{"format": m.format, "title": m.title} for m in mappings]
    if as_json:
        printing.document(rows)
    else:
        printing.table(("format", "what it is"), [tuple(row.values()) for row in rows])


def detectors(*, as_json: options.Json = False) -> None:
    """List the detectors and their patterns, with the columns each needs."""
    rows: list[dict[str, Any]] = [
        {
            "detector": pattern.detector,
            "pattern": pattern.name,
            "question": pattern.question,
            "needs": list(pattern.needs),
            "thresholds": {n: p.default for n, p in pattern.parameters.items()},
            "latent": pattern in detector.latent,
        }
        for detector in DETECTORS
        for pattern in detector.every_pattern
    ]
    if as_json:
        printing.document(rows)
        return
    printing.table(
        ("detector", "pattern", "question", "needs"),
        [(r["detector"], r["pattern"], r["question"], ", ".join(r["needs"])) for r in rows],
    )


def schema(
    *,
    findings: Annotated[bool, typer.Option(help="The JSON Schema of findings.json.")] = False,
    as_json: options.Json = False,
) -> None:
    """Print the canonical columns, or the JSON Schema of findings.json."""
    if findings:
        text = files("forensics.report").joinpath("findings.schema.json").read_bytes()
        printing.document(orjson.loads(text))
        return
    rows = [
        {
            "column": column.name,
            "type": str(column.type),
            "required": column.name in REQUIRED,
            "meaning": column.meaning,
            "words": list(ENUMS.get(column.name, ())),
        }
        for column in COLUMNS
    ]
    if as_json:
        printing.document(rows)
        return
    printing.table(
        ("column", "type", "meaning"),
        [
            (
                f"{column.name}{'!' if column.name in REQUIRED else ''}",
                column.type,
                " ".join([column.meaning, *(f"`{word}`" for word in ENUMS.get(column.name, ()))]),
            )
            for column in COLUMNS
        ],
    )
