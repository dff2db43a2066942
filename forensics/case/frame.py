"""The findings of a run as a data frame, for notebooks."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

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


def frame(findings: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """One row a finding, in the order given.

    Args:
        findings: As in `findings.json`.
    """
    rows = [
        {name: finding[name] for name in SCHEMA if name in finding}
        | {
            "title": finding["explanation"]["title"],
            "explanation": finding["explanation"]["sentences"],
            "money": [_sums(money) for money in finding["exposure"]],
        }
        for finding in findings
    ]
    text = {name: pl.String if kind == _TIME else kind for name, kind in SCHEMA.items()}
    return pl.DataFrame(rows, schema=text).with_columns(
        pl.col("first_at", "last_at").str.to_datetime(time_unit="us", time_zone="UTC")
    )


def _sums(money: Mapping[str, str]) -> dict[str, str | Decimal]:
    gross, compensated = Decimal(money["gross"]), Decimal(money["compensated"])
    return {
        "currency": money["currency"],
        "gross": gross,
        "compensated": compensated,
        "net": gross - compensated,
    }
