"""What every connector of a live source begins with: its name and where it is."""

from dataclasses import dataclass

from connectors.live.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A live source at an address.

    Attributes:
        name: The source's name.
        location: Where it is, with its options.
    """

    name: str
    location: Address

    @property
    def address(self) -> str:
        """Where it is, as typed."""
        return self.location.text

    def size(self) -> int | None:
        """Not known: what a live source holds is not counted in bytes."""
        return None
