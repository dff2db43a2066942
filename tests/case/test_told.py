"""Who reads a report: people have pseudonyms, a copy leaves out what it is to leave out."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pytest

from forensics.case.case import Case
from forensics.case.one_customer import exposure, mark
from forensics.case.pseudonyms import Names, Pseudonyms
from forensics.cli.inspect import show
from forensics.model.audience import Audience
from forensics.model.audit import Repair
from forensics.model.errors import UsageError
from forensics.model.finding import Exposure
from tests.case.shop import BEGIN, charges, lines, opened, spec

pytestmark = pytest.mark.xdist_group("told")

_PERSON, _MAIL, _TELEPHONE = "Kim Doe", "kim@example.com", "+49 151 2345 6789"
_PAYER, _RECIPIENT = "Jürgen Ünal", "Mo Li"
_CUSTOMERS = ("cus_Anna7", "cus_Bert8", "4711")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Each of three customers was charged twice, by a person; one record names a telephone."""
    folder = tmp_path_factory.mktemp("told")
    records = []
    for place, customer in enumerate(_CUSTOMERS):
        for record in charges(2):
            record |= {
                "event_id": f"{place}{record['event_id']}",
                "occurred_at": (BEGIN + timedelta(minutes=place, seconds=len(records))).isoformat(),
                "customer_id": customer,
                "operation_key": f"key-of-{customer}",
                "effect_id": f"ch_{place}{record['effect_id']}",
                "entity_id": f"order-of-{customer}",
                "execution_id": f"run {place} of {customer}",
                "actor": _PERSON,
                "actor_kind": "human",
                "workflow": f"asked for by {_MAIL}",
                "attributes": {
                    "telephone": _TELEPHONE,
                    "note": f"{_PERSON} for {customer}",
                    "billing_details": {"address": {"name": "at home"}, "name": _PAYER},
                    "recipient_name": _RECIPIENT,
                },
            }
            records.append(record)
    (folder / "log.jsonl").write_bytes(lines([*records, _refused(), *_of_many()]))
    opened_case = opened(folder)
    opened_case.ingest([spec(folder / "log.jsonl")])
    patterns = Counter(finding.pattern for finding in opened_case.audit().findings)
    assert patterns == {"same_key": len(_CUSTOMERS) + 1, "fleet": 1}
    return opened_case


_HIT_WITH_OTHERS = "cus_Bert8"
_QUOTED_IN_AN_ERROR = "little Fox"


def _refused() -> dict[str, Any]:
    """What failed in the run of the first customer, with what was refused in its words."""
    return {
        "event_id": "refused",
        "occurred_at": (BEGIN + timedelta(milliseconds=500)).isoformat(),
        "kind": "write",
        "action": "insert",
        "outcome": "error",
        "error": f"23505 Key (nick)=({_QUOTED_IN_AN_ERROR}) exists",
        "system": "shop",
        "execution_id": f"run 0 of {_CUSTOMERS[0]}",
        "customer_id": _CUSTOMERS[0],
    }


def _of_many() -> Iterator[dict[str, Any]]:
    """Forty orders retried at once, of which one line says whose; a repeat of which only the order
    says whose it is.
    """
    for order, attempt in product(range(40), range(6)):
        yield {
            "event_id": f"t{order}-{attempt}",
            "occurred_at": (BEGIN + timedelta(hours=1, seconds=order + 15 * attempt)).isoformat(),
            "kind": "attempt",
            "action": "charge",
            "outcome": "timeout",
            "error_kind": "timeout",
            "system": "shop",
            "target_system": "bank",
            "vantage": "client",
            "entity_type": "order",
            "entity_id": f"order-in-storm-{order}",
            "execution_id": f"run-{order}-{attempt}",
            "cause_id": f"job{order}",
        } | ({"customer_id": _HIT_WITH_OTHERS} if order == attempt == 0 else {})
    placed = {"entity_type": "order", "entity_id": "order-unnamed"}
    for number, charge in enumerate(charges(2)):
        charge |= {
            "event_id": f"unnamed-{number}",
            "operation_key": "key-unnamed",
            "effect_id": f"ch_unnamed_{number}",
            "occurred_at": (BEGIN + timedelta(hours=2, minutes=number)).isoformat(),
        }
        yield {name: value for name, value in charge.items() if name != "customer_id"} | placed
    yield placed | {
        "event_id": "placed",
        "occurred_at": (BEGIN + timedelta(hours=2)).isoformat(),
        "kind": "trigger",
        "action": "order",
        "outcome": "ok",
        "system": "shop",
        "customer_id": _HIT_WITH_OTHERS,
    }


def _texts(folder: Path) -> str:
    """All that can be read in a folder, without the script that draws."""
    texts = (path.read_bytes().decode(errors="replace") for path in sorted(folder.iterdir()))
    return "".join(
        re.sub(r"<script nonce.*?</script>", "", text, flags=re.DOTALL) for text in texts
    )


def _of(customer: str) -> list[str]:
    place = _CUSTOMERS.index(customer)
    effects = [f"ch_{place}ch_00000{number}" for number in range(2)]
    return [f"key-of-{customer}", f"order-of-{customer}", f"run {place} of", *effects]


def test_people_have_pseudonyms_and_customers_their_ids(case: Case) -> None:
    told = _texts(case.folder / "report")

    people = (_PERSON, _MAIL, _TELEPHONE, _PAYER, _RECIPIENT)
    assert not [name for name in people if name in told]
    assert all(customer in told for customer in _CUSTOMERS)
    assert "at home" in told
    assert _QUOTED_IN_AN_ERROR in told
    assert len(set(re.findall(r"person-[0-9a-f]{12}", told))) == len(people)


def test_people_are_named_where_that_was_asked_for(case: Case, tmp_path: Path) -> None:
    case.report(tmp_path, Audience(name_people=True, title="For the works council"))

    told = _texts(tmp_path)
    assert all(name in told for name in (_PERSON, _MAIL, _TELEPHONE))
    assert "<h1>For the works council</h1>" in told


def test_a_redacted_copy_holds_no_id_and_no_record(case: Case, tmp_path: Path) -> None:
    case.report(tmp_path, Audience(redact=True))

    told = _texts(tmp_path)
    ids = [name for customer in _CUSTOMERS for name in _of(customer)]
    kept_back = (_PERSON, _MAIL, _TELEPHONE, _QUOTED_IN_AN_ERROR, *ids)
    assert not [name for name in kept_back if name in told]
    assert "failed meanwhile" in told
    assert not [one for one in _CUSTOMERS if re.search(rf"(?<!\w){one}(?!\w)", told)]
    assert len(set(re.findall(r"customer-[0-9a-f]{12}", told))) == len(_CUSTOMERS)

    whole, copy = (
        orjson.loads((folder / "findings.json").read_bytes())
        for folder in (case.folder / "report", tmp_path)
    )
    names = [[finding["finding_id"] for finding in one["findings"]] for one in (whole, copy)]
    assert names[0] == names[1]
    assert copy["summary"] == whole["summary"]
    assert copy["run"] == whole["run"]
    keys = [set(re.findall(r"repair-[0-9a-f]+", _texts(folder)))
            for folder in (case.folder / "report", tmp_path)]  # fmt: skip
    assert len(keys[0]) == len(keys[1]) > 0
    assert not keys[0] & keys[1]


def test_a_customers_copy_holds_nothing_of_another(case: Case, tmp_path: Path) -> None:
    customer, *others = _CUSTOMERS
    case.report(tmp_path, Audience(customer=customer))

    told = _texts(tmp_path)
    assert all(name in told for name in (customer, *_of(customer)[:2]))
    assert not [name for other in others for name in _of(other) if name in told]
    assert not [other for other in others if re.search(rf"(?<!\w){other}(?!\w)", told)]
    assert len(orjson.loads((tmp_path / "findings.json").read_bytes())["findings"]) == 1


def test_of_what_hit_many_a_copy_holds_what_is_the_customers(case: Case, tmp_path: Path) -> None:
    case.report(tmp_path, Audience(customer=_HIT_WITH_OTHERS))

    told = _texts(tmp_path)
    assert set(re.findall(r"order-in-storm-\d+", told)) == {"order-in-storm-0"}
    copy = orjson.loads((tmp_path / "findings.json").read_bytes())
    storm = next(one for one in copy["findings"] if one["pattern"] == "fleet")
    assert (storm["events"], storm["customers"]) == (6, [_HIT_WITH_OTHERS])
    assert "6 lines of this customer" in storm["explanation"]["title"]
    odd = ("1 customers", "1 paid", "forensics show", "keep this case", "0 logs", "<dd></dd>")
    assert not [word for word in odd if word in told]
    rows = list(csv.DictReader((tmp_path / "repair.csv").read_text("utf-8").splitlines()))
    assert {row["subject"] for row in rows} >= {"ch_unnamed_1"}
    assert {row["customer"] for row in rows} == {_HIT_WITH_OTHERS}


def test_each_effect_of_one_record_counts() -> None:
    row = Repair(
        finding_id="f", act="check", system="bank", subject="order 1", keep="", amount="10.00",
        currency="EUR", customer="c", occurred_at=None, state="captured", grade="suspicion",
        idempotency_key="k", evidence="e1", keep_because="", compensated="", sets_off="",
    )  # fmt: skip

    assert exposure([row, row, replace(row, evidence="e2")]) == [
        Exposure(currency="EUR", gross=Decimal(20))
    ]


def test_a_copy_never_takes_the_place_of_the_whole_report(case: Case) -> None:
    for out in (case.folder / "report", case.folder):
        with pytest.raises(UsageError, match="lies in the case"):
            case.report(out, Audience(redact=True))
    with pytest.raises(UsageError, match="place of its own"):
        case.audit(audience=Audience(customer=_CUSTOMERS[0]))


def test_a_customer_that_no_log_names_is_said(case: Case) -> None:
    with case.connection() as connection, pytest.raises(UsageError, match="customer `nobody`"):
        mark(connection, "nobody")
    with pytest.raises(UsageError, match="names no customer"):
        Audience.customer_of("order:7")


def test_the_terminal_follows_the_same_rule(
    case: Case, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    finding = case.last_run()["findings"][0]["finding_id"]
    for name in (None, finding):
        for as_json in (False, True):
            show(name, case=case.folder, as_json=as_json)
            told = capfdbinary.readouterr().out.decode()
            assert len(told) > len(finding)
            assert not [one for one in (_PERSON, _MAIL) if one in told]


def test_the_case_is_what_was_written_after_all_that(case: Case) -> None:
    assert case.verify().differences == ()


_NAMES = Names(
    labels={"ch_12": "id", "42": "id", "20261": "id", "Al": "person", "ch_123456789012345": "id"},
    types=frozenset({"order"}),
    systems=frozenset({"crm.example.com"}),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`ch_12` and ch_12.", "`ID` and ID."),
        ("ch_120, ach_12", "ch_120, ach_12"),
        ("42 times", "42 times"),
        ("order 42 and `42`", "order ID and `ID`"),
        ("42", "ID"),
        ("12.20261 EUR, 2.20261", "12.20261 EUR, 2.20261"),
        ("id 20261", "id ID"),
        ("Al, `Al`, also", "Al, `ID`, also"),
        ("key ch_12345…2345", "key ID"),
        ("sync@crm.example.com wrote to a@example.com", "sync@crm.example.com wrote to ID"),
        (
            "`postgresql://ro@db.example.com:5432/shop`",
            "`postgresql://ro@db.example.com:5432/shop`",
        ),
        ("https://kim@example.com/ and mailto:kim@x.org", "https://ID/ and mailto:ID"),
        ("call +49 30 1234567 at 10:00+01:00", "call ID at 10:00+01:00"),
    ],
)
def test_a_name_is_replaced_where_it_stands_as_one(text: str, shown: str) -> None:
    told = Pseudonyms(b"key", _NAMES).text(text)

    assert re.sub(r"\b(id|person)-[0-9a-f]{12}", "ID", told) == shown


def test_without_the_key_no_guess_can_be_tested() -> None:
    one, other = (Pseudonyms(key, _NAMES).text("ch_12") for key in (b"one", b"other"))

    assert one != other
    assert one == Pseudonyms(b"one", _NAMES).text("ch_12")


def test_an_id_of_two_tenants_is_nobodys_copy(tmp_path: Path) -> None:
    charged = [
        record | {"tenant": tenant, "event_id": f"{tenant}-{record['event_id']}"}
        for tenant in ("north", "south")
        for record in charges(2)
    ]
    (tmp_path / "log.jsonl").write_bytes(lines(charged))
    case = opened(tmp_path)
    case.ingest([spec(tmp_path / "log.jsonl")])
    case.audit()

    with pytest.raises(UsageError, match=r"2 tenants \(`north`, `south`\)"):
        case.report(tmp_path / "copy", Audience(customer="customer-0"))
