"""Reads the messages of a Twilio account.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from connectors.live.address import Address
from connectors.live.provider import Listing, Provider, by_address, stamped

_ON_THEIR_WAY = frozenset({"accepted", "scheduled", "queued", "sending"})
"""https://www.twilio.com/docs/messaging/api/message-resource#message-status-values"""


def _headers(address: Address, token: str) -> Mapping[str, str]:
    account = f"{address.user or address.netloc}:{token}"
    return {"Authorization": f"Basic {b64encode(account.encode()).decode()}"}


TWILIO = Provider(
    title="Twilio",
    endpoint="https://api.twilio.com",
    rights="The token must be the account's, or an API key's secret with the key before an `@`.",
    headers=_headers,
    secret="token",  # noqa: S106 - the name of a secret
    listings=(
        Listing(
            name="messages",
            path="/2010-04-01/Accounts/{place}/Messages.json",
            records="messages",
            id=("sid",),
            parameters={"PageSize": 1000},
            following=by_address("next_page_uri"),
            made_at=stamped("date_created", parsedate_to_datetime),
            since=lambda since: {"DateSent>": f"{since:%Y-%m-%dT%H:%M:%SZ}"},
            is_final=lambda message: message.get("status") not in _ON_THEIR_WAY,
            # A message may wait for ten hours, and its delivery be told later.
            settles=timedelta(days=1),
        ),
    ),
)

open_source = TWILIO.open
