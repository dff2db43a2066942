"""Reading into a case: every record accounted for, nothing twice, whatever happens to the file."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors.registry
from forensics.case.case import Case
from forensics.case.configuration import Configuration
from forensics.model.audit import SourceAccount
from forensics.model.errors import CaseError, UsageError
from tests.case.shop import charges, lines, looked_at, opened, spec
from tests.link.test_identities import ALIKE

ACCOUNTED = "read = mapped + ignored + already stored + quarantined"


def balanced(account: SourceAccount) -> bool:
    return account.read == (
        account.mapped
        + sum(account.ignored.values())
        + account.already_stored
        + account.quarantined
    )


def stored(folder: Path) -> tuple[int, int]:
    row = opened(folder).sql("SELECT count(*), count(DISTINCT event_id) FROM events").row(0)
    return int(row[0]), int(row[1])


def test_a_file_that_grew_is_read_from_where_we_stopped(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    everything = list(charges(30))
    log.write_bytes(lines(everything[:20]))
    case.ingest([spec(log)])
    log.write_bytes(lines(everything))

    (account,) = case.ingest([spec(log)])

    assert (account.read, account.mapped, account.already_stored) == (30, 10, 20)
    assert stored(tmp_path) == (30, 30)


def test_reading_again_stores_nothing_and_says_so(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    log.write_bytes(lines(list(charges(20))))
    case.ingest([spec(log)])

    (account,) = case.ingest([spec(log)])

    assert (account.read, account.already_stored) == (20, 20)
    assert [notice.state for notice in account.notices] == ["unchanged"]
    assert stored(tmp_path) == (20, 20)


def test_events_with_ids_of_their_own_are_stored_once_from_any_file(tmp_path: Path) -> None:
    case = opened(tmp_path)
    (tmp_path / "a.jsonl").write_bytes(lines(list(charges(20))))
    (tmp_path / "b.jsonl").write_bytes(lines([*reversed(list(charges(25))), *charges(1)]))

    accounts = case.ingest([spec(tmp_path / "a.jsonl", "a"), spec(tmp_path / "b.jsonl", "b")])

    assert (accounts[1].read, accounts[1].mapped, accounts[1].already_stored) == (26, 5, 21)
    assert stored(tmp_path) == (25, 25)


def test_half_a_line_waits_and_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    content = lines(list(charges(3)))
    log.write_bytes(content[:-30])

    (first,) = case.ingest([spec(log)])
    log.write_bytes(content)
    (second,) = case.ingest([spec(log)])

    assert (first.mapped, first.quarantined, second.mapped) == (2, 0, 1)
    assert "waiting" in [notice.state for notice in first.notices]


def test_half_a_line_is_damage_when_the_log_is_final(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(lines(list(charges(3)))[:-30])

    (account,) = opened(tmp_path).ingest([spec(log, final=True)])

    assert (account.mapped, account.quarantined) == (2, 1)


def test_one_missing_source_does_not_stop_the_others(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(lines(list(charges(3))))

    missing, read = opened(tmp_path).ingest([spec(tmp_path / "nowhere", "gone"), spec(log)])

    assert (missing.failed, read.mapped) == (True, 3)


def test_a_cut_list_makes_its_coverage_truncated(tmp_path: Path) -> None:
    log = tmp_path / "list.json"
    log.write_bytes(
        b'{"object": "list", "has_more": true, "data": [{"id": "evt_1", "object": "event",'
        b' "type": "charge.succeeded", "created": 1762070400, "livemode": true,'
        b' "data": {"object": {"id": "ch_1", "object": "charge"}}}]}'
    )
    case = opened(tmp_path)

    case.ingest([spec(log, "stripe")])

    assert case.sql("SELECT state FROM coverage")["state"].to_list() == ["truncated"]
    assert looked_at(case).missing


def test_an_empty_file_is_a_source_without_events(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(list(charges(3))))
    (tmp_path / "empty.jsonl").touch()
    case = opened(tmp_path)

    for _ in range(2):
        case.ingest([spec(tmp_path / "log.jsonl"), spec(tmp_path / "empty.jsonl", "empty")])

    audit = case.audit()
    assert [(c.source, c.events, c.state) for c in audit.coverage] == [
        ("empty", 0, "complete"),
        ("log", 3, "complete"),
    ]
    assert not audit.missing
    assert case.sql("FROM coverage WHERE source = 'empty'").height == 1


def test_an_audit_makes_no_case(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="There is no case"):
        opened(tmp_path).audit()
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize(
    ("zone", "times", "said"),
    [
        ("UTC", ["2026-03-29T02:30:00Z", "2026-03-29T02:30:00+01:00", "2026-03-29T02:30:00z"], ""),
        (
            "UTC",
            ["2026-03-29T02:30:00", "2026-10-25 02:30:00.5"],
            "2 times of `log` carry no zone and were read as UTC;",
        ),
        (
            "Europe/Berlin",
            ["2026-03-29T02:30:00", "2026-10-25T02:59:59.9", "2026-10-25T02:30:00Z"],
            (
                "Perhaps an hour off: 1 in an hour that Europe/Berlin skips,"
                " 1 in an hour that Europe/Berlin has twice."
            ),
        ),
        (
            "Europe/Berlin",
            ["2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-10-25T01:59:59"],
            (
                "3 times of `log` carry no zone and were read as Europe/Berlin;"
                " `--timezone` says which zone it is."
            ),
        ),
    ],
)
def test_times_without_a_zone_are_counted_and_told(
    tmp_path: Path, zone: str, times: list[str], said: str
) -> None:
    records = [r | {"occurred_at": t} for r, t in zip(charges(len(times)), times, strict=True)]
    (tmp_path / "log.jsonl").write_bytes(lines(records))
    case = Case(tmp_path / "case", connectors.registry, Configuration(timezone=zone))

    (account,) = case.ingest([spec(tmp_path / "log.jsonl")])
    told = " ".join(n.sentence for n in account.notices if n.state == "zoneless")
    (coverage,) = looked_at(case).coverage

    assert said in told
    assert coverage.times == told
    assert bool(told) == bool(said)


def test_a_gap_in_a_dense_sequence_is_truncated_coverage(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    numbered = [
        record | {"source_stream": "p0", "source_seq": number}
        for number, record in enumerate(charges(100))
        if number != 42
    ]
    log.write_bytes(lines(numbered))

    case.ingest([spec(log)])

    reasons = case.sql("SELECT reason FROM coverage WHERE state = 'truncated'")
    assert (reasons["reason"].to_list()) == [
        "1 number of its sequence is missing, the first after 41."
    ]


def test_a_gap_that_is_filled_later_is_no_gap(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    numbered = [
        record | {"source_stream": "p0", "source_seq": number}
        for number, record in enumerate(charges(100))
    ]
    log.write_bytes(lines(numbered[:41] + numbered[42:]))
    case.ingest([spec(log)])
    log.write_bytes(lines(numbered[:41] + numbered[42:] + numbered[41:42]))
    case.ingest([spec(log)])

    assert list(looked_at(case).missing) == []


def test_a_sequence_that_spans_all_integers_has_no_gap_to_tell(tmp_path: Path) -> None:
    log, case = tmp_path / "log.jsonl", opened(tmp_path)
    numbers = (-(2**63), 7, 2**63 - 1)
    numbered = [
        record | {"source_stream": "p0", "source_seq": number}
        for number, record in zip(numbers, charges(3), strict=True)
    ]
    log.write_bytes(lines(numbered))

    case.ingest([spec(log)])

    assert list(looked_at(case).missing) == []


JUNK = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"{}", b"[]", b"null", b'{"a":NaN}', b"[1,2]", b'{"kind":"effect"}', b"\xff"]),
)


@settings(max_examples=20)
@given(junk=st.lists(JUNK, min_size=1, max_size=12))
def test_every_record_is_accounted_for_whatever_it_is(
    tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("junk")
    log = folder / "log.jsonl"
    log.write_bytes(lines(list(charges(2))) + b"\n".join(junk) + b"\n")

    (account,) = opened(folder).ingest([spec(log, final=True)])

    assert balanced(account), ACCOUNTED
    assert account.mapped >= 2 or account.failed


def test_one_id_on_two_different_records_is_told_not_swallowed(tmp_path: Path) -> None:
    case = opened(tmp_path)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_bytes(lines(list(charges(3))))
    second.write_bytes(lines([r | {"effect_id": f"other-{r['effect_id']}"} for r in charges(3)]))

    accounts = case.ingest([spec(first, "first"), spec(second, "second")])

    assert (accounts[0].mapped, accounts[0].quarantined) == (3, 0)
    assert (accounts[1].already_stored, accounts[1].quarantined) == (0, 3)
    assert (case.sql("SELECT DISTINCT reason FROM quarantine")["reason"].to_list()) == [
        "its event_id already names another record"
    ]


def test_one_id_on_records_whose_names_share_a_hash_is_told_too(tmp_path: Path) -> None:
    case = opened(tmp_path)
    logs = []
    for log, name in zip(("first", "second"), ALIKE, strict=True):
        logs.append(tmp_path / f"{log}.jsonl")
        logs[-1].write_bytes(lines([r | {"effect_id": name} for r in charges(1)]))

    _, account = case.ingest([spec(log, log.stem) for log in logs])

    assert (account.already_stored, account.quarantined) == (0, 1)


def test_two_files_of_one_name_are_not_taken_for_one_log(tmp_path: Path) -> None:
    case = opened(tmp_path)
    addresses = [tmp_path / folder / "log.jsonl" for folder in ("a", "b")]
    for address in addresses:
        address.parent.mkdir()
        address.write_bytes(lines(list(charges(3))))

    with pytest.raises(UsageError, match="would both be called `log`"):
        case.ingest([spec(address, "") for address in addresses])
    assert len(case.ingest([spec(address) for address in addresses])) == 2


def test_a_lone_address_is_no_list_of_sources(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="One source is a list of one"):
        opened(tmp_path).ingest("log.jsonl")


def test_times_that_were_read_in_another_zone_stay_and_it_is_said(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(lines([{**r, "occurred_at": "2026-11-02 10:00:00"} for r in charges(2)]))
    opened(tmp_path).ingest([spec(log)])
    berlin = Case(tmp_path / "case", connectors.registry, Configuration(timezone="Europe/Berlin"))

    (account,) = berlin.ingest([spec(log)])

    said = " ".join(notice.sentence for notice in account.notices)
    assert "were read as UTC and stay so, though the zone is Europe/Berlin now" in said
    assert berlin.sql("SELECT DISTINCT hour(occurred_at) FROM events").item() == 10
