"""What can be asked of a case; nothing is written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from forensics.case import acceptance
from forensics.case.configuration import Configuration
from forensics.case.figures import picture_of
from forensics.case.pseudonyms import Pseudonyms
from forensics.case.questions import Trace, asking, checked, traced
from forensics.case.told import key_of, people_of
from forensics.detect.registry import PATTERNS
from forensics.link.names import learn, resolve
from forensics.model.acceptance import Acceptance
from forensics.model.answer import Answer, Checked
from forensics.model.errors import CaseError, UsageError
from forensics.model.joins import Join
from forensics.model.words import of_case
from forensics.report.document import SCHEMA_VERSION
from forensics.report.restated import restated
from forensics.store.case_store import CaseStore
from forensics.store.read_only import ask, read_only_engine
from forensics.store.verification import Verdict, verify

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from forensics.timeline.draw import Picture


REPORT = Path("report")
"""Where the report of the last audit lies in a case."""


class Asked:
    """A folder of evidence and what was found in it, to read.

    Attributes:
        folder: Where it is.
        configuration: What holds for its runs.
    """

    def __init__(self, folder: Path, configuration: Configuration | None = None) -> None:
        self.folder = folder
        self.configuration = configuration or Configuration()

    def _never_audited(self) -> CaseError:
        return CaseError(
            f"The case `{self.folder}` was never audited.",
            hint=f"Run `forensics detect {of_case(self.folder)}` first.",
        )

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB connection that can read the tables of the case and no other file."""
        with (
            CaseStore.open(self.folder, read_only=True) as store,
            read_only_engine(store) as connection,
        ):
            yield connection

    def sql(self, query: str) -> "pl.DataFrame":
        """The rows of a query over the case's views, read-only."""
        import polars as pl  # noqa: PLC0415 - costs start-up, needed only here

        with self.connection() as connection:
            frame = pl.from_arrow(ask(connection, query))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table never becomes a series
        return frame

    def findings(self) -> "pl.DataFrame":
        """The findings of the last run, worst first; see `forensics.case.frame`."""
        from forensics.case import frame  # noqa: PLC0415 - Polars costs start-up

        return frame.findings(self.last_run()["findings"])

    def incidents(self) -> "pl.DataFrame":
        """The incidents of the last run, worst first; see `forensics.case.frame`."""
        from forensics.case import frame  # noqa: PLC0415 - Polars costs start-up

        return frame.incidents(self.last_run()["incidents"])

    def pending(self) -> "pl.DataFrame":
        """What the logs leave unfinished and may fire; see `forensics.case.frame`."""
        from forensics.case import frame  # noqa: PLC0415 - Polars costs start-up

        return frame.pending(self.last_run()["pending"])

    def repairs(self) -> "pl.DataFrame":
        """The repair list of the last run, in the order to work through; as `repair.csv` has it.

        Raises:
            CaseError: The case was never audited.
        """
        from forensics.case import frame  # noqa: PLC0415 - Polars costs start-up

        self.last_run()
        return frame.repairs(self.folder / REPORT / "repair.csv")

    def joins(self) -> "pl.DataFrame":
        """Which fields of two sources name one thing, and which only look so; nothing is stored.

        One row a `forensics.model.joins.Join`, those that are used first.

        Raises:
            UsageError: The configuration declares a join of a source or field that does not exist.
        """
        from forensics.case import frame  # noqa: PLC0415 - Polars costs start-up

        return frame.joins(self.learned_joins())

    def learned_joins(self) -> list[Join]:
        """What `joins` shows, as objects."""
        with self.connection() as connection:
            return learn(connection, resolve(connection, self.configuration.joins))

    def trace(self, asked: str) -> Trace:
        """What every source says of an order, customer, charge, message, key or run.

        Returns:
            `verdict` says how often what was done; `frame` has a row a line, in order of time.
        """
        return Trace(*self.answers([asked]))

    def answers(self, asked: Sequence[str]) -> list[Answer]:
        """What `trace` says of several ids, as objects, in their order."""
        with asking(self.folder, self.configuration, asked) as connection:
            return traced(connection, asked)

    def check(self, asked: Sequence[str]) -> list[Checked]:
        """Which of these ids are in a finding of the last run, were seen or never seen.

        Raises:
            CaseError: The case was never audited.
        """
        self._last_run()
        ids = list(dict.fromkeys(asked))
        with asking(self.folder, self.configuration, ids) as connection:
            return checked(connection, ids, repairs=self.folder / REPORT / "repair.csv")

    def acceptances(self) -> list[Acceptance]:
        """The newest word on each finding that was ever accepted, newest first."""
        with self.connection() as connection:
            return acceptance.acceptances(connection)

    def timeline(self, name: str = "", *, kind: str = "") -> "go.Figure":
        """A figure of the last run for Plotly, the same as on the page.

        Args:
            name: A finding or incident; the beginning of an id is enough. All findings when empty.
            kind: `overview`, `growth` or `calendar`, where another figure would fit.

        Raises:
            UsageError: The last run has neither under that name, or there is no such figure.
        """
        return self.picture(name, kind=kind).figure()

    def picture(self, name: str = "", *, kind: str = "") -> "Picture":
        """What `timeline` draws, also in words and for a terminal."""
        with self.connection() as connection:
            return picture_of(connection, name, kind, self.configuration.joins)

    def explain(self, name: str) -> str:
        """What a pattern, or the pattern of a finding, means: its page, in Markdown.

        Raises:
            UsageError: There is no such pattern or finding.
        """
        if name not in PATTERNS:
            known = {f["finding_id"]: f["pattern"] for f in self.last_run()["findings"]}
            if name not in known:
                raise UsageError.unknown("pattern or finding", name, known=PATTERNS)
            name = known[name]
        return PATTERNS[name].page

    def last_run(self) -> dict[str, Any]:
        """The last audit as `findings.json` has it, with what was accepted or withdrawn since.

        Raises:
            CaseError: The case was never audited, or by a version that wrote other documents.
        """
        document, changed = self._last_run()
        return restated(document, changed) if changed else document

    def audited_before(self) -> datetime | None:
        """When the run before the last was made, UTC; None where there was none."""
        with self.connection() as connection:
            (earlier,) = connection.execute(
                "SELECT max(run_at)::VARCHAR FROM runs"
                " WHERE run_at < (SELECT max(run_at) FROM runs)"
            ).fetchall()
        return datetime.fromisoformat(earlier[0]) if earlier[0] else None

    def _last_run(self) -> tuple[dict[str, Any], dict[str, str]]:
        """As it was, and the statuses that are others now."""
        with self.connection() as connection:
            rows = connection.execute(
                "SELECT document FROM runs ORDER BY run_at DESC LIMIT 1"
            ).fetchall()
            said = acceptance.acceptances(connection)
        if not rows:
            raise self._never_audited()
        document: dict[str, Any] = orjson.loads(rows[0][0])
        if document["schema_version"] != SCHEMA_VERSION:
            raise CaseError(
                f"The last audit of `{self.folder}` was made by another version.",
                hint=f"Run `forensics detect {of_case(self.folder)}` once more.",
            )
        return document, acceptance.statuses_now(document, said, datetime.now(UTC))

    def verify(self, *, expect: str | None = None) -> Verdict:
        """Recompute the chain of custody and every file.

        Args:
            expect: A head digest that was kept elsewhere.
        """
        return verify(self.folder, expect=expect)

    def without_people(self) -> Pseudonyms:
        """What puts pseudonyms in the place of people in what is printed of the case."""
        with self.connection() as connection:
            return people_of(connection, key_of(self.folder))

    def __repr__(self) -> str:
        return f"Case({str(self.folder)!r})"
