"""Findings, incidents and what else a run found, as data frames for notebooks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from forensics.model.joins import Join
from forensics.model.shown import QUOTED
from forensics.model.words import line_told

_TIME = pl.Datetime("us", "UTC")
_SUM = pl.Decimal(38, 4)
_MONEY: dict[str, Any] = {
    "currency": pl.String,
    "gross": _SUM,
    "compensated": _SUM,
    "net": _SUM,
}
SCHEMA: dict[str, Any] = {
    "finding_id": pl.String,
    "incident_id": pl.String,
    "detector": pl.String,
    "pattern": pl.String,
    "severity": pl.String,
    "grade": pl.String,
    "status": pl.String,
    "title": pl.String,
    "first_at": _TIME,
    "last_at": _TIME,
    "events": pl.Int64,
    "excess": pl.Int64,
    "money": pl.List(pl.Struct(_MONEY)),
    "customers": pl.List(pl.String),
    "sources": pl.List(pl.String),
    "explanation": pl.String,
}
"""As in `findings.json`; `money` is its `exposure`, with what is still out as `net`. For a row a
currency: `frame.explode("money").unnest("money")`."""


def findings(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """One row a finding, in the order given.

    Args:
        rows: As in `findings.json`.
    """
    made = [
        {name: finding[name] for name in SCHEMA if name in finding}
        | {
            "title": finding["explanation"]["title"],
            "explanation": finding["explanation"]["sentences"],
            "money": [_sums(money) for money in finding["exposure"]],
        }
        for finding in rows
    ]
    return _timed(made, SCHEMA)


def _sums(money: Mapping[str, str]) -> dict[str, str | Decimal]:
    gross, compensated = Decimal(money["gross"]), Decimal(money["compensated"])
    return {
        "currency": money["currency"],
        "gross": gross,
        "compensated": compensated,
        "net": gross - compensated,
    }


INCIDENTS: dict[str, Any] = {
    "incident_id": pl.String,
    "severity": pl.String,
    "title": pl.String,
    "first_at": _TIME,
    "last_at": _TIME,
    "goes_on": pl.String,
    "reaches_to": _TIME,
    "began_with": pl.String,
    "failed": pl.List(pl.String),
    "story": pl.List(pl.String),
    "findings": pl.List(pl.String),
    "money": pl.List(pl.Struct(_MONEY | {"stage": pl.String, "certain": pl.String})),
    "customers": pl.List(pl.String),
    "systems": pl.List(pl.String),
}
"""`goes_on` is `running`, `quiet` or `unknown`, up to `reaches_to`; the rest of the blast radius
stands in `case.last_run()["incidents"]`."""

PENDING: dict[str, Any] = {
    "why": pl.String,
    "system": pl.String,
    "action": pl.String,
    "name": pl.String,
    "since": _TIME,
    "fires_at": _TIME,
    "key_until": _TIME,
    "amount": _SUM,
    "currency": pl.String,
    "incident_id": pl.String,
    "event_id": pl.String,
    "source": pl.String,
}


def incidents(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """One row an incident, in the order given; as in `findings.json`."""
    made = [
        {name: incident[name] for name in INCIDENTS if name in incident}
        | {
            "goes_on": incident["standing"]["state"],
            "reaches_to": incident["standing"]["reaches_to"],
            "began_with": next(map(line_told, incident["roots"]), None),
            "failed": [line_told(failure) for failure in incident["failed"]],
            "story": [step["sentence"] for step in incident["story"]],
            "money": [
                _sums(money) | {"stage": money["stage"], "certain": money["certain"]}
                for money in incident["blast_radius"]["money"]
            ],
        }
        for incident in rows
    ]
    return _timed(made, INCIDENTS)


def pending(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """One row a piece of unfinished work, in the order given; as in `findings.json`."""
    made = [
        {name: work[name] for name in PENDING}
        | {"amount": Decimal(work["amount"]) if work["amount"] else None}
        for work in rows
    ]
    return _timed(made, PENDING)


def repair_cells(path: Path) -> pl.DataFrame:
    """The rows of `repair.csv` as text, without what keeps spreadsheets from running them."""
    # Python's own reader refuses a cell of more than 128 KiB.
    return pl.read_csv(path, infer_schema=False).with_columns(
        pl.all().fill_null("").str.replace(QUOTED, "$1")
    )


def repairs(path: Path) -> pl.DataFrame:
    """The same, with times and sums."""
    return repair_cells(path).with_columns(
        pl.col("occurred_at").str.to_datetime(time_unit="us", time_zone="UTC", strict=False),
        *(pl.col(name).replace("", None).cast(_SUM) for name in ("amount", "compensated")),
    )


def joins(found: Sequence[Join]) -> pl.DataFrame:
    """One row a join, in the order given."""
    kinds = {"shared": pl.Int64, "left_share": pl.Float64, "right_share": pl.Float64}
    flags = dict.fromkeys(("left_many", "right_many"), pl.Boolean)
    schema = {
        name: kinds.get(name) or flags.get(name) or pl.String for name in Join.__dataclass_fields__
    }
    return pl.DataFrame(
        [asdict(join) for join in found], schema=schema | {"examples": pl.List(pl.String)}
    )


def _timed(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows whose times are text yet."""
    text = {name: pl.String if kind == _TIME else kind for name, kind in schema.items()}
    times = [name for name, kind in schema.items() if kind == _TIME]
    return pl.DataFrame(rows, schema=text).with_columns(
        pl.col(times).str.to_datetime(time_unit="us", time_zone="UTC")
    )
