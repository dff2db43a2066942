"""What the shop's event bus sent: CloudEvents in one JSON batch.

Shapes after https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sample_data.identifiers import Identifiers
from sample_data.moments import iso


@dataclass(slots=True)
class WebhookLog:
    """Collects events; `lines` gives them in the order of their times."""

    ids: Identifiers
    events: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def add(self, at: datetime, kind: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
        """Add one event about `subject` and return it."""
        event = {
            "specversion": "1.0", "id": self.ids.uuid("cloudevent"),
            "source": "https://shop.example.com/events", "type": f"com.example.shop.{kind}",
            "subject": subject, "time": iso(at), "datacontenttype": "application/json",
            "data": data,
        }  # fmt: skip
        self.events.append((at, event))
        return event

    def repeat(self, at: datetime, event: dict[str, Any]) -> None:
        """Let the batch hold an event again."""
        self.events.append((at, event))

    def lines(self) -> list[dict[str, Any]]:
        """Return the events, oldest first."""
        return [event for _, event in sorted(self.events, key=lambda pair: pair[0])]
