"""The growth's data: it ends with what the audit counted; a log without times says so."""

from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb
import plotly.graph_objects as go
import pytest

from forensics.case.case import Case
from forensics.model.audit import Audit
from forensics.report.page import figure_page
from forensics.scope import money
from forensics.timeline.draw import drawn
from forensics.timeline.growth import Growth, growth
from forensics.timeline.subject import Subject

Gathering = tuple[duckdb.DuckDBPyConnection, list[Subject]]


@pytest.fixture(scope="module")
def measured(gathering: Gathering) -> Gathering:
    """With what the findings cost."""
    money.measure(gathering[0])
    return gathering


@pytest.fixture(scope="module")
def grown(measured: Gathering) -> Growth:
    return growth(*measured)


def test_it_ends_with_the_money_and_customers_of_the_audit(
    grown: Growth, audited: tuple[Case, Audit]
) -> None:
    _, audit = audited
    for total in audit.totals:
        assert grown.total("out", total.exposure.currency) == total.exposure.gross
        assert grown.total("back", total.exposure.currency) == total.exposure.compensated
    customers = {customer for finding in audit.findings for customer in finding.customers}
    assert grown.total("customers") == len(customers)

    last = {trace.name: trace.y[-1] for trace in grown.figure().data}
    assert Decimal(str(round(last["gone out"], 2))) == grown.total("out", "EUR")
    assert last["customers hit"] == len(customers)


def test_one_finding_has_its_own_money(measured: Gathering, audited: tuple[Case, Audit]) -> None:
    connection, subjects = measured
    for finding in audited[1].findings:
        if finding.exposure:
            mine = [one for one in subjects if one.finding_id == finding.finding_id]
            for exposure in finding.exposure:
                assert growth(connection, mine).total("out", exposure.currency) == exposure.gross


def test_of_two_charges_the_money_goes_out_with_the_second(measured: Gathering) -> None:
    connection, subjects = measured
    rows = connection.sql("""
        SELECT finding_id, max(occurred_at) AS at
        FROM finding_claims JOIN found_effects USING (effect_key)
        GROUP BY finding_id HAVING count(*) = 2 AND count(occurred_at) = 2
    """).to_arrow_table()
    pairs = {row["finding_id"]: row["at"] for row in rows.to_pylist()}
    told = 0
    for one in subjects:
        out = [change.at for change in growth(connection, [one]).changes if change.what == "out"]
        if one.finding_id in pairs and out:
            told += 1
            assert out == [pairs[one.finding_id]]
    assert told


def test_the_page_draws_it_as_the_notebook_does(audited: tuple[Case, Audit]) -> None:
    case, audit = audited

    seen = drawn(case.picture(kind="growth"))
    assert audit.figures["growth"] == case.without_people().within(seen)


@pytest.mark.parametrize("customers", [True, False])
@pytest.mark.parametrize("currencies", range(1, 5))
def test_any_number_of_panels_fits(grown: Growth, currencies: int, *, customers: bool) -> None:
    of = {what: next(one for one in grown.changes if one.what == what and one.at)
          for what in ("out", "customers")}  # fmt: skip
    changes = [replace(of["out"], currency=f"X{number}") for number in range(currencies)]
    changes += [of["customers"]] if customers else []

    assert drawn(replace(grown, changes=changes)).json


def test_a_figure_that_plotly_refuses_is_left_out_with_a_sentence(grown: Growth) -> None:
    @dataclass
    class Refused:
        title: str = "Refused"

        def figure(self) -> go.Figure:
            return go.Figure(layout={"yaxis": {"domain": [-1, 1]}})

        def words(self) -> str:
            return "Nothing rose."

        def rows(self, width: int) -> list[str]:
            return [f"{width}"]

    page = figure_page("Refused", drawn(Refused()))

    assert "could not be drawn; what it would show, in words: Nothing rose." in page
    assert 'data-figure="figure"' not in page
    assert 'data-figure="figure"' in figure_page("Growth", drawn(grown))


def test_lines_never_fall(grown: Growth) -> None:
    for trace in grown.figure().data:
        assert list(trace.y) == sorted(trace.y)


def test_damage_without_times_gives_a_sentence(grown: Growth) -> None:
    untimed = replace(grown, changes=[replace(change, at=None) for change in grown.changes])

    assert "nothing is drawn" in untimed.words()
    assert (untimed.rows(80), untimed.figure().data) == ([], ())
