"""The timeline's figure: its data, and that no text of a log becomes a link in it."""

from datetime import UTC, datetime

from forensics.model.audit import EvidenceLine
from forensics.timeline.overview import COLOURS, Label, overview


def line(number: int, **more: object) -> EvidenceLine:
    values = dict.fromkeys(EvidenceLine.__dataclass_fields__) | {
        "finding_id": "f1",
        "role": "original",
        "event_id": f"e{number}",
        "source": "log",
        "source_position": "p",
        "occurred_at": datetime(2026, 11, 2, 8, number, tzinfo=UTC),
        "system": "shop",
        "execution_id": "x",
        "kind": "effect",
        "action": "charge",
        "outcome": "ok",
    }
    return EvidenceLine(**(values | more))


def test_a_bar_spans_the_finding_on_each_system() -> None:
    labels = {"f1": Label(detector="race_window", title="two writers")}
    bars, marks = overview(labels, [line(0), line(5), line(7, system="crm")]).data

    assert bars.y == ("shop", "crm")
    assert bars.x == (300_000.0, 0.0)
    assert len(marks.x) == 3
    assert COLOURS["race_window"] == marks.marker.color


def test_lines_without_a_time_are_not_drawn() -> None:
    labels = {"f1": Label(detector="race_window", title="two writers")}

    assert overview(labels, [line(0, occurred_at=None)]).data == ()


def test_text_of_a_log_becomes_no_link() -> None:
    hostile = '<a href="https://192.0.2.1">here</a>'
    labels = {"f1": Label(detector="race_window", title=hostile)}
    drawn = overview(labels, [line(0, system=hostile, action=hostile)]).to_json()

    assert "<a " not in drawn
