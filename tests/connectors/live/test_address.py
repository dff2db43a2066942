"""Addresses: no secret stands in one, and none is repeated."""

import pytest

from connectors import registry
from forensics.model.errors import UsageError
from forensics.model.record import SourceSpec


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ro:hunter2@db/shop",
        "postgresql://ro:hunter2/x@db/shop",
        "postgresql://ro:hunter2#x@db/shop",
        "postgresql://ro:hunter2?x@db/shop",
        "github://hunter2@acme/shop",
        "stripe://hunter2@",
        "stripe://?key=hunter2",
        "stripe://?api_key=hunter2",
        "kafka://broker:hunter2/orders",
        "redis://localhost:6379/0?password=hunter2",
    ],
)
def test_what_may_be_a_secret_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError) as raised:
        registry.connector(SourceSpec(name="named", address=address))

    assert "hunter2" not in f"{raised.value} {raised.value.hint}"
