"""What a log cannot show, and which log would."""

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.model.words import of_case

_INGEST = "forensics ingest "


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """One thing that one log of the case cannot show.

    Attributes:
        source: The log.
        what: The thing; completes "cannot show".
        blind: Patterns that are blind in the log for want of it.
        partly: Patterns to which most of the log says nothing for want of it.
        hidden: Other patterns that see the log, and of it not this.
        log: Name of the log that would show it.
        commands: What has that log written and what reads it, in order.
        read_as: Sources of the case that are such a log already.
    """

    source: str
    what: str
    blind: Sequence[str]
    partly: Sequence[str]
    hidden: Sequence[str]
    log: str
    commands: Sequence[str]
    read_as: Sequence[str]

    def commands_into(self, case: str) -> list[str]:
        """The commands; what is ingested goes into that case."""
        return [
            f"{command} {of_case(case)}" if command.startswith(_INGEST) else command
            for command in self.commands
        ]
