"""Whether a line says what a pattern, or an innocent reading, needs of it."""

_SAID = {
    # A run of which nothing is known is named after its event.
    "execution_id": "execution_id <> event_id",
    "isolation": '"system" IN (SELECT "system" FROM declared_systems WHERE isolation IS NOT NULL)',
}
"""What is never null, or no column of the log."""


def fills(need: str) -> str:
    """The condition on a row of `events` that it fills a column; of `a|b`, either."""
    return f"({' OR '.join(map(_is_filled, need.split('|')))})"


def _is_filled(column: str) -> str:
    return _SAID.get(column, f"{column} IS NOT NULL")
