"""A logical replication slot: what it holds is peeked at, never taken.

`pg_logical_slot_get_changes` and the replication protocol move the slot on for good, even in a
read-only transaction that is rolled back; making a slot is a write that no rollback undoes.
https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from connectors.live.address import Address
from connectors.live.pages import Budget, PartPages, pieces
from connectors.live.source import PartFacts
from connectors.postgresql.session import Session, connected, literal
from forensics.model.errors import SourceError, UsageError
from forensics.model.record import KnownPart, Page

PEEK_CHANGES = 100_000
"""Changes of the first peek; each later one asks for twice as many, since a peek always begins at
the slot's own place: all of them together decode the log at most twice."""
_OPTIONS = {
    "wal2json": (
        "'format-version', '2', 'include-xids', '1', 'include-timestamp', '1',"
        " 'include-lsn', '1', 'include-pk', '1'"
    ),
    "test_decoding": "'include-xids', '1', 'include-timestamp', '1'",
}


def pages(address: Address, known: Sequence[KnownPart], budget: Budget) -> Iterator[Page]:
    """The changes of the transactions that were committed after the cursor."""
    plugin = _plugin(address)
    name = address.options["slot"]
    parts = PartPages(name, known)
    with connected(address) as session:
        _check(session, address, plugin)
        asked = PEEK_CHANGES
        while True:
            peeked, last = 0, parts.cursor
            changes = _changes(name, plugin, after=last, most=asked)
            for rows in pieces(session.batches(changes), budget):
                peeked = rows["peeked"][0].as_py()
                if rows["place"].null_count:
                    break
                last = rows["place"][-1].as_py()
                yield parts.page(
                    rows["place"].cast(pa.string()),
                    rows["document"].cast(pa.large_binary()),
                    cursor=last,
                    complete=False,
                )
                budget.spend(rows.num_rows)
            if peeked < asked:
                return
            asked = 2 * peeked


def facts(session: Session, address: Address) -> PartFacts:
    """How much of the log the slot holds."""
    row = _check(session, address, _plugin(address))
    return PartFacts(
        name=row["slot_name"],
        order="commit",
        note=f"holds {row['held']} of the write-ahead log, from {row['confirmed']} on",
    )


def _changes(name: str, plugin: str, *, after: str, most: int) -> str:
    """A statement that gives the changes after a place, in the order of the commits.

    A place is the last LSN of the transaction and the number of the change in it: several changes
    may share an LSN, and transactions are mixed in the log but not in what is decoded. Where
    nothing was peeked at beyond the place, one row without a place says how much was peeked at.
    """
    document = (
        "data"
        if plugin == "wal2json"
        else "json_build_object('lsn', lsn, 'xid', xid::text, 'data', data)::text"
    )
    beyond = ""
    if after:
        commit, _, number = after.rpartition("#")
        beyond = f" WHERE (commit, number) > ({literal(commit)}::pg_lsn, {int(number)})"
    return (
        "WITH changes AS MATERIALIZED ("
        " SELECT *, max(lsn) OVER whole AS commit,"
        " row_number() OVER (whole ORDER BY place_in_stream) AS number"
        f" FROM pg_logical_slot_peek_changes({literal(name)}, NULL, {most}, {_OPTIONS[plugin]})"
        " WITH ORDINALITY AS change (lsn, xid, data, place_in_stream)"
        " WINDOW whole AS (PARTITION BY xid::text)"
        f"), new AS (SELECT * FROM changes{beyond})"
        f" SELECT commit::text || '#' || number AS place, {document} AS document, peeked"
        " FROM (SELECT count(*) AS peeked FROM changes) AS counted LEFT JOIN new ON true"
        " ORDER BY place_in_stream"
    )


def _plugin(address: Address) -> str:
    plugin = address.options.get("plugin", "wal2json")
    if plugin not in _OPTIONS:
        raise UsageError.unknown("plugin", plugin, known=_OPTIONS, where=address.text)
    return plugin


def _check(session: Session, address: Address, plugin: str) -> dict[str, Any]:
    """The slot, as the server lists it."""
    rows = session.rows("""
        SELECT slot_name::text, plugin::text, database::text, active,
            database = current_database() AS is_here, confirmed_flush_lsn::text AS confirmed,
            pg_size_pretty(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                ELSE pg_current_wal_lsn() END - restart_lsn) AS held
        FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY slot_name""")
    name = address.options["slot"]
    there = ", ".join(f"{r['slot_name']} ({r['plugin']}, {r['database']})" for r in rows)
    found = next((row for row in rows if row["slot_name"] == name), None)
    if found is None:
        raise SourceError(
            f"`{address.text}`: there is no logical slot `{name}`.",
            hint=f"There is: {there or 'none'}. A slot made now would hold nothing of the past.",
        )
    if found["plugin"] != plugin or not found["is_here"]:
        raise SourceError(
            f"`{address.text}`: the slot is of `{found['plugin']}` in `{found['database']}`.",
            hint="Name that database, and that plugin with `?plugin=`.",
        )
    if found["active"]:
        raise SourceError(
            f"`{address.text}`: a replica reads the slot just now, and a slot has one reader.",
            hint="Read it when the replica is away; do not stop it for this.",
        )
    return found
