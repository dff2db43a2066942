"""Which mapping each part of a source is read with: one that was named, or one that fits best."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import duckdb
import pyarrow as pa

from forensics.model.errors import UsageError
from forensics.normalise import recognise
from forensics.normalise.log_format import likely_meant
from forensics.normalise.mapping import Mapping as FormatMapping
from forensics.normalise.recognise import Fitting

_OF_WEB_SERVERS = "access_log"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChoice:
    """The mappings a source may be read with.

    Attributes:
        formats: All there are, in order of preference.
        forced: Those that the user named; empty when none was.
        log_format: How a web server was told to write its lines; empty when not said.
    """

    formats: Sequence[FormatMapping]
    forced: Sequence[FormatMapping] = ()
    log_format: str = ""

    @classmethod
    def of(
        cls, names: Sequence[str], formats: Sequence[FormatMapping], *, log_format: str = ""
    ) -> "MappingChoice":
        """The choice that naming formats leaves; naming none leaves all.

        Args:
            names: Formats' names or paths of their files.
            formats: All there are.
            log_format: How a web server was told to write its lines; names `access_log` by itself.

        Raises:
            UsageError: There is no such format, or it is not made of lines.
        """
        if log_format:
            names = names or [_OF_WEB_SERVERS]
        named = [recognise.forced(name, formats) for name in names]
        if log_format:
            named = [mapping.written_as(log_format) for mapping in named]
        return cls(formats=formats, forced=named, log_format=log_format)

    def named(self, name: str) -> FormatMapping | None:
        """The mapping of that name; None when it is not among them."""
        among = self.forced or self.formats
        return next((mapping for mapping in among if mapping.format == name), None)

    def digest(self, name: str, *, otherwise: str = "") -> str:
        """What a part that was read as `name` would be read with now.

        For a part that no format fitted (an empty name) it stands for all that were tried.
        """
        if found := self.named(name):
            return found.digest
        if len(self.forced) == 1:
            return self.forced[0].digest
        if name and not self.forced:
            return otherwise
        among = self.forced or self.formats
        return sha256("".join(sorted(mapping.digest for mapping in among)).encode()).hexdigest()

    def fitting(
        self,
        connection: duckdb.DuckDBPyConnection,
        records: pa.Table,
        *,
        likely: FormatMapping | None = None,
        names: Sequence[str] = (),
    ) -> Fitting:
        """The mapping for a part that begins with these records.

        Args:
            connection: One that `apply.prepare` has seen.
            records: Rows of `apply.DOCUMENTS`.
            likely: The mapping of the part before.
            names: What the part is called, for mappings that were named.

        Raises:
            UsageError: The only format that was named does not fit.
        """
        if len(self.forced) > 1:
            return recognise.closest(connection, self.forced, records, names=names)
        if self.forced:
            try:
                recognise.check(connection, self.forced[0], records, others=self.formats)
            except UsageError as error:
                if not self.log_format:
                    raise
                raise UsageError(str(error), hint=likely_meant(self.log_format)) from None
            return Fitting(mapping=self.forced[0])
        return Fitting(mapping=recognise.best(connection, self.formats, records, likely=likely))


def undecided(fitting: Fitting, display: str) -> str:
    """What to say of a part that may as well be in another format; empty when it may not be."""
    if not fitting.mapping or not fitting.rivals:
        return ""
    own, *others = (f"`{one.format}`" for one in (fitting.mapping, *fitting.rivals))
    return (
        f"It fits {own} and {' and '.join(others)} alike, and is read with {own}, which was given"
        f" first. If another is meant, name the source as it is named: `{fitting.rivals[0].format}="
        f"{display}`."
    )
