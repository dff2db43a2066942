"""Which lines bear a name in their text: as a whole word, whether few names are sought or many."""

import pytest

from forensics.scope import mentions
from tests.link.linked import linked
from tests.scope.told import row

TEXTS = {
    "alone": "INSERT INTO paid VALUES ('order-1')",
    "longer": "INSERT INTO paid VALUES ('order-17')",
    "both": "order-17 follows order-1",
    "after": "reorder-1 and order-1x",
    "quotes": "„order-1“ über order-1ü",
    "accent": "ñorder-1",
    "arabic": "رقم ٤٧١١٢",
    "none": "nothing of it",
}


@pytest.mark.parametrize("others", [0, 100])
def test_a_name_counts_where_it_stands_as_a_whole_word(others: int) -> None:
    events = [row(name, 0, kind="other", raw=text) for name, text in TEXTS.items()]
    names = ["order-1", "order-17", "4711", "٤٧١١٢", *(f"absent-{n}" for n in range(others))]
    numbered = row("number", 0, kind="other", raw="4711", entity_id="4711")
    digits = row("digits", 0, kind="other", raw="at 4711")
    more = row("more digits", 0, kind="other", raw="47110", entity_id="47110")
    with linked([*events, numbered, digits, more]) as connection:
        mentions.find(connection, names, ["other"])
        found = connection.execute("FROM mentions ORDER BY ALL").fetchall()

    assert found == [
        ("alone", "order-1"),
        ("arabic", "٤٧١١٢"),
        ("both", "order-1"),
        ("both", "order-17"),
        ("longer", "order-17"),
        # Digits alone are a name only where an id stands.
        ("number", "4711"),
        ("quotes", "order-1"),
    ]
