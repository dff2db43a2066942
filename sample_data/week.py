"""The week under construction: the logs of every system, and the ids that they share."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from sample_data.identifiers import Identifiers
from sample_data.logs.audit import AuditLog
from sample_data.logs.celery import CeleryLog
from sample_data.logs.change import ChangeLog
from sample_data.logs.cloud import CloudLog
from sample_data.logs.stripe import Payer, StripeLog
from sample_data.logs.trace import TraceLog
from sample_data.logs.webhook import WebhookLog
from sample_data.moments import START, microseconds
from sample_data.truth import Truth

_GIVEN = (
    "Ada", "Bela", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ivo", "June", "Kofi",
    "Lena", "Milo", "Nora", "Otis", "Priya", "Quinn", "Rosa", "Sami", "Tove",
)  # fmt: skip
_FAMILY = (
    "Abbot", "Brook", "Castell", "Dorn", "Eastwood", "Falk", "Gruber", "Holm", "Iversen", "Jansen",
    "Keller", "Lund", "Marsh", "Novak", "Okoro", "Petit", "Reyes", "Sand", "Tanaka", "Vale",
)  # fmt: skip

TEAS: dict[str, tuple[str, int]] = {
    "SKU-ASSAM-100": ("Assam, 100 g", 890),
    "SKU-DARJ-100": ("Darjeeling first flush, 100 g", 1490),
    "SKU-EARL-250": ("Earl Grey, 250 g", 1690),
    "SKU-GENM-100": ("Genmaicha, 100 g", 1120),
    "SKU-MINT-050": ("Peppermint, 50 g", 540),
    "SKU-OOLO-100": ("Oolong, 100 g", 1580),
    "SKU-POT-1L": ("Glass teapot, 1 l", 3490),
    "SKU-SENC-250": ("Sencha, 250 g", 2250),
}
"""What the shop sells: name and price in euro cents."""


@dataclass(slots=True)
class Week:
    """Every log of the week, the truth about it, and the ids issued so far.

    `customers` are those of ordinary orders, each with the time and the payer of the last one.
    """

    seed: int
    ids: Identifiers = field(init=False)
    random: Random = field(init=False)
    stripe: StripeLog = field(init=False)
    celery: CeleryLog = field(init=False)
    traces: TraceLog = field(init=False)
    changes: ChangeLog = field(default_factory=ChangeLog)
    cloud: CloudLog = field(init=False)
    audit: AuditLog = field(default_factory=AuditLog)
    webhooks: WebhookLog = field(init=False)
    truth: Truth = field(default_factory=Truth)
    customers: dict[str, tuple[datetime, Payer]] = field(default_factory=dict)
    _numbers: set[int] = field(default_factory=set)
    _people: int = 0

    def __post_init__(self) -> None:
        self.ids = Identifiers(self.seed)
        self.random = Random(self.seed)
        self.stripe = StripeLog(self.ids)
        self.celery = CeleryLog(self.ids)
        self.traces = TraceLog(self.ids)
        self.cloud = CloudLog(self.ids)
        self.webhooks = WebhookLog(self.ids)

    def order(
        self,
        at: datetime,
        *,
        amount: int | None = None,
        currency: str = "eur",
        payer: Payer | None = None,
    ) -> Payer:
        """Return a new order, of somebody new or of the `payer` of an earlier one."""
        number = 40_000 + (microseconds(at) - microseconds(START)) // 60_000_000
        while number in self._numbers:
            number += 1
        self._numbers.add(number)
        order_id, amount = f"ORD-{number}", amount or self._basket()
        if payer:
            return replace(payer, order_id=order_id, amount=amount)
        name, email = self.person()
        return Payer(
            order_id=order_id, customer_id=self.ids.token("cus_", 14), name=name, email=email,
            amount=amount, currency=currency,
        )  # fmt: skip

    def person(self) -> tuple[str, str]:
        """Return the name and address of somebody new, who does not exist."""
        self._people += 1
        turn, given = divmod(self._people, len(_GIVEN))
        family = _FAMILY[(turn + given * 7) % len(_FAMILY)]
        email = f"{_GIVEN[given]}.{family}.{self._people}@example.com".lower()
        return f"{_GIVEN[given]} {family}", email

    def run(self) -> str:
        """Return the id of a new run of the workflow engine."""
        return self.ids.token("run_", 12)

    def _basket(self) -> int:
        prices = [price for _, price in TEAS.values()]
        return sum(self.random.choice(prices) for _ in range(self.random.randint(1, 4))) + 490
