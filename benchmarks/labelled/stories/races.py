"""Two at one record, and one of them lost."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.records import read, serial, write
from benchmarks.labelled.story import CONTENT, failure
from sample_data.moments import later


@failure("lost-update", answers=("lost_update", "stale_write"),
         decided_by=("version_read",), logs=("canonical", "otlp", "cloudevents"),
         source="Berenson et al., 'A critique of ANSI SQL isolation levels' (1995), P4; Elle",
)  # fmt: skip
def lost_update(stage: Stage) -> None:
    """Two requests read the same version of an order, and each saves its own; the second save
    replaces what the first had written."""
    record, base = stage.order(), stage.random.randint(2, 90)
    runs = [stage.run(), stage.run()]
    for number, run in enumerate(runs):
        read(stage, number * 0.2, record, run, version_read=str(base))
    for number, run in enumerate(runs):
        write(stage, 1 + number * stage.between(0.3, 4), record, run, version_read=str(base),
              version_written=str(base + 1 + number))  # fmt: skip


@failure("lost-update-by-order", answers=("lost_update", "stale_write", "check_then_act"),
         decided_by=(CONTENT,), logs=("canonical", "otlp"),
         source="Hermitage, 'P4 lost update': statement order in one serial log")  # fmt: skip
def lost_update_by_order(stage: Stage) -> None:
    """A statement log without versions: both transactions read the balance, both write it, and
    between the read and the write of the second lies the write of the first."""
    record, runs = ("account", stage.token("ACC-", 8)), [stage.run(), stage.run()]
    found = stage.hash(record, "before")
    for number, run in enumerate(runs):
        read(stage, number * 0.03, record, run, before_hash=found, fields=["balance"],
             **serial(stage, number))  # fmt: skip
    for number, run in enumerate(runs):
        write(stage, 0.2 + number * 0.1, record, run, before_hash=found, fields=["balance"],
              **serial(stage, 2 + number))  # fmt: skip


@failure("stale-form", answers=("stale_write", "lost_update"),
         decided_by=("version_read", "version_written"),
         logs=("canonical", "otlp"),
         source="The long transaction of a person: Fowler, 'Optimistic offline lock'")  # fmt: skip
def stale_form(stage: Stage) -> None:
    """A clerk opens a form, goes to lunch, and saves it over two changes that came in meanwhile."""
    record, base, clerk = (
        ("customer", stage.token("C-", 8)),
        stage.random.randint(3, 40),
        stage.run(),
    )
    person = {"actor": "clerk@example.com", "actor_kind": "human"}
    read(stage, 0, record, clerk, version_read=str(base), **person)
    for number in (1, 2):
        write(stage, 600 * number, record, stage.run(), version_read=str(base + number - 1),
              version_written=str(base + number), system="sync")  # fmt: skip
    write(stage, stage.about(2400), record, clerk, version_read=str(base),
          version_written=str(base + 3), **person)  # fmt: skip


@failure("version-fork", answers=("version_fork", "lost_update"), decided_by=("version_written",),
         logs=("debezium", "canonical"),
         source="Elle, 'incompatible order'; two children of one version")  # fmt: skip
def version_fork(stage: Stage) -> None:
    """Two transactions each write version n+1 of a row, with different content: the column was
    counted up in the application, not in the WHERE clause."""
    record, base = ("orders", stage.token("ORD-", 9)), stage.random.randint(2, 30)
    write(stage, 0, record, stage.run(), system="shop-db", write_kind="create",
          version_written=str(base), payload={"status": "new", "total": stage.cents()})  # fmt: skip
    for number, status in enumerate(("paid", "on_hold")):
        write(
            stage, 40 + number * stage.between(0.05, 2), record, stage.run(), system="shop-db",
            version_read=str(base), version_written=str(base + 1), payload={"status": status},
        )  # fmt: skip


@failure("dirty-read", answers=("dirty_read",), decided_by=("version_read", "version_written"),
         logs=("canonical", "otlp"),
         source="Adya (1999), G1a aborted read; Hermitage")  # fmt: skip
def dirty_read(stage: Stage) -> None:
    """A report reads a version that was written by a transaction which is then rolled back, and
    books what never was."""
    record, base = ("account", stage.token("ACC-", 8)), stage.random.randint(2, 60)
    writer, reader = stage.run(), stage.run()
    token = f"{base + 1}"
    write(stage, 0, record, writer, version_read=str(base), version_written=token,
          outcome="cancelled", error="rollback", lasts=4.0)  # fmt: skip
    read(stage, 1.5, record, reader, version_read=token)
    write(stage, 2.5, ("report", stage.token("REP-", 6)), reader, write_kind="create",
          version_written="1")  # fmt: skip


@failure("read-skew", answers=("read_skew",), decided_by=("version_read", "version_written"),
         logs=("canonical", "otlp"),
         source="Berenson et al. (1995), A5A read skew; Elle, G-single")  # fmt: skip
def read_skew(stage: Stage) -> None:
    """A balance check reads one account before a transfer and the other after it: money is missing
    that never was."""
    from_account, to_account = (("account", stage.token("ACC-", 8)) for _ in range(2))
    check, transfer = stage.run(), stage.run()
    read(stage, 0, from_account, check, version_read="11")
    for number, (account, version) in enumerate(((from_account, 11), (to_account, 7))):
        write(stage, 0.4 + number * 0.1, account, transfer, version_read=str(version),
              version_written=str(version + 1))  # fmt: skip
    read(stage, 1.1, to_account, check, version_read="8")


@failure("write-skew", answers=("write_skew",), decided_by=("version_read", "version_written"),
         logs=("canonical", "otlp"),
         source="Cahill et al., 'Serializable isolation for snapshot databases' (2008):"
         " two doctors on call")  # fmt: skip
def write_skew(stage: Stage) -> None:
    """Two doctors look who is on call, see each other, and both sign off: each wrote a record that
    the other had read."""
    doctors = [("shift", stage.token("DOC-", 6)) for _ in range(2)]
    runs = [stage.run(), stage.run()]
    for number, run in enumerate(runs):
        for place, doctor in enumerate(doctors):
            read(stage, number * 0.1 + place * 0.02, doctor, run, version_read="5")
    for number, (run, doctor) in enumerate(zip(runs, doctors, strict=True)):
        write(stage, 1 + number * 0.3, doctor, run, version_read="5", version_written="6")


@failure("circle-of-three", answers=("dependency_cycle",),
         decided_by=("version_read", "version_written"), logs=("canonical", "otlp"),
         source="Fekete et al., 'A read-only transaction anomaly under snapshot isolation' (2004);"
         " Elle: circles of any length")  # fmt: skip
def circle_of_three(stage: Stage) -> None:
    """Three nurses swap duties at the same moment, each relying on the duty of the next, which the
    next one is giving away: no two are in each other's way, but no order holds all three."""
    duties = [("duty", stage.token("DUTY-", 6)) for _ in range(3)]
    runs = [stage.run() for _ in duties]
    for number, run in enumerate(runs):
        read(stage, number * 0.1, duties[(number + 1) % 3], run, version_read="5")
    for number, (run, duty) in enumerate(zip(runs, duties, strict=True)):
        write(stage, 1 + number * 0.3, duty, run, version_read="5", version_written="6")


@failure("counted-once", answers=("lost_update", "stale_write", "check_then_act"),
         decided_by=(CONTENT,), logs=("canonical", "otlp"),
         source="Hermitage, 'P4 lost update', of a counter")  # fmt: skip
def counted_once(stage: Stage) -> None:
    """Two requests read how often a voucher was used, add one each, and save the same sum: it was
    used twice and counted once. One database's log has all four statements in order."""
    record, runs = ("voucher", stage.token("V-", 8)), [stage.run(), stage.run()]
    found, sum_of_both = stage.hash(record, "four"), stage.hash(record, "five")
    for number, run in enumerate(runs):
        read(stage, number * 0.03, record, run, before_hash=found, fields=["used"],
             **serial(stage, number))  # fmt: skip
    for number, run in enumerate(runs):
        stage.note(
            0.2 + number * 0.1, "write", "voucher.increment", run=run, entity=record,
            transaction_id=f"tx-{run}", vantage="database", write_kind="update", fields=["used"],
            before_hash=found, after_hash=sum_of_both, **serial(stage, 2 + number),
        )  # fmt: skip


@failure("check-then-act", answers=("check_then_act", "lost_update", "stale_write"),
         decided_by=(CONTENT,), logs=("canonical", "otlp"),
         source="ACIDRain (SIGMOD 2017): flexcoin, stock and voucher checks")  # fmt: skip
def check_then_act(stage: Stage) -> None:
    """The last seat: one request checks, another books, the first books what it had seen free. One
    database's log has all three in order."""
    seat, runs = ("seat", stage.token("SEAT-", 6)), [stage.run(), stage.run()]
    for number, run in enumerate(runs):
        read(stage, number * 0.05, seat, run, predicate="status = 'free'", **serial(stage, number))
    for number, run in enumerate(runs):
        write(stage, 0.4 + number * 0.2, seat, run, fields=["holder"],
              **serial(stage, 2 + number))  # fmt: skip


@failure("twin-create", answers=("twin_create",), also=("same_content",),
         decided_by=("natural_key",),
         logs=("canonical", "otlp", "cloudevents"),
         source="Bailis et al., 'Feral concurrency control' (SIGMOD 2015)")  # fmt: skip
def twin_create(stage: Stage) -> None:
    """Sign-up and checkout both find no contact with this address and both make one: the uniqueness
    was checked in the application only."""
    address = f"email:{stage.token('p', 8).lower()}@example.com"
    for number, system in enumerate(("sign-up", "checkout")):
        contact = ("contact", stage.token("CON-", 8))
        write(stage, number * stage.between(0.02, 1.5), contact, stage.run(), system=system,
              target_system="crm", write_kind="create", natural_key=address, version_written="1",
              effect_class="crm", effect_id=contact[1])  # fmt: skip


@failure("lease-overlap", answers=("lease_overlap",), decided_by=(CONTENT,),
         logs=("canonical", "otlp"),
         source="Kleppmann, 'How to do distributed locking' (2016): a pause outlives the lease",
)  # fmt: skip
def lease_overlap(stage: Stage) -> None:
    """A holder pauses past the end of its lease; the lease goes to another, and then the first
    renews and goes on as if it still held it."""
    lease, first, second = ("lease", stage.token("nightly-", 6)), stage.run(), stage.run()
    shared = {"system": "scheduler", "vantage": "server"}

    def lock(seconds: float, run: str, phase: str, token: int, until: float) -> None:
        stage.note(
            seconds, "lock", "lease", run=run, entity=lease, phase=phase, actor=f"node-{token}",
            lock={"mode": "exclusive", "expires_at": later(stage.at, until),
                  "fencing_token": str(token)},
            **shared,
        )  # fmt: skip

    lock(0, first, "start", 41, 30)
    lock(31, second, "start", 42, 61)
    lock(stage.between(38, 44), first, "progress", 41, 75)
    lock(52, second, "end", 42, 61)
    lock(70, first, "end", 41, 75)


@failure("fencing-violation", answers=("fencing_violation", "lease_overlap"),
         decided_by=("lock.fencing_token",), logs=("canonical",),
         source="Kleppmann (2016): the store must refuse a token older than one it has seen",
)  # fmt: skip
def fencing_violation(stage: Stage) -> None:
    """A writer with token 41 comes back after one with token 42 has written, and the store takes
    its write."""
    file, lease = ("file", stage.token("F-", 8)), ("lease", stage.token("file-lock-", 6))
    runs, token = [stage.run(), stage.run()], stage.random.randint(20, 400)
    for number, (run, begin) in enumerate(zip(runs, (0, 32), strict=True)):
        stage.note(
            begin, "lock", "lease", run=run, entity=lease, phase="start", system="store",
            lock={"mode": "exclusive", "expires_at": later(stage.at, begin + 30),
                  "fencing_token": str(token + number)},
        )  # fmt: skip
    for number, seconds in ((1, 35), (0, 41)):
        write(stage, seconds, file, runs[number], system="store",
              lock={"mode": "exclusive", "expires_at": later(stage.at, number * 32 + 30),
                    "fencing_token": str(token + number)})  # fmt: skip


@failure(
    "out-of-order",
    answers=("out_of_order", "stale_write"),
    decided_by=("version_written",),
    logs=("canonical", "otlp"),
    source="Elasticsearch, 'External versioning': without it the last write is not the newest",
)
def out_of_order(stage: Stage) -> None:
    """The search index applies version 8 of a document and then, from a slower partition, version
    7: it ends with what was already replaced."""
    record, base = ("document", stage.token("DOC-", 8)), stage.random.randint(3, 50)
    for seconds, version in ((0, base), (4, base + 2), (stage.between(5, 20), base + 1)):
        write(stage, seconds, record, stage.run(), system="search-index",
              version_written=str(version), after_hash=stage.hash(record, version))  # fmt: skip


RACES = (
    lost_update, lost_update_by_order, stale_form, version_fork, dirty_read, read_skew, write_skew,
    circle_of_three, counted_once, check_then_act, twin_create, lease_overlap, fencing_violation,
    out_of_order,
)  # fmt: skip
