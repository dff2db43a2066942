"""Which mapping a source is read with: the one that was named, or the one that fits best."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import duckdb
import pyarrow as pa

from forensics.normalise import recognise
from forensics.normalise.mapping import Mapping as FormatMapping

_OF_WEB_SERVERS = "access_log"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChoice:
    """The mappings a source may be read with.

    Attributes:
        formats: All there are, in order of preference.
        forced: The one that the user named.
    """

    formats: Sequence[FormatMapping]
    forced: FormatMapping | None = None

    @classmethod
    def of(
        cls, name: str, formats: Sequence[FormatMapping], *, log_format: str = ""
    ) -> "MappingChoice":
        """The choice that naming a format leaves; an empty name leaves all.

        Args:
            name: The format's name or the path of its file.
            formats: All there are.
            log_format: How a web server was told to write its lines; names `access_log` by itself.

        Raises:
            UsageError: There is no such format, or it is not made of lines.
        """
        if log_format:
            named = recognise.forced(name or _OF_WEB_SERVERS, formats)
            return cls(formats=formats, forced=named.written_as(log_format))
        return cls(formats=formats, forced=recognise.forced(name, formats) if name else None)

    def named(self, name: str) -> FormatMapping | None:
        """The mapping of that name; None when it is not among them."""
        if self.forced:
            return self.forced if self.forced.format == name else None
        return next((mapping for mapping in self.formats if mapping.format == name), None)

    def digest(self, name: str, *, otherwise: str = "") -> str:
        """What a part that was read as `name` would be read with now.

        For a part that no format fitted (an empty name) it stands for all that were tried.
        """
        if self.forced:
            return self.forced.digest
        if not name:
            tried = "".join(sorted(mapping.digest for mapping in self.formats))
            return sha256(tried.encode()).hexdigest()
        found = self.named(name)
        return found.digest if found else otherwise

    def fitting(
        self, connection: duckdb.DuckDBPyConnection, records: pa.Table
    ) -> FormatMapping | None:
        """The mapping for a part that begins with these records; None when none fits.

        Raises:
            UsageError: The format that was named does not fit, and another one does.
        """
        if self.forced:
            recognise.check(connection, self.forced, records, others=self.formats)
            return self.forced
        return recognise.best(connection, self.formats, records)
