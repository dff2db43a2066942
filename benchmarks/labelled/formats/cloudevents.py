"""CloudEvents: standard attributes where there is one, extensions `forensics…` for the rest.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from collections.abc import Sequence

from benchmarks.labelled.fact import Fact
from benchmarks.labelled.formats.canonical import Written, plain
from sample_data.moments import iso

_STANDARD = {"system", "action", "cause_id", "trace_id"}
_SAID = ("entity_type", "entity_id", "customer_id", "amount", "currency", "item_key", "after_hash")


def write(facts: Sequence[Fact]) -> Written:
    """One event a fact; the first of an execution has the execution's id."""
    begun: set[str] = set()
    for number, fact in enumerate(facts):
        columns = dict(fact.columns)
        run = columns.pop("execution_id")
        event_id = run if run not in begun else f"{run}.{number}"
        if event_id != run:
            columns["execution_id"] = run
        begun.add(run)
        event = {
            "specversion": "1.0", "id": event_id, "source": columns["system"],
            "type": columns["action"], "time": iso(fact.at),
            "subject": columns.get("entity_id"), "causationid": columns.get("cause_id"),
            "correlationid": columns.get("trace_id"), "datacontenttype": "application/json",
        }  # fmt: skip
        for name, value in columns.items():
            if name not in _STANDARD:
                event[f"forensics{name.replace('_', '')}"] = plain(value)
        said = {name: columns[name] for name in _SAID if name in columns}
        event["data"] = fact.payload or said
        yield fact, fact.at, {name: value for name, value in event.items() if value is not None}
