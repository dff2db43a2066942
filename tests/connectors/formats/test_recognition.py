"""A format is told from its records, never from its name."""

from pathlib import Path
from textwrap import dedent

import pytest

from forensics.model.errors import UsageError
from forensics.normalise import documents, mapping, recognise
from tests.connectors.formats.reading import DATA, MAPPINGS, prepared, read
from tests.normalise.batches import page


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("canal/mysqlToKafka__canal-json.txt", "canal"),
        ("canonical/events.jsonl", "canonical"),
        ("cloudevents/batch.json", "cloudevents"),
        ("cloudtrail/lookup-events.json", "cloudtrail"),
        ("debezium/postgres.jsonl", "debezium"),
        ("debezium/json__serde-unwrapped.json", None),
        ("otlp/conventions.json", "otlp-traces"),
        ("otlp/examples__logs.json", "otlp-logs"),
        ("otlp/examples__metrics.json", "otlp-traces"),
        ("stripe/list.json", "stripe"),
        ("stripe/stripe__charge.refunded.json", None),
        ("stripe/lemon_squeezy__order_created.json", None),
    ],
)
def test_a_name_that_misleads_changes_nothing(
    tmp_path: Path, name: str, expected: str | None
) -> None:
    misnamed = tmp_path / "celery-events.jsonl"
    misnamed.write_bytes((DATA / name).read_bytes())

    assert read([misnamed]).formats == {"celery-events.jsonl": expected}


@pytest.mark.parametrize(
    "record",
    [
        b'{"event_id":"1","action":"save","timestamp":"2026-03-01T10:00:00Z"}',
        b'{"hello":"world"}',
        b'{"kind":"Event","action":"create","occurred_at":"2026-03-01T10:00:00Z"}',
        b'{"type":"task-list","hostname":"h"}',
        b'{"object":"charge","id":"ch_1","type":"card"}',
        b'{"op":"r","source":"here"}',
        b'{"a":1}',
        b"2026-11-24 05:41:55 INFO it works",
        b'{"level":"info","time":"2026-03-01T10:00:00Z","msg":"charge ok"}',
        b'{"eventName":"click","eventTime":"2026-03-01T10:00:00Z","eventSource":"button"}',
    ],
)
def test_a_log_that_only_resembles_a_format_is_left_unmapped(record: bytes) -> None:
    table = documents.text(page([record])).documents

    with prepared() as connection:
        assert recognise.best(connection, list(MAPPINGS.values()), table) is None


def test_lines_after_a_banner_in_json_are_still_recognised(tmp_path: Path) -> None:
    request = (
        b'203.0.113.1 - - [02/Mar/2026:10:00:00 +0000] "POST /pay HTTP/1.1" 200 5 "-" "curl"\n'
    )
    log = tmp_path / "web.log"
    log.write_bytes(b'{"event":"boot"}\n' + 6 * request)

    assert read([log]).formats == {"web.log": "access_log"}


def test_a_format_that_was_named_is_taken_at_its_word() -> None:
    table = documents.text(page([b'{"event_id":"1","action":"save"}'])).documents
    named = recognise.forced("canonical", list(MAPPINGS.values()))

    with prepared() as connection:
        assert recognise.best(connection, [named], table) is named


def test_what_fitted_the_part_before_is_taken_only_where_it_knows_every_record() -> None:
    stripe = documents.text(page([(DATA / "stripe" / "list.json").read_bytes()])).documents
    everything = list(MAPPINGS.values())

    with prepared() as connection:
        for likely in ("stripe", "celery"):
            found = recognise.best(connection, everything, stripe, likely=MAPPINGS[likely])
            assert found is MAPPINGS["stripe"]


def test_a_wrong_format_is_answered_with_the_likely_one() -> None:
    table = documents.text(page([(DATA / "stripe" / "list.json").read_bytes()])).documents
    everything = list(MAPPINGS.values())

    with prepared() as connection, pytest.raises(UsageError) as raised:
        recognise.check(connection, MAPPINGS["celery"], table, others=everything)

    assert "holds no Celery events" in str(raised.value)
    assert "`--format stripe`" in raised.value.hint


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        recognise.forced("cloudtrial", list(MAPPINGS.values()))

    assert raised.value.hint == "Did you mean `cloudtrail`?"


def _format(recognise_as: str, more: str = "") -> mapping.Mapping:
    """A format of this test alone."""
    text = f"""
        format = "shop"
        title = "A shop's log"
        recognise = "{recognise_as}"
        {more}
        [[event]]
        [event.columns]
        occurred_at = "iso_time({{at}})"
        kind = "'other'"
        action = "'seen'"
    """
    return mapping.parse(dedent(text), where="here")


def test_two_formats_of_lines_may_bear_one_name() -> None:
    one, other = (
        _format("{at} IS NOT NULL", f"[line]\npattern = '{start} (?P<at>\\S+)'")
        for start in ("ONE", "OTHER")
    )
    table = documents.text(page([b"ONE 2026-03-01T10:00:00Z"])).documents

    with prepared() as connection:
        assert recognise.best(connection, [one, other], table) is one
        assert recognise.best(connection, [other, one], table) is one


def test_of_two_formats_that_ignore_a_record_the_first_is_taken() -> None:
    ignored = "[[ignore]]\nname = 'beat'\nwhen = \"{kind} = 'beat'\"\nreason = 'nothing happened'"
    first, second = (_format(one, ignored) for one in ("{aa} = 'x'", "{kind} = 'job'"))
    table = documents.text(page([b'{"kind":"beat","note":"job"}'])).documents

    with prepared() as connection:
        assert recognise.best(connection, [first, second], table) is first
        assert recognise.best(connection, [second, first], table) is second
