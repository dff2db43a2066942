"""What logs call the environments that they were written in."""

LIVE_NAMES = ("live", "prd", "prod", "production")
"""What the environment in which things happen in earnest is called, in any case.

A longer name, such as `eu-prod`, may be one of several that share no records, and stays.
"""


def environment_named(value: str) -> str:
    """An SQL expression for the `environment` that a text names: `Production` is `live`.

    Args:
        value: An SQL expression for the text; an empty one names none.
    """
    listed = ", ".join(f"'{name}'" for name in LIVE_NAMES)
    return f"CASE WHEN lower({value}) IN ({listed}) THEN 'live' ELSE nullif({value}, '') END"
