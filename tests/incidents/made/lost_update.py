"""Two sessions read a balance, compute, and write it back under READ COMMITTED: one is lost.

Two wallets of five are paid into by two sessions at once; the others by one after the other. The
twin's sessions read with FOR UPDATE.
"""

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

from tests.incidents import servers
from tests.incidents.recording import Failure, Truth
from tests.incidents.transactions import Session, Work, together

WALLETS = [f"wal-{number}" for number in range(301, 306)]
AT_ONCE = {"wal-302", "wal-304"}
BEGAN = Decimal("100.00")


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Each wallet is paid into twice."""
    locking = "" if fault else " FOR UPDATE"
    paid = {wallet: (Decimal(10 + n), Decimal(25 + n)) for n, wallet in enumerate(WALLETS)}
    with ExitStack() as running:
        database = running.enter_context(servers.postgresql(servers.PGAUDIT))
        database.run(
            "CREATE TABLE wallets (id text PRIMARY KEY, balance numeric(12, 2))",
            "ALTER TABLE wallets REPLICA IDENTITY FULL",
            *(f"INSERT INTO wallets VALUES ('{wallet}', {BEGAN})" for wallet in WALLETS),
        )
        servers.watch(database)
        for wallet, amounts in paid.items():
            works = [
                (f"wallet-{n}", paying(wallet, amount, locking)) for n, amount in enumerate(amounts)
            ]
            for group in [works] if wallet in AT_ONCE else [[work] for work in works]:
                assert not any(together(database, *group))
        servers.server_log(database, folder / "postgresql.csv")
        servers.changes(database, folder / "wallets_changes.jsonl")
        stand = dict(database.rows("SELECT id, balance::text FROM wallets"))
    wrong = [
        wallet for wallet in WALLETS if Decimal(str(stand[wallet])) != BEGAN + sum(paid[wallet])
    ]
    return Truth(
        failures=[
            Failure(
                what=f"{wallet} has {stand[wallet]}, and was paid {paid[wallet]} on top of {BEGAN}",
                patterns=("check_then_act", "lost_update", "stale_write"),
                about=[wallet],
                root={"postgresql": ["SELECT", wallet]},
            )
            for wallet in wrong
        ],
        damaged=[f"public.wallets {wallet}" for wallet in wrong],
        incidents=len(wrong),
    )


def paying(wallet: str, amount: Decimal, locking: str) -> Work:
    """Add to a balance as an application does that computes itself."""

    def work(session: Session) -> None:
        found = session.ask(f"SELECT balance::text FROM wallets WHERE id = '{wallet}'{locking}")
        session.meet()
        session.run(f"UPDATE wallets SET balance = {Decimal(found) + amount} WHERE id = '{wallet}'")

    return work
