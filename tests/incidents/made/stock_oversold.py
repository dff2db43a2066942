"""Two checkouts see the last piece in stock, and both sell it.

`SELECT` says how many are left; if there are any, the rest is written back with the order's name,
and the order is written. The twin reads the article with FOR UPDATE.
"""

from contextlib import ExitStack
from pathlib import Path

from tests.incidents import servers
from tests.incidents.recording import Failure, Truth
from tests.incidents.transactions import Session, Work, together

ARTICLES = {"art-11": 1, "art-12": 5, "art-13": 1, "art-14": 9}


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Each article is asked for by two customers at once; of two there is one piece."""
    with ExitStack() as running:
        database = running.enter_context(servers.postgresql(servers.PGAUDIT))
        database.run(
            "CREATE TABLE stock (id text PRIMARY KEY, pieces int, last_order text)",
            "CREATE TABLE sold (id text PRIMARY KEY, article text, customer_id text)",
            "ALTER TABLE stock REPLICA IDENTITY FULL",
            *(
                f"INSERT INTO stock VALUES ('{a}', {pieces}, NULL)"
                for a, pieces in ARTICLES.items()
            ),
        )
        servers.watch(database)
        for article in ARTICLES:
            works = [
                (f"checkout-{n}", buying(article, f"ord-{article}-{n}", n, guarded=not fault))
                for n in (1, 2)
            ]
            together(database, *works)
        servers.server_log(database, folder / "postgresql.csv")
        servers.changes(database, folder / "stock_changes.jsonl")
        left = dict(database.rows("SELECT id, pieces FROM stock"))
        sold = dict(database.rows("SELECT article, count(*) FROM sold GROUP BY article"))
    wrong = [article for article, came in ARTICLES.items() if left[article] + sold[article] != came]
    return Truth(
        failures=[
            Failure(
                what=f"of {article} {ARTICLES[article]} came in, {sold[article]} were sold,"
                f" {left[article]} are said to be left",
                patterns=("check_then_act", "lost_update", "stale_write"),
                about=[article],
                root={"postgresql": ["SELECT", article]},
            )
            for article in wrong
        ],
        damaged=[f"public.stock {article}" for article in wrong],
        incidents=len(wrong),
    )


def buying(article: str, order: str, customer: int, *, guarded: bool) -> Work:
    """Sell a piece if there is one."""
    locking = " FOR UPDATE" if guarded else ""

    def work(session: Session) -> None:
        pieces = session.ask(f"SELECT pieces FROM stock WHERE id = '{article}'{locking}")
        session.meet()
        if pieces:
            session.run(
                f"UPDATE stock SET pieces = {pieces - 1}, last_order = '{order}'"
                f" WHERE id = '{article}'"
            )
            session.run(f"INSERT INTO sold VALUES ('{order}', '{article}', 'cus_{customer}')")

    return work
