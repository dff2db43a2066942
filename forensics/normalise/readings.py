"""How text that already stands under a canonical column's name becomes its value."""

from collections.abc import Collection

from forensics.model.columns import COLUMNS, Column
from forensics.normalise.paths import PLACEHOLDER, top_level

_BY_TYPE = {
    "string": "filled",
    "timestamp[us, tz=UTC]": "iso_time",
    "int32": "whole_number",
    "int64": "whole_number",
    "bool": "truth",
    "decimal128(18, 4)": "major_units",
}
_BY_NAME = {
    "before_hash": "stored_hash",
    "after_hash": "stored_hash",
    "payload_hash": "stored_hash",
    "attributes": "stored_json",
    "fields": "texts",
    "other_causes": "texts",
    "related": "related_records",
    "changes": "field_changes",
    "lock": "stored_lock",
    "approval": "stored_approval",
}
_NEVER_GIVEN = frozenset({"source", "acquisition_id", "raw"})
"""The log is what the analyst calls it, whatever a record says of itself."""


def by_name(template: str, *, present: Collection[str] | None = None) -> dict[str, str]:
    """An expression for each canonical column that a record may carry under its own name.

    Args:
        template: Where the text of a column stands: an expression in which `<column>` is
            replaced by the column's name and `<squeezed>` by its name without underscores.
        present: Top-level names that records have; None when nobody looked.

    Returns:
        Column name to expression; text columns read an empty text as null.
    """
    readings = {}
    for column in COLUMNS:
        where = located(template, column.name)
        path = PLACEHOLDER.fullmatch(where)
        absent = present is not None and path and top_level(path.group(1)) not in present
        if column.name not in _NEVER_GIVEN and not absent:
            readings[column.name] = f"{_reading(column)}({where})"
    return readings


def located(template: str, name: str) -> str:
    """The template for one column."""
    return template.replace("<column>", name).replace("<squeezed>", name.replace("_", ""))


def _reading(column: Column) -> str:
    """The macro that reads a column from its text."""
    return _BY_NAME.get(column.name) or _BY_TYPE[str(column.type)]
