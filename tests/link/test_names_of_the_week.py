"""What the sample week calls its things, as its generator has it, and what is learned of that."""

from pathlib import Path

import pytest

import forensics
from forensics.case.samples import week
from forensics.model.joins import Join

# One worker links the week once for all of them.
pytestmark = pytest.mark.xdist_group("names of the week")

THINGS = {
    "order": {
        "stripe.entity_id:order", "celery.entity_id:argument", "debezium.entity_id:public.orders",
        "audit.entity_id:order", "otlp.entity_id:order", "cloudevents.entity_id:subject",
    },
    "charge": {"stripe.effect_id", "celery.effect_id", "audit.effect_id"},
    "intention, named by the task that carries it out": {
        "celery.delivery_id", "celery.entity_id:task", "celery.trace_id", "stripe.operation_key",
        "audit.operation_key", "otlp.operation_key",
    },
    "customer": {
        "stripe.customer_id", "stripe.entity_id:customer", "audit.customer_id",
        "audit.entity_id:customer",
    },
    "contact": {"debezium.entity_id:public.crm_contacts", "audit.entity_id:contact"},
}  # fmt: skip


def is_true(join: Join) -> bool:
    fields = {
        f"{join.left_source}.{join.left_field}",
        f"{join.right_source}.{join.right_field}",
    }
    return any(fields <= names for names in THINGS.values())


@pytest.fixture(scope="module")
def joins(tmp_path_factory: pytest.TempPathFactory) -> list[Join]:
    sources, _ = week()
    case = forensics.open_case(Path(tmp_path_factory.mktemp("week")) / "case")
    case.ingest(sources)
    return case.learned_joins()


def test_no_false_join_is_used(joins: list[Join]) -> None:
    assert [join.name for join in joins if join.used and not is_true(join)] == []


def test_every_thing_of_which_two_sources_tell_often_enough_is_found(joins: list[Join]) -> None:
    missed = {join.name: join.reason for join in joins if is_true(join) and not join.used}

    assert {name for name, reason in missed.items() if "values are shared" not in reason} == set()
    assert all(reason.endswith("; 20 are needed.") for reason in missed.values()), missed


def test_orders_are_known_across_all_their_logs(joins: list[Join]) -> None:
    used = [join for join in joins if join.used]
    joined = {f"{j.left_source}.{j.left_field}" for j in used}
    joined |= {f"{j.right_source}.{j.right_field}" for j in used}

    assert joined >= THINGS["order"]
    assert {"celery.effect_id", "stripe.effect_id", "celery.trace_id"} <= joined
