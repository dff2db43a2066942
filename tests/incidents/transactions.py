"""Sessions that work at the same time, and meet where a script wants it."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from tests.connectors.live.database_servers import PostgresqlDatabase

_THOUGHT_S = 0.01
"""Applications do something between statements; longer than the server's log is coarse."""

Work = Callable[["Session"], None]


class Session:
    """A transaction of its own connection.

    Attributes:
        name: Its application's name.
    """

    def __init__(self, connection: Any, name: str, barrier: threading.Barrier) -> None:
        self.name = name
        self._connection = connection
        self._cursor = connection.cursor()
        self._barrier = barrier

    def run(self, statement: str) -> None:
        """Execute a statement that gives no rows, and think about it."""
        self._cursor.execute(statement)
        time.sleep(_THOUGHT_S)

    def ask(self, query: str) -> Any:
        """The first value of the first row; None when there is none."""
        self._cursor.execute(query)
        row = self._cursor.fetchone()
        return row[0] if row else None

    def meet(self, *, patience_s: float = 0.3) -> None:
        """Wait for the other session, unless it is held up by what this one has locked."""
        try:
            self._barrier.wait(patience_s)
        except threading.BrokenBarrierError:
            self._barrier.reset()

    def commit(self) -> None:
        """End the transaction."""
        self._connection.commit()


def together(database: PostgresqlDatabase, *works: tuple[str, Work]) -> Sequence[Exception | None]:
    """Run each work as one transaction in a session of its name; what became of each."""
    barrier = threading.Barrier(len(works))

    def run(named: tuple[str, Work]) -> Exception | None:
        name, work = named
        with closing(database.connect(name, autocommit=False)) as connection:
            session = Session(connection, name, barrier)
            try:
                work(session)
                session.commit()
            except Exception as problem:  # noqa: BLE001 - what the server says is the result
                connection.rollback()
                return problem
        return None

    with ThreadPoolExecutor(len(works)) as sessions:
        return list(sessions.map(run, works))
