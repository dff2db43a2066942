"""`forensics trace` and `check` as an investigator types them."""

import shutil
from pathlib import Path

import orjson
import pytest

from tests.case.shop import BEGIN, charges, lines
from tests.cli.command import run

# One worker audits once for all of them.
pytestmark = pytest.mark.xdist_group("questions")


def order(number: int) -> dict[str, str]:
    """The shop's own line on an order, a second before its charge."""
    at = BEGIN.replace(second=10 * number % 60, minute=10 * number // 60)
    return {
        "event_id": f"o{number}",
        "occurred_at": at.isoformat(),
        "kind": "trigger",
        "action": "order.placed",
        "outcome": "ok",
        "system": "shop",
        "entity_type": "order",
        "entity_id": f"order-{number}",
        "trace_id": f"trace-{number}",
    }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an audited case: the provider's log, in which one key took effect twice."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "provider.jsonl").write_bytes(lines(list(charges(20))))
    (folder / "shop.jsonl").write_bytes(lines([order(7), order(9)]))
    run(folder, "audit", "provider.jsonl", "shop.jsonl")
    return folder


def test_an_order_charged_once_is_said_to_be_so_with_what_that_rests_on(audited: Path) -> None:
    done = run(audited, "trace", "order-7")

    assert done.returncode == 0
    text = done.stdout.decode()
    assert (
        "order order-7: charged once (`ch_000007` 12.50 EUR), within this coverage: `provider`"
        in text
    )
    assert "\tshop.jsonl:1\t" in text


def test_an_order_charged_twice_is_given_its_finding(audited: Path) -> None:
    (answer,) = orjson.loads(run(audited, "trace", "order-0", "--json").stdout)

    (count,) = answer["counts"]
    assert (count["word"], count["times"], len(count["findings"])) == ("several", 2, 1)
    assert count["effects"] == ["ch_000000", "ch_000001"]


def test_a_charge_leads_to_its_order(audited: Path) -> None:
    (answer,) = orjson.loads(run(audited, "trace", "ch_000009", "--json").stdout)

    assert answer["found_as"] == ["effect"]
    assert [count["name"] for count in answer["counts"]] == ["order order-9"]


def test_a_statement_that_names_the_order_in_its_text_alone_is_shown(tmp_path: Path) -> None:
    statements = [
        {
            "event_id": f"s{n}",
            "occurred_at": BEGIN.isoformat(),
            "kind": "write",
            "action": "insert",
            "outcome": "error",
            "error": "22001",
            "system": "database",
            "execution_id": "session",
            "statement": f"INSERT INTO paid VALUES ('{name}')",
        }
        for n, name in enumerate(("order-7", "order-77", "other"))
    ]
    (tmp_path / "provider.jsonl").write_bytes(lines(list(charges(20))))
    (tmp_path / "database.jsonl").write_bytes(lines(statements))
    run(tmp_path, "ingest", "provider.jsonl", "database.jsonl")
    done = run(tmp_path, "trace", "order-7", "--json")
    (answer,) = orjson.loads(done.stdout)
    told = [line for line in answer["lines"] if line["event_id"].startswith("s")]

    # Neither an order with a longer name nor what the statement's session did besides.
    assert [line["event_id"] for line in told] == ["s0"]
    assert told[0]["reached"] == "says it in its text alone"
    assert b"error (22001)" in run(tmp_path, "trace", "order-7").stdout
    assert b"never seen" not in run(tmp_path, "trace", "order-77").stdout


def test_what_no_log_names_was_never_seen(audited: Path) -> None:
    done = run(audited, "trace", "order-77")

    assert done.returncode == 1
    assert b"`order-77` was never seen: none of 22 events of 2 sources names it." in done.stdout


def test_a_list_is_sorted_by_what_the_case_holds_against_it(audited: Path) -> None:
    listed = "\ufefforder;note\r\n=\"order-0\";x\r\n order-9 ;\r\n'order-9';again\r\norder-77;\r\n"
    (audited / "list.csv").write_bytes(listed.encode())

    done = run(audited, "check", "list.csv", "--json")
    found = {one["asked"]: one for one in orjson.loads(done.stdout)}
    sorts = {"order-0": "in a finding", "order-9": "seen", "order-77": "not seen"}
    assert (done.returncode, {one: found[one]["sort"] for one in found}) == (1, sorts)
    assert found["order-9"]["is_once"]
    (hit,) = found["order-0"]["findings"]
    assert (hit["pattern"], hit["money"]) == ("same_key", ["12.50 EUR"])
    assert hit["acts"] == ["refund ch_000001"]

    done = run(audited, "check", "list.csv")
    text = done.stdout.decode()
    assert b"Read column `order`, of which 2 were seen; --column names another." in done.stderr
    assert "3 ids: 1 in a finding, 1 in none (1 of them proven to be once), 1 not seen." in text
    table = run(audited, "check", "list.csv", "--csv").stdout.decode().splitlines()
    assert len(table) == 4


@pytest.mark.parametrize(
    ("listed", "read", "said"),
    [
        pytest.param(
            b"who,ticket,order\nMeier,T-1,order-0\nBauer,T-2,order-9\n",
            ["order-0", "order-9"],
            "Read column `order`, of which 2 were seen; --column names another.",
            id="the only one",
        ),
        pytest.param(
            b"ticket,key,order\nT-1,key-0,order-0\nT-2,key-77,order-9\n",
            ["order-0", "order-9"],
            "Read column `order`, of which 2 were seen (`key` has 1); --column names another.",
            id="the one with most",
        ),
        pytest.param(
            b"key,order\nkey-0,order-0\nkey-9,order-9\n",
            ["key-0", "key-9"],
            "Read column `key`, of which 2 were seen (`order` has 2); --column names another.",
            id="the first of two with as many",
        ),
    ],
)
def test_the_column_with_most_known_ids_is_read(
    audited: Path, listed: bytes, read: list[str], said: str
) -> None:
    done = run(audited, "check", "-", "--json", stdin=listed)

    assert [one["asked"] for one in orjson.loads(done.stdout)] == read
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == said


@pytest.mark.parametrize("heading", ["order_id", "order", "Ticket-Nr."])
def test_ids_that_were_asked_for_and_never_seen_are_answered_as_that(
    audited: Path, heading: str
) -> None:
    listed = f"{heading},agent\nORD-77,customer-0\nORD-78,customer-9\n".encode()
    done = run(audited, "check", "-", "--json", stdin=listed)

    told = {one["asked"]: one["sort"] for one in orjson.loads(done.stdout)}
    assert (done.returncode, told) == (0, {"ORD-77": "not seen", "ORD-78": "not seen"})
    said = done.stderr.decode()
    assert f"No id of column `{heading}` was ever seen: this clears nothing." in said
    assert "Of column `agent` 1 were: check again with --column." in said


@pytest.mark.parametrize(
    ("listed", "code"), [(b"T-1\nT-2\n", 0), (b"shelf,who\nT,Meier\nU,Bo\n", 2)]
)
def test_a_list_of_which_nothing_was_ever_seen_clears_nothing(
    audited: Path, listed: bytes, code: int
) -> None:
    done = run(audited, "check", "-", stdin=listed)

    assert done.returncode == code
    assert b"was ever seen" in done.stderr


def test_ids_match_whatever_they_name_and_nothing_in_a_finding_is_zero(audited: Path) -> None:
    ids = "key-7\nch_000007\ncustomer-0\ntrace-7\no7\n"
    done = run(audited, "check", "-", "--json", stdin=ids.encode())

    named = {one["asked"]: one["found_as"] for one in orjson.loads(done.stdout)}
    assert named == {
        "key-7": ["key"],
        "ch_000007": ["effect"],
        "customer-0": ["customer"],
        "trace-7": ["trace"],
        "o7": ["record"],
    }
    assert run(audited, "check", "-", stdin=b"order-9\n").returncode == 0


def test_a_check_knows_what_was_accepted_or_withdrawn_since_the_audit(
    audited: Path, tmp_path: Path
) -> None:
    shutil.copytree(audited / "case", tmp_path / "case")
    (finding, *_) = orjson.loads(run(tmp_path, "show", "--json").stdout)["findings"]
    (tmp_path / "ids").write_text("order-0")

    def status() -> str:
        (checked,) = orjson.loads(run(tmp_path, "check", "ids", "--json").stdout)
        (hit,) = checked["findings"]
        return str(hit["status"])

    assert status() == "new"
    run(tmp_path, "accept", finding["finding_id"], "--reason", "ours")
    assert status() == "accepted"
    run(tmp_path, "accept", finding["finding_id"], "--withdraw")
    assert status() == "new"
    run(tmp_path, "accept", finding["finding_id"], "--reason", "ours")
    run(tmp_path, "detect")
    assert status() == "accepted"
    run(tmp_path, "accept", finding["finding_id"], "--withdraw")
    assert status() == "growing"


def test_what_is_accepted_needs_a_reason_and_is_listed(audited: Path, tmp_path: Path) -> None:
    case = shutil.copytree(audited / "case", tmp_path / "case")
    (finding, *_) = orjson.loads(run(tmp_path, "show", "--json").stdout)["findings"]

    refused = run(tmp_path, "accept", finding["finding_id"][:8])
    assert (refused.returncode, b"without a reason" in refused.stderr) == (2, True)
    (tmp_path / "ids").write_text("order-0")
    assert "1 in a finding, 0" in run(tmp_path, "check", "ids").stdout.decode()
    assert run(tmp_path, "accept", finding["finding_id"], "--reason", "ours").returncode == 0
    asked = run(tmp_path, "check", "ids").stdout.decode()
    assert "\taccepted\t" in asked
    assert "1 in a finding (1 only in accepted ones), 0" in asked
    (said,) = orjson.loads(run(tmp_path, "accept", "--json", "--case", case).stdout)
    assert (said["finding_id"], said["reason"]) == (finding["finding_id"], "ours")
    withdrawn = run(tmp_path, "accept", finding["finding_id"], "--withdraw").stdout
    assert b"counts again" in withdrawn
    assert b"counts for nothing" not in withdrawn


def test_effects_that_name_an_order_in_their_text_alone_are_told_of_and_not_counted(
    tmp_path: Path,
) -> None:
    charged = [
        charge | {"entity_id": f"e{n}", "note": f"for B-9002, part {n}", "operation_key": f"k{n}"}
        for n, charge in enumerate(charges(2))
    ]
    (tmp_path / "provider.jsonl").write_bytes(lines(charged))
    run(tmp_path, "ingest", "provider.jsonl")
    (answer,) = orjson.loads(run(tmp_path, "trace", "B-9002", "--json").stdout)

    assert answer["counts"] == []
    assert "stands in the text or attributes of 2 effects, and in no column" in answer["verdict"]
    assert "by no line as an effect" not in answer["verdict"]


def test_that_no_line_calls_itself_an_effect_clears_nobody(tmp_path: Path) -> None:
    (tmp_path / "shop.jsonl").write_bytes(lines([one | {"kind": "other"} for one in charges(2)]))
    run(tmp_path, "ingest", "shop.jsonl")
    (answer,) = orjson.loads(run(tmp_path, "trace", "order-0", "--json").stdout)

    assert answer["counts"] == []
    assert "by no line as an effect. That nothing was done does not follow" in answer["verdict"]


def test_a_findings_id_is_explained_in_its_case_alone(tmp_path: Path) -> None:
    done = run(tmp_path, "explain", "4f1494f44faf6258")

    assert done.returncode == 2
    assert b"--case" in done.stderr
    assert b"same_key" not in done.stderr
