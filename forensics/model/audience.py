"""For whom a report is written: what it names, and whose rows it holds."""

from dataclasses import dataclass

from forensics.model.errors import UsageError

_CUSTOMER = "customer:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What is told to whom.

    Attributes:
        title: First line of the page; the case's name stands there when it is empty.
        name_people: Whether people are named; else they have pseudonyms.
        redact: Whether customers, records and all other ids have pseudonyms, and records as they
            were read are left out.
        customer: The one customer whose rows it holds; empty for all.
    """

    title: str = ""
    name_people: bool = False
    redact: bool = False
    customer: str = ""

    @property
    def is_outside(self) -> bool:
        """Whether it is for somebody who may not see the whole case."""
        return self.redact or bool(self.customer)

    @staticmethod
    def customer_of(asked: str) -> str:
        """`ID` of `customer:ID`.

        Raises:
            UsageError: It is written in another way.
        """
        if not asked.startswith(_CUSTOMER) or asked == _CUSTOMER:
            raise UsageError(f"`{asked}` names no customer.", hint="Write it as --for customer:ID.")
        return asked.removeprefix(_CUSTOMER)


OWNER = Audience()
"""Who has the case: sees all of it, but for the names of people."""
