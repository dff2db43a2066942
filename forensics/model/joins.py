"""One thing, several names: which fields of two logs name the same things."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from forensics.model.errors import UsageError
from forensics.model.words import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredJoin:
    """What somebody says of two logs, as `SOURCE:FIELD=SOURCE:FIELD`.

    Which source is meant is only known beside the sources, as names may hold dots and colons.

    Attributes:
        left: The one side, as typed.
        right: The other.
    """

    left: str
    right: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the two sides.

        Raises:
            UsageError: There are not two.
        """
        left, equals, right = (part.strip() for part in text.partition("="))
        if not (left and equals and right):
            raise UsageError(
                f"`{text}` is not a join.",
                hint="Write it as `SOURCE:FIELD=SOURCE:FIELD`: `stripe:metadata.order_id=shop:id`.",
            )
        return cls(left=left, right=right)

    @property
    def text(self) -> str:
        """As it is typed."""
        return f"{self.left}={self.right}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Two fields of two sources that hold equal values, and what is made of it.

    Attributes:
        left_source: The source that is first by name.
        left_field: A canonical column, `entity_id:TYPE`, or a path into `attributes`.
        right_source: The other source.
        right_field: Its field.
        shared: Values that both hold, among those compared.
        left_share: Share of the left field's values that the right one holds too, 0 to 1.
        right_share: Share of the right field's.
        compared: `all` values of both, or a `sample` of them, the same on both sides.
        left_many: The left source says one value of several things.
        right_many: The right source does.
        values: What equal values are worth: `unique` (too long to be equal by chance), `numbered`
            (a number behind a name, such as ORD-17) or `plain` (bare numbers, words).
        times: Whether the two sources tell of a value at times that go together: `agree`, `differ`
            or `unknown`.
        examples: Up to three shared values.
        standing: `declared`, `learned` or `not used`.
        reason: Why, one sentence.
    """

    left_source: str
    left_field: str
    right_source: str
    right_field: str
    shared: int
    left_share: float
    right_share: float
    compared: str
    left_many: bool
    right_many: bool
    values: str
    times: str
    examples: Sequence[str]
    standing: str
    reason: str

    @property
    def used(self) -> bool:
        """Whether conclusions may rest on it."""
        return self.standing != "not used"

    @property
    def name(self) -> str:
        """The two fields as one line."""
        left = f"{self.left_source}.{self.left_field}"
        return f"{left} = {self.right_source}.{self.right_field}"

    @property
    def cardinality(self) -> str:
        """How many things of each side one value goes with."""
        sides = ["many" if many else "one" for many in (self.left_many, self.right_many)]
        return "-to-".join(sides)

    @property
    def assumption(self) -> str:
        """What a conclusion that rests on it takes for granted, as a clause."""
        how = (
            "as declared"
            if self.standing == "declared"
            else f"learned from {plural(self.shared, 'shared value')}"
        )
        return f"`{self.name}` ({how})"
