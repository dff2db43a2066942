"""Which names a case holds: of people, customers, records and whatever else has an id."""

import re
from collections.abc import Iterable

import duckdb
import orjson

from forensics.case.pseudonyms import Names

_PEOPLE = """
    SELECT DISTINCT name FROM (
        SELECT actor AS name FROM events WHERE actor_kind = 'human'
        UNION ALL
        SELECT on_behalf_of FROM events
        -- The principal behind an agent is a person, unless it acts as something else itself.
        ANTI JOIN (SELECT actor FROM events WHERE actor_kind <> 'human') AS others
            ON events.on_behalf_of = others.actor
    ) WHERE name <> ''"""

_ADDRESSEE = re.compile(
    r'''"(?:(?:billing_details|customer_details|shipping)
        (?:[._]name"|"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*?"name")
        |recipient_name")
    \s*:\s*"((?:[^"\\]|\\.)+)"''',
    re.VERBOSE,
)
"""In a record that was cut it is found too, so this looks at the text and reads no JSON."""

_IDS = (
    "entity_id", "effect_id", "compensates_effect_id", "operation_key", "occurrence_id",
    "delivery_id", "handoff_id", "natural_key", "item_key", "execution_id",
    "previous_execution_id", "cause_id", "transaction_id", "trace_id", "event_id",
    "source_position", "source_stream",
)  # fmt: skip
_WORDS = """
    SELECT DISTINCT entity_type AS word, true AS is_type FROM events WHERE entity_type <> ''
    UNION ALL SELECT DISTINCT unnest(["system", target_system]), false FROM events"""


def people(connection: duckdb.DuckDBPyConnection) -> Names:
    """Who acted and is a person, as far as the logs say what kind of actor it is."""
    return _with_words(connection, dict.fromkeys(_column(connection, _PEOPLE), "person"))


def addressees(records: Iterable[str]) -> frozenset[str]:
    """Names of people in records as read, from fields that payments and parcels keep them in."""
    found = {match.group(1) for record in records for match in _ADDRESSEE.finditer(record)}
    decoded = {str(orjson.loads(f'"{name}"')) for name in found if "\\" in name}
    return frozenset(found | decoded)


def everything(connection: duckdb.DuckDBPyConnection) -> Names:
    """People, and every id in the lines that an audit may show.

    Args:
        connection: Has `veiled_events`: the events whose ids are meant.
    """
    labels = dict.fromkeys(_column(connection, ids_of("veiled_events")), "id")
    customers = "SELECT DISTINCT unnest([customer_id, tenant]) FROM veiled_events"
    labels |= dict.fromkeys(_column(connection, customers), "customer")
    labels |= people(connection).labels
    return _with_words(connection, labels)


def ids_of(relation: str) -> str:
    """A query for every id in the events of a relation that is no word of the logs besides."""
    listed = ", ".join(_IDS)
    return f"""
        SELECT DISTINCT name FROM (
            SELECT unnest(list_concat([{listed}], other_causes, list_transform(
                related, lambda one: one.id))) AS name
            FROM {relation}
        ) WHERE name <> ''
        EXCEPT SELECT unnest(["system", target_system, source, workflow, "action"]) FROM events"""


def _with_words(connection: duckdb.DuckDBPyConnection, labels: dict[str, str]) -> Names:
    rows = connection.execute(_WORDS).fetchall()
    return Names(
        labels=labels,
        types=frozenset(word for word, is_type in rows if is_type),
        systems=frozenset(word for word, is_type in rows if word and not is_type),
    )


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> Iterable[str]:
    return [name for (name,) in connection.execute(query).fetchall() if name]
