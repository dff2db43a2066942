"""Two at one record, and nobody lost."""

from benchmarks.labelled.stage import Stage
from benchmarks.labelled.stories.records import read, serial, write
from benchmarks.labelled.story import lookalike
from sample_data.moments import later

_LOGS = ("canonical", "otlp")


@lookalike("conflict-refused", "lost_update", logs=(*_LOGS, "cloudevents"),
           source="RFC 9110, 13.1.1 If-Match: 412, read again, save again")  # fmt: skip
def conflict_refused(stage: Stage) -> None:
    """Two requests read the same version; the second save is refused, reads again and then saves:
    the version check did its work."""
    record, base, first, second = stage.order(), 14, stage.run(), stage.run()
    for number, run in enumerate((first, second)):
        read(stage, number * 0.1, record, run, version_read=str(base))
    write(stage, 1, record, first, version_read=str(base), version_written=str(base + 1),
          conditional=True)  # fmt: skip
    write(stage, 1.2, record, second, version_read=str(base), conditional=True, outcome="rejected",
          error="412", error_kind="conflict", after_hash=None)  # fmt: skip
    again = stage.run()
    read(stage, 1.5, record, again, version_read=str(base + 1))
    write(stage, 2, record, again, version_read=str(base + 1), version_written=str(base + 2),
          conditional=True)  # fmt: skip


@lookalike(
    "row-lock",
    "lost_update",
    logs=_LOGS,
    source="PostgreSQL, 'Row-level locks': FOR UPDATE, the second waits for the first",
)
def row_lock(stage: Stage) -> None:
    """Each transaction reads the row for update, so the second reads only after the first has
    written."""
    record = ("account", stage.token("ACC-", 8))
    for number, seconds in enumerate((0, 0.3)):
        run = stage.run()
        read(stage, seconds, record, run, version_read=str(20 + number), conditional=True,
             **serial(stage, 2 * number))  # fmt: skip
        write(stage, seconds + 0.2, record, run, version_read=str(20 + number), conditional=True,
              version_written=str(21 + number), **serial(stage, 2 * number + 1))  # fmt: skip


@lookalike(
    "increments",
    "lost_update",
    logs=_LOGS,
    source="PostgreSQL, 'Read Committed': SET n = n - 1 computes from the row as it is now",
)
def increments(stage: Stage) -> None:
    """Ten checkouts take one piece each from a counter within a second: the sum is right whatever
    their order."""
    record = ("stock", stage.token("SKU-", 8))
    for number in range(10):
        write(stage, number * 0.07, record, stage.run(), commutative=True, fields=["available"],
              after_hash=None, **serial(stage, number))  # fmt: skip


@lookalike("disjoint-fields", "lost_update", logs=_LOGS,
           source="RFC 7396, JSON Merge Patch: other fields are not replaced")  # fmt: skip
def disjoint_fields(stage: Stage) -> None:
    """Two requests read one version; one sets the address, the other the note: both stay."""
    record, runs = stage.order(), [stage.run(), stage.run()]
    for number, run in enumerate(runs):
        read(stage, number * 0.1, record, run, version_read="8")
    for number, (run, name) in enumerate(zip(runs, ("address", "note"), strict=True)):
        write(stage, 1 + number, record, run, version_read="8", version_written=str(9 + number),
              fields=[name])  # fmt: skip


@lookalike("same-value", "lost_update", logs=_LOGS,
           source="RFC 9110, 9.2.2 (idempotent methods): both wrote the same result")  # fmt: skip
def same_value(stage: Stage) -> None:
    """Two webhooks mark one order as paid at the same moment: the record is the same after both."""
    record, runs = stage.order(), [stage.run(), stage.run()]
    for number, run in enumerate(runs):
        read(stage, number * 0.1, record, run, version_read="3")
    for number, run in enumerate(runs):
        write(stage, 1 + number * 0.2, record, run, version_read="3", fields=["status"],
              version_written=str(4 + number), after_hash=stage.hash(record, "paid"))  # fmt: skip


@lookalike(
    "quick-hand-off",
    "overlapping_writes",
    logs=(*_LOGS, "debezium"),
    source="Adya (1999): read dependencies alone, each on the one before, make no circle",
)
def quick_hand_off(stage: Stage) -> None:
    """An order goes through four stations within two seconds, each of which reads what the station
    before it wrote."""
    record, steps = ("orders", stage.token("ORD-", 9)), ("placed", "paid", "packed", "sent")
    for number, status in enumerate(steps):
        run = stage.run()
        if number and stage.log != "debezium":
            read(stage, number * 0.5 - 0.1, record, run, version_read=str(number),
                 system=f"station-{number}")  # fmt: skip
        write(
            stage, number * 0.5, record, run, system=f"station-{number}", fields=["status"],
            write_kind="update" if number else "create", version_written=str(number + 1),
            version_read=str(number) if number else None, payload={"status": status},
        )  # fmt: skip


@lookalike(
    "lease-in-turn",
    "lease_overlap",
    logs=_LOGS,
    source="Gray and Cheriton, 'Leases' (SOSP 1989): the next holder comes after the end",
)
def lease_in_turn(stage: Stage) -> None:
    """Five holders have a lease one after the other; one lets it run out instead of giving it
    back."""
    lease = ("lease", stage.token("reports-", 6))
    for number in range(5):
        run, begin = stage.run(), number * 70
        told = {"mode": "exclusive", "expires_at": later(stage.at, begin + 60),
                "fencing_token": str(50 + number)}  # fmt: skip
        stage.note(begin, "lock", "lease", run=run, entity=lease, phase="start", lock=told,
                   system="scheduler")  # fmt: skip
        if number != 2:
            stage.note(begin + 50, "lock", "lease", run=run, entity=lease, phase="end", lock=told,
                       system="scheduler")  # fmt: skip


@lookalike(
    "last-seen",
    "overlapping_writes",
    logs=("canonical", "debezium", "otlp"),
    source="Shapiro et al., 'CRDTs' (2011), last-writer-wins register: presence, caches",
)
def last_seen(stage: Stage) -> None:
    """Two devices of one person each note when it was last seen, several times a second: the
    latest is right."""
    record = ("crm_contacts", stage.token("CON-", 8))
    write(stage, -900, record, stage.run(), write_kind="create", version_written="1",
          payload={"segment": "new"}, system="presence", fields=["segment"])  # fmt: skip
    for number in range(8):
        write(
            stage, number * 0.35, record, stage.run(), system="presence", fields=["last_seen_at"],
            actor=f"device-{number % 2}", payload={"last_seen_at": f"{stage.at:%F}T{number}"},
        )  # fmt: skip


@lookalike("unique-violation", "twin_create", logs=_LOGS,
           source="PostgreSQL, 'Error codes', 23505: the index refused the second")  # fmt: skip
def unique_violation(stage: Stage) -> None:
    """Sign-up and checkout make a contact with one address; the unique index refuses the second."""
    address = f"email:{stage.token('p', 8).lower()}@example.com"
    for number, system in enumerate(("sign-up", "checkout")):
        refused = {"outcome": "rejected", "error": "23505", "error_kind": "conflict",
                   "after_hash": None} if number else {}  # fmt: skip
        write(stage, number * 0.4, ("contact", stage.token("CON-", 8)), stage.run(), system=system,
              target_system="crm", write_kind="create", natural_key=address, **refused)  # fmt: skip


@lookalike(
    "reader-beside-writer",
    "read_skew",
    logs=_LOGS,
    source="PostgreSQL, 'Introduction to MVCC': who reads and does not act loses nothing",
)
def reader_beside_writer(stage: Stage) -> None:
    """A dashboard reads an order every second while its owner edits it: reading harms nobody."""
    record, owner = stage.order(), stage.run()
    for number in range(6):
        read(stage, number, record, stage.run(), version_read=str(10 + number // 2),
             system="dashboard")  # fmt: skip
    for number in range(2):
        write(stage, 1.5 + number * 2, record, owner, version_read=str(10 + number),
              version_written=str(11 + number))  # fmt: skip


@lookalike("late-and-skipped", "out_of_order", logs=_LOGS,
           source="Elasticsearch, 'External versioning': what is old is skipped")  # fmt: skip
def late_and_skipped(stage: Stage) -> None:
    """Version 7 comes after version 8, and the index skips it because it knows better."""
    record = ("document", stage.token("DOC-", 8))
    for number, (version, outcome) in enumerate(((6, "ok"), (8, "ok"), (7, "skipped"))):
        write(stage, number * 3, record, stage.run(), system="search-index", outcome=outcome,
              version_written=str(version), after_hash=stage.hash(record, version))  # fmt: skip


@lookalike("parent-and-child", "lost_update", logs=_LOGS,
           source="OpenTelemetry, 'Traces', parent and child span: the parent waits")  # fmt: skip
def parent_and_child(stage: Stage) -> None:
    """A run reads an order, has a child write a part of it, waits, and writes the rest itself."""
    record, parent, child = stage.order(), stage.run(), stage.run()
    read(stage, 0, record, parent, version_read="4")
    write(stage, 1, record, child, cause_id=parent, version_read="4", version_written="5",
          fields=["lines"])  # fmt: skip
    write(stage, 2, record, parent, version_read="5", version_written="6", fields=["total"])


@lookalike("refused-by-token", "fencing_violation", logs=("canonical",),
           source="Kleppmann (2016): the store refuses the older token")  # fmt: skip
def refused_by_token(stage: Stage) -> None:
    """A writer comes back with an old token after one with a newer has written, and the store
    refuses it."""
    file, token = ("file", stage.token("F-", 8)), stage.random.randint(20, 400)
    for number, seconds in ((1, 35), (0, 41)):
        refused = {"outcome": "rejected", "error": "stale token", "error_kind": "conflict",
                   "after_hash": None} if number == 0 else {}  # fmt: skip
        write(stage, seconds, file, stage.run(), system="store",
              lock={"mode": "exclusive", "expires_at": later(stage.at, number * 32 + 30),
                    "fencing_token": str(token + number)}, **refused)  # fmt: skip


@lookalike("rolled-back-unseen", "dirty_read", logs=_LOGS,
           source="Adya (1999): an aborted write that nobody read is none")  # fmt: skip
def rolled_back_unseen(stage: Stage) -> None:
    """A transaction writes and is rolled back, while a report reads what was there before."""
    record, writer = ("account", stage.token("ACC-", 8)), stage.run()
    write(stage, 0, record, writer, version_read="7", version_written="8", outcome="cancelled",
          error="rollback", lasts=4.0)  # fmt: skip
    read(stage, 1.5, record, stage.run(), version_read="7")


@lookalike(
    "one-after-the-other",
    "write_skew",
    logs=_LOGS,
    source="Adya (1999): a serial history has no circle; the second reads the first's write",
)
def one_after_the_other(stage: Stage) -> None:
    """Two doctors look at both shifts and sign off one after the other; the second sees that the
    first is off and stays."""
    doctors = [("shift", stage.token("DOC-", 6)) for _ in range(2)]
    first, second = stage.run(), stage.run()
    for place, doctor in enumerate(doctors):
        read(stage, place * 0.02, doctor, first, version_read="5")
    write(stage, 0.3, doctors[0], first, version_read="5", version_written="6")
    for place, doctor in enumerate(doctors):
        read(stage, 1 + place * 0.02, doctor, second, version_read=str(6 - place))
    write(stage, 1.4, doctors[1], second, version_read="5", version_written="6",
          fields=["confirmed_at"])  # fmt: skip


@lookalike("chain-of-three", "dependency_cycle", logs=_LOGS,
           source="Adya (1999): without a circle there is an order that holds all")  # fmt: skip
def chain_of_three(stage: Stage) -> None:
    """Three nurses change duties at the same moment, each relying on the duty of the next, and the
    last relies on nobody's: they might as well have come one after the other."""
    duties = [("duty", stage.token("DUTY-", 6)) for _ in range(3)]
    runs = [stage.run() for _ in duties]
    for number, run in enumerate(runs[:2]):
        read(stage, number * 0.1, duties[number + 1], run, version_read="5")
    for number, (run, duty) in enumerate(zip(runs, duties, strict=True)):
        write(stage, 1 + number * 0.3, duty, run, version_read="5", version_written="6")


@lookalike("tagged-twice", "lost_update", logs=_LOGS,
           source="Redis, 'SADD': a member that is there already is not added again")  # fmt: skip
def tagged_twice(stage: Stage) -> None:
    """Two rules put one tag on a customer at the same moment; each had read the tags without it,
    and each saves them with it."""
    record, runs = ("customer", stage.token("C-", 8)), [stage.run(), stage.run()]
    found, tagged = stage.hash(record, "untagged"), stage.hash(record, "tagged")
    for number, run in enumerate(runs):
        read(stage, number * 0.03, record, run, before_hash=found, fields=["tags"],
             **serial(stage, number))  # fmt: skip
    for number, run in enumerate(runs):
        stage.note(
            0.2 + number * 0.1, "write", "customer.add_tag", run=run, entity=record,
            transaction_id=f"tx-{run}", vantage="database", write_kind="update", fields=["tags"],
            before_hash=found, after_hash=tagged, **serial(stage, 2 + number),
        )  # fmt: skip


QUIET_RACES = (
    conflict_refused, row_lock, increments, disjoint_fields, same_value, quick_hand_off,
    lease_in_turn, last_seen, unique_violation, reader_beside_writer, late_and_skipped,
    parent_and_child, refused_by_token, rolled_back_unseen, one_after_the_other,
    chain_of_three, tagged_twice,
)  # fmt: skip
