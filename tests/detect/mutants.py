"""Every change of one token, condition, branch or key column of a query."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*)|(?P<text>'(?:[^']|'')*')|(?P<space>\s+)
    |(?P<number>(?<![\w.])\d+(?![\w.]))|(?P<word>[$\w]+)|(?P<sign><>|<=|>=|!=|::|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)
_SWAPS = {
    "AND": "OR", "OR": "AND", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "=",
    "+": "-", "-": "+", "min": "max", "max": "min", "bool_or": "bool_and", "bool_and": "bool_or",
    "arg_min": "arg_max", "arg_max": "arg_min", "least": "greatest", "greatest": "least",
    "lag": "lead", "lead": "lag", "LEFT": "INNER", "true": "false", "false": "true",
}  # fmt: skip
_LISTS = ("PARTITION BY", "GROUP BY", "hash(", "USING (")
_CONDITIONS = {"WHERE", "ON", "HAVING", "QUALIFY", "WHEN"}
_ENDS = {
    "AND", "OR", "THEN", "WHEN", "ELSE", "END", "WHERE", "GROUP", "ORDER", "HAVING", "QUALIFY",
    "UNION", "WINDOW", "INNER", "LEFT", "ASOF", "SEMI", "ANTI", "CROSS", "JOIN", "LIMIT", "AS",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One changed query."""

    line: int
    change: str
    text: str


Change = tuple[int, int, str]
"""Start and end of what is replaced, and by what."""


def mutants(query: str) -> Iterator[Mutant]:
    """Every one-token change of a query, the changes of single words first."""
    spared = list(_spared(query))
    words = [
        (m.lastgroup, m.group(), m.start())
        for m in _TOKEN.finditer(query)
        if m.lastgroup not in ("comment", "text", "space")
    ]
    changes = [c for place in range(len(words)) for c in _word_changes(query, words, place)]
    for head in _LISTS:
        for match in re.finditer(re.escape(head), query):
            changes += [(a, b, "") for a, b in _items(query, match.end())]
    for start, end, new in changes:
        if not any(a <= start < b for a, b in spared):
            line = query.count("\n", 0, start) + 1
            old = " ".join(query[start:end].split())
            yield Mutant(line, f"{old} -> {new or '(nothing)'}", query[:start] + new + query[end:])


def _word_changes(
    query: str, words: Sequence[tuple[str | None, str, int]], place: int
) -> Iterator[Change]:
    kind, word, start = words[place]
    end = start + len(word)
    if word in _SWAPS and not _is_arrow(words, place):
        yield start, end, _SWAPS[word]
    if word == "NOT" and query[:start].endswith("IS "):
        yield start, end + 1, ""
    elif word in ("NOT", "DISTINCT") and not query[:start].endswith("IS "):
        yield start, end, ""
    if kind == "number":
        yield start, end, str(int(word) + 1)
    if word in ("AND", "OR"):
        yield start, _conjunct_end(query, end), ""
    if word in _CONDITIONS and not query[:start].rstrip().endswith("DISTINCT"):
        yield from _condition_changes(query, word, end)
    if word == "FILTER":
        yield start, _closing(query, query.index("(", end)) + 1, ""


def _condition_changes(query: str, word: str, start: int) -> Iterator[Change]:
    """Without the first term of a condition; a lone one always holds, a branch is never taken."""
    end = _conjunct_end(query, start)
    joint = re.match(r"AND|OR", query[end:])
    if joint:
        yield start, end + joint.end(), ""
    elif word != "WHEN":
        yield start, end, " true "
    if word == "WHEN":
        yield start, _branch(query, start), " false "


def _branch(query: str, start: int) -> int:
    """Where the condition of a branch ends, at its `THEN`."""
    depth = 0
    for match in _TOKEN.finditer(query, start):
        if match.lastgroup in ("comment", "text", "space"):
            continue
        word = match.group()
        if depth == 0 and word == "THEN":
            return match.start()
        depth += (word in "([{" or word == "CASE") - (word in ")]}" or word == "END")
    return len(query)


def _spared(query: str) -> Iterator[tuple[int, int]]:
    """What makes a relation, what is listed from a source, and where facts are made.

    The source holds the list to account, and `says` the words of facts.
    """
    for match in re.finditer("CREATE OR REPLACE", query):
        yield match.span()
    for match in re.finditer(r"to_json\(|FROM \((?=\s*VALUES)", query):
        yield match.start(), _closing(query, match.end() - 1)


def _is_arrow(words: Sequence[tuple[str | None, str, int]], place: int) -> bool:
    neighbours = {words[i][1] for i in (place - 1, place + 1) if 0 <= i < len(words)}
    return words[place][1] in "-><" and bool(neighbours & {"-", ">", "<"})


def _closing(query: str, opening: int) -> int:
    depth = 0
    for match in _TOKEN.finditer(query, opening):
        if match.lastgroup not in ("comment", "text"):
            depth += (match.group() in "([{") - (match.group() in ")]}")
            if depth == 0:
                return match.start()
    return len(query)


def _conjunct_end(query: str, start: int) -> int:
    depth = 0
    for match in _TOKEN.finditer(query, start):
        if match.lastgroup in ("comment", "text", "space"):
            continue
        word = match.group()
        if depth == 0 and (word in _ENDS or word in (")", ",", ";")):
            return match.start()
        depth += (word in "([{") - (word in ")]}")
    return len(query)


def _items(query: str, start: int) -> Iterator[tuple[int, int]]:
    """Spans of the items of a list that begins at `start`, each with one comma; none if single."""
    bounds, depth = [start], 0
    end = len(query)
    for match in _TOKEN.finditer(query, start):
        if match.lastgroup in ("comment", "text", "space"):
            continue
        word = match.group()
        if depth == 0 and (word in _ENDS - {"END", "THEN", "WHEN", "ELSE"} or word in (")", ";")):
            end = match.start()
            break
        depth += (word in "([{") - (word in ")]}")
        if word == "," and depth == 0:
            bounds.append(match.end())
    for number, begin in enumerate(bounds[:-1]):
        yield begin, bounds[number + 1]
    if len(bounds) > 1:
        yield bounds[-1] - 1, end
