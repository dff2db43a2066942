"""CRM and ERP tell each other of every change, also of those that they were told of.

Each service writes what it hears to its own table in its own spelling (`ACME`, `Acme`), and, if
that is another, publishes the change with the message that caused it. Somebody stops both after a
while. The twin's services say nothing of changes that came from the other.
"""

import threading
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import orjson
import pika

from tests.connectors.live.database_servers import PostgresqlDatabase
from tests.incidents import servers
from tests.incidents.recording import Failure, Truth

SERVICES = {"crm": str.upper, "erp": str.title}
ROUNDS = 12
CONTACT = "con-77"
BODY_BEGINS = b64encode(b'{"id":"' + CONTACT.encode() + b'",').decode()[:18]
"""How the trace has the bodies that tell of it."""


def record(folder: Path, place: Path, *, fault: bool) -> Truth:
    """Three contacts are changed by hand; the two systems spell one of them differently."""
    heard: list[str] = []
    with ExitStack() as running:
        broker = running.enter_context(servers.traced_rabbitmq(place))
        database = running.enter_context(servers.postgresql())
        database.run(
            *(
                f"CREATE TABLE {name}_contacts (id text PRIMARY KEY, name text)"
                for name in SERVICES
            ),
            *(f"ALTER TABLE {name}_contacts REPLICA IDENTITY FULL" for name in SERVICES),
        )
        servers.watch(database)
        setup = broker.channel()
        for name, other in (("crm", "erp"), ("erp", "crm")):
            setup.exchange_declare(f"{other}-changes", "fanout")
            setup.queue_declare(f"{name}-inbox")
            setup.queue_bind(f"{name}-inbox", f"{other}-changes")
        services = [
            threading.Thread(target=serve, args=(name, broker, database, heard, fault))
            for name in SERVICES
        ]
        for service in services:
            service.start()
        for number, contact in enumerate(("con-75", CONTACT, "con-76")):
            database.run(written("crm", contact, f"acme {number} ltd"))
            publish(setup, "crm", contact, f"acme {number} ltd", cause="")
        for service in services:
            service.join()
        broker.trace(folder / "broker_trace.log")
        servers.changes(database, folder / "contacts_changes.jsonl")
    loop = Failure(
        what=f"{CONTACT} was sent to and fro {heard.count(CONTACT)} times",
        patterns=("cross_system_loop", "loop"),
        about=[],
        root={
            "contacts_changes": [CONTACT, "crm_contacts"],
            "broker_trace": ["published", BODY_BEGINS],
        },
    )
    return Truth(failures=[loop] if fault else [], incidents=int(fault), goes_on=fault)


def serve(
    name: str,
    broker: servers.Broker,
    database: PostgresqlDatabase,
    heard: list[str],
    answers: bool,
) -> None:
    """Write what comes in, until nothing does or both services have heard enough."""
    channel = broker.channel()
    for method, properties, body in channel.consume(f"{name}-inbox", inactivity_timeout=2):
        if method is None or len(heard) >= ROUNDS:
            return
        told = orjson.loads(body)
        kept = SERVICES[name](told["name"]) if told["id"] == CONTACT else told["name"]
        database.run(written(name, told["id"], kept))
        heard.append(told["id"])
        if answers and kept != told["name"]:
            publish(channel, name, told["id"], kept, cause=properties.message_id)
        channel.basic_ack(method.delivery_tag)


def written(name: str, contact: str, value: str) -> str:
    """Keeps a contact's name."""
    return (
        f"INSERT INTO {name}_contacts VALUES ('{contact}', '{value}')"
        f" ON CONFLICT (id) DO UPDATE SET name = excluded.name"
    )


def publish(
    channel: pika.channel.Channel, name: str, contact: str, value: str, *, cause: str
) -> None:
    """Tell that a contact was changed, and because of which message."""
    properties = pika.BasicProperties(
        message_id=str(uuid4()),
        app_id=name,
        type="contact.changed",
        headers={"causation_id": cause} if cause else {},
    )
    body = orjson.dumps({"id": contact, "name": value})
    channel.basic_publish(f"{name}-changes", "", body, properties)
