"""Documents to records: text is taken apart, lists are unrolled, wrappers are opened.

The result is a relation of part, path, offset, position, line, suspect, element (where in the
document; null when the document is the record), hollow (an empty list stood there), record (its
text as read), body (the text that is mapped; differs from `record` where a wrapper was opened)
and `above_1`, `above_2`, … with what mappings ask of the enclosing levels.
"""

from collections.abc import Sequence

from forensics.normalise.line import taken_apart
from forensics.normalise.mapping import Mapping
from forensics.normalise.paths import Paths, json_path

_PLACE = 'part, path, "offset", "position", line, suspect'


def exploded(mapping: Mapping, paths: Paths, *, has_arrays: bool) -> str:
    """The query that gives the records of the relation `documents`.

    Args:
        mapping: Its `records` and `unwrap` say what is unrolled and opened.
        paths: What is asked of enclosing levels.
        has_arrays: Whether any document may be an array, or one of arrays, which is unrolled too.
    """
    origin, node, kept = "documents", "document", "node"
    if mapping.line:
        # The text is kept as the record: the object of its parts is made up.
        origin, node = f"({taken_apart(mapping.line)})", "coalesce(parts, document)"
        kept = "CASE WHEN parts IS NULL THEN node ELSE document END"
    carried = ", document, parts" if mapping.line else ""
    query = f"""
    SELECT {_PLACE}{carried}, NULL::VARCHAR AS element, false AS hollow, {node} AS node
    FROM {origin}"""
    if has_arrays:
        # A list of lists, such as Zipkin's traces, is unrolled to its records too.
        query = _unrolled(_unrolled(query, ["$"]), ["$"])
    steps = _levels(mapping.records)
    for number, names in enumerate(steps):
        level = len(steps) - number + bool(mapping.unwrap)
        query = _unrolled(_remembered(query, paths, level), [json_path(name) for name in names])
    if mapping.unwrap:
        query = _remembered(query, paths, 1)
    body = _opened(mapping.unwrap) if mapping.unwrap else "node"
    return f"SELECT * EXCLUDE (node{carried}), {kept} AS record, {body} AS body FROM ({query})"


def _levels(records: Sequence[str]) -> list[list[str]]:
    """`a[].b[].c` and `a[].d[].c` as the names that may stand at each level: [a], [b, d], [c]."""
    levels: list[list[str]] = []
    for path in records:
        for number, name in enumerate(path.split("[].")):
            if number == len(levels):
                levels.append([])
            if name not in levels[number]:
                levels[number].append(name)
    return levels


def _remembered(query: str, paths: Paths, level: int) -> str:
    """The query with what the mapping asks of this level, before its text is left behind."""
    if level not in paths.levels:
        return query
    return f"SELECT *, {paths.above(level, 'node')} AS above_{level} FROM ({query})"


def _unrolled(query: str, lists: Sequence[str]) -> str:
    """One level: the first of the lists that the node has is unrolled; else the node stays.

    Receivers log a request's body as the text it came as: there a list is JSON in a string.
    """
    branches = " ".join(
        f"WHEN TRY(json_type(node, '{path}')) = 'ARRAY'"
        f" THEN json_extract(node, '{path}[*]')::VARCHAR[]"
        f" WHEN TRY(json_type(node, '{path}')) = 'VARCHAR'"
        f" AND starts_with(json_extract_string(node, '{path}'), '[')"
        f" THEN TRY(json_extract(json_extract_string(node, '{path}'), '$[*]')::VARCHAR[])"
        for path in lists
    )
    return f"""
    SELECT * EXCLUDE (place) REPLACE (nullif(concat_ws('.', element, place), '') AS element)
    FROM (
        SELECT * EXCLUDE (elements) REPLACE (
                hollow OR coalesce(len(elements) = 0, false) AS hollow,
                unnest(CASE WHEN len(elements) > 0 THEN elements ELSE [node] END) AS node
            ),
            unnest(CASE WHEN len(elements) > 0 THEN range(len(elements)) ELSE [NULL] END) AS place
        FROM (SELECT *, CASE {branches} END AS elements FROM ({query}))
    )"""


def _opened(wrappers: Sequence[str]) -> str:
    """What stands in the first wrapper that holds an object, or an object as a JSON string."""
    branches = " ".join(
        f"WHEN TRY(json_type(node, '{json_path(path)}')) = 'OBJECT'"
        f" OR (TRY(json_type(node, '{json_path(path)}')) = 'VARCHAR'"
        f" AND starts_with(json_extract_string(node, '{json_path(path)}'), '{{'))"
        f" THEN json_extract_string(node, '{json_path(path)}')"
        for path in wrappers
    )
    return f"CASE {branches} ELSE node END"
