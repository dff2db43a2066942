"""Which mapping reads a log, and what becomes of its events when that changes."""

from pathlib import Path

import pytest

from forensics.model.errors import UsageError
from tests.case.shop import charges, lines, looked_at, opened, spec


def test_a_changed_mapping_replaces_the_events_of_its_source_alone(tmp_path: Path) -> None:
    mapping, log, other = tmp_path / "m.toml", tmp_path / "l.jsonl", tmp_path / "o.jsonl"
    text = """
        format = "ours"
        recognise = "{verb} IS NOT NULL"
        [[event]]
        [event.columns]
        kind = "'effect'"
        action = "{verb}"
        outcome = "'ok'"
    """
    mapping.write_text(text)
    log.write_bytes(b'{"verb": "charge", "id": "ch_1"}\n{"verb": "refund", "id": "re_1"}\n')
    other.write_bytes(lines(list(charges(5))))
    case = opened(tmp_path)
    sources = [spec(log, "ours", formats=(str(mapping),)), spec(other, "other")]
    case.ingest(sources)
    mapping.write_text(text.replace("outcome =", 'effect_id = "{id}"\noutcome ='))

    case.ingest(sources)

    frame = case.sql("SELECT source, effect_id FROM events ORDER BY source, effect_id")
    assert [("other", f"ch_{n:06d}") for n in range(5)] + [("ours", "ch_1"), ("ours", "re_1")] == (
        frame.rows()
    )
    assert case.verify().differences == ()


def test_an_unknown_format_is_counted_by_the_name_of_its_file(tmp_path: Path) -> None:
    log = tmp_path / "strange.jsonl"
    log.write_bytes(b'{"what": 1}\n{"what": 2}\n')

    (account,) = opened(tmp_path).ingest([spec(log)])

    assert account.ignored == {"unmapped: strange.jsonl": 2}
    assert (account.unmapped, account.unrecognised) == ({"strange.jsonl": 2}, 2)


def test_a_forced_format_that_fits_nothing_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(lines(list(charges(3))))

    with pytest.raises(UsageError, match="Stripe"):
        opened(tmp_path).ingest([spec(log, formats=("stripe",))])


def test_a_mapping_made_after_the_first_try_is_used(tmp_path: Path) -> None:
    mapping, log = tmp_path / "m.toml", tmp_path / "l.jsonl"
    log.write_bytes(b'{"verb": "charge"}\n{"verb": "refund"}\n')
    case = opened(tmp_path)
    case.ingest([spec(log, "ours")])
    mapping.write_text(
        'format = "ours"\nrecognise = "{verb} IS NOT NULL"\n[[event]]\n[event.columns]\n'
        'action = "{verb}"\n'
    )

    (account,) = case.ingest([spec(log, "ours", formats=(str(mapping),))])

    assert (account.mapped, case.sql("SELECT count(*) FROM events").item()) == (2, 2)


@pytest.mark.parametrize("remains", [b'{"verb": "refund"}\n', b""])
def test_a_log_that_was_rotated_away_keeps_its_events_when_the_mapping_changes(
    tmp_path: Path, remains: bytes
) -> None:
    mapping, logs = tmp_path / "m.toml", tmp_path / "logs"
    logs.mkdir()
    text = (
        'format = "ours"\nrecognise = "{verb} IS NOT NULL"\n[[event]]\n[event.columns]\n'
        'action = "{verb}"\n'
    )
    mapping.write_text(text)
    (logs / "a.jsonl").write_bytes(b'{"verb": "charge"}\n{"verb": "send"}\n')
    case = opened(tmp_path)
    case.ingest([spec(logs, "ours", formats=(str(mapping),))])
    (logs / "a.jsonl").write_bytes(remains)
    mapping.write_text(text + "# changed\n")

    (account,) = case.ingest([spec(logs, "ours", formats=(str(mapping),))])

    actions = case.sql("SELECT action FROM events ORDER BY action")["action"].to_list()
    assert {"charge", "send"} <= set(actions)
    assert len(actions) == 2 + bool(remains)
    assert "kept" in [notice.state for notice in account.notices]


def test_what_was_mapped_anew_is_counted_once(tmp_path: Path) -> None:
    mapping, log = tmp_path / "m.toml", tmp_path / "l.jsonl"
    text = (
        'format = "ours"\nrecognise = "{verb} IS NOT NULL"\n[[event]]\n[event.columns]\n'
        'action = "{verb}"\n'
    )
    mapping.write_text(text)
    log.write_bytes(b'{"verb": "charge"}\n{"verb": "send"}\n')
    case = opened(tmp_path)
    sources = [spec(log, "ours", formats=(str(mapping),))]
    case.ingest(sources)
    mapping.write_text(text + "# changed\n")
    case.ingest(sources)

    (again,) = case.ingest(sources)

    assert (again.read, again.already_stored) == (2, 2)
    assert [(a.read, a.mapped) for a in looked_at(case).accounts] == [(2, 2)]


def test_of_several_formats_each_part_takes_the_one_that_fits_it_best(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name, field in (("verbs", "verb"), ("nouns", "noun")):
        (tmp_path / f"{name}.toml").write_text(f"""
            format = "{name}"
            recognise = "{{{field}}} IS NOT NULL"
            [[event]]
            [event.columns]
            kind = "'other'"
            action = "{{{field}}}"
            outcome = "'ok'"
        """)
        (tmp_path / "logs" / f"{name}.jsonl").write_text(f'{{"{field}": "{name}"}}\n')
    (tmp_path / "logs" / "charges.jsonl").write_bytes(lines(list(charges(3))))
    formats = (str(tmp_path / "verbs.toml"), str(tmp_path / "nouns.toml"))
    case = opened(tmp_path)

    (account,) = case.ingest([spec(tmp_path / "logs", formats=formats)])
    (again,) = case.ingest([spec(tmp_path / "logs", formats=formats)])

    assert set(account.formats) == {"verbs", "nouns"}
    assert account.ignored == {"unmapped: charges.jsonl": 3}
    assert (account.events, again.events) == (2, 0)
