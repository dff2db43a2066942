"""The `{path}` placeholders of a mapping, gathered so that a record is parsed once for all."""

import re
from collections.abc import Sequence

from forensics.normalise.sql_types import text

PLACEHOLDER = re.compile(r"\{([^{}:'\d][^{}:']*)\}")
_PLAIN = re.compile(r"[A-Za-z_]\w*")


class Paths:
    """Turns placeholders into references to what one parse of the record will have found.

    `{a.b}` is the text at that path of the record, `{$}` the record's text, `{^a.b}` the text
    at that path of what encloses the record (`{^^a.b}` one level further out), `{#}` where in the
    document the record stands, and `{*}` the record without the top-level names that other
    placeholders use.
    """

    def __init__(self, *, whole: str = "body", absent: Sequence[str] = ()) -> None:
        """Begin without placeholders.

        Args:
            whole: The column that `{$}` stands for.
            absent: Texts that stand for no value, wherever a path finds one.
        """
        self._whole = whole
        self._absent = absent
        self._found: dict[str, int] = {}
        self._above: dict[int, dict[str, int]] = {}
        self.uses_rest = False

    def resolve(self, expression: str) -> str:
        """The expression with every placeholder replaced by a column reference."""
        return PLACEHOLDER.sub(lambda match: self._reference(match.group(1).strip()), expression)

    def _reference(self, path: str) -> str:
        if path == "$":
            return self._whole
        if path == "*":
            self.uses_rest = True
            return "rest"
        if path == "#":
            return "element"
        if path.startswith("^"):
            inner = path.lstrip("^")
            found = self._above.setdefault(len(path) - len(inner), {})
            place = f"above_{len(path) - len(inner)}[{found.setdefault(inner, len(found) + 1)}]"
        else:
            place = f"found[{self._found.setdefault(path, len(self._found) + 1)}]"
        for nothing in self._absent:
            place = f"nullif({place}, {text(nothing)})"
        return place

    @property
    def found(self) -> tuple[str, ...]:
        """Paths of the record itself that placeholders use."""
        return tuple(self._found)

    def finish(self, statement: str) -> str:
        """Refer to the members of a struct instead of a list, where the record is parsed so."""
        if not self._flat:
            return statement
        for path, number in self._found.items():
            statement = statement.replace(f"found[{number}]", f"found.{quoted(path)}")
        return statement

    @property
    def _flat(self) -> bool:
        # The members of a struct are told apart without regard to case.
        return (
            bool(self._found)
            and all(_PLAIN.fullmatch(path) for path in self._found)
            and len({path.lower() for path in self._found}) == len(self._found)
        )

    def parse(self, column: str) -> str:
        """The expression that finds all paths in the JSON text of `column`; NULL if it is not JSON.

        Where every path is one plain name, `json_transform` walks the record once instead of
        once a path.
        """
        if self._flat:
            structure = ", ".join(f'"{path}":"VARCHAR"' for path in self._found)
            return f"TRY(json_transform({column}, '{{{structure}}}'))"
        return f"TRY({_extract(column, list(self._found) or ['none'])})"

    def rest(self, column: str) -> str:
        """The expression for the record without the names that placeholders use."""
        names = sorted({top_level(path) for path in self._found})
        patch = ", ".join(f'"{name}":null' for name in names).replace("'", "''")
        return f"nullif(TRY(json_merge_patch({column}, '{{{patch}}}'))::VARCHAR, '{{}}')"

    @property
    def names(self) -> tuple[str, ...]:
        """Top-level names that placeholders use."""
        return tuple(sorted({top_level(path) for path in self._found}))

    def above(self, level: int, column: str) -> str:
        """The expression that finds what `level` carets ask of the JSON text of `column`."""
        return f"TRY({_extract(column, list(self._above[level]))})"

    @property
    def levels(self) -> tuple[int, ...]:
        """How many carets are in use, ascending."""
        return tuple(sorted(self._above))


def _extract(column: str, paths: list[str]) -> str:
    listed = ", ".join(f"'{json_path(path)}'" for path in paths)
    return f"json_extract_string({column}, [{listed}])"


def top_level(path: str) -> str:
    """First name of a path, without quotes."""
    if path.startswith('"'):
        return path[1 : path.index('"', 1)]
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def json_path(path: str) -> str:
    """`a.b[0]` as a JSON path, ready to stand inside a SQL string."""
    return f"$.{path}".replace("'", "''")


def quoted(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
