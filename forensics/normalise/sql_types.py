"""DuckDB's names of the canonical columns' types."""

from forensics.model.columns import BY_NAME, ENUMS, Column

_SCALARS = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
    "decimal128(18, 4)": "DECIMAL(18, 4)",
}
_NESTED = {
    "related": "STRUCT(type VARCHAR, id VARCHAR, role VARCHAR)[]",
    "changes": "STRUCT(name VARCHAR, before BIGINT, after BIGINT)[]",
    "lock": "STRUCT(mode VARCHAR, expires_at TIMESTAMPTZ, fencing_token VARCHAR)",
    "approval": "STRUCT(id VARCHAR, subject_hash VARCHAR, expires_at TIMESTAMPTZ)",
    "fields": "VARCHAR[]",
    "other_causes": "VARCHAR[]",
}


def sql_type(name: str) -> str:
    """DuckDB's name of a canonical column's type."""
    return _NESTED.get(name) or _SCALARS[str(BY_NAME[name].type)]


def can_be_misread(column: Column) -> bool:
    """Whether some texts are no value of the column."""
    return column.name in ENUMS or sql_type(column.name) != "VARCHAR"


def text(value: str) -> str:
    """A SQL string."""
    return "'" + value.replace("'", "''") + "'"
