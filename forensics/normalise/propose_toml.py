"""A proposed mapping as the text of its file, with a reason beside every line."""

import re
from collections.abc import Iterator

import orjson

from forensics.normalise.propose import Line, Proposal
from forensics.normalise.propose_rows import Row

_WIDTH = 96


def written(proposal: Proposal, *, name: str, title: str) -> str:
    """The mapping file.

    Args:
        proposal: What is written.
        name: Name of the format: the stem of the file.
        title: What people call the log, such as the name of its file.
    """
    return "\n".join([*_head(proposal, name=name, title=title), *_event(proposal), ""])


def _head(proposal: Proposal, *, name: str, title: str) -> Iterator[str]:
    yield from _comment(
        f"Proposed from {proposal.records:,} records of {title}. Above each line stand the"
        " confidence (0 to 1) and the reason. Lines that begin with `#?` are possible but were"
        " not sure enough: take the mark away where they are right."
    )
    yield ""
    yield f"format = {_quoted(name)}"
    yield f"title = {_quoted(title)}"
    if proposal.lists:
        yield f"records = [{', '.join(map(_quoted, proposal.lists))}]"
    yield ""
    yield f"recognise = {_quoted(proposal.recognise)}"
    yield 'absent = [""]  # what is empty says nothing'


def _event(proposal: Proposal) -> Iterator[str]:
    yield ""
    yield "[[event]]"
    yield "[event.columns]"
    for line in proposal.lines:
        yield from _comment(f"{line.confidence:.2f}  {line.reason}")
        if line.doubt:
            yield from _comment(line.doubt)
        yield f"{line.column} = {_quoted(line.expression)}"
    if proposal.left:
        yield "# what no column uses"
        yield 'attributes = "{*}"'
    if proposal.alternatives:
        yield ""
        yield "# Possible, and not proposed:"
        yield from (
            f"#? {line.column} = {_quoted(line.expression)}  # {_shown(_weight(line))}"
            for line in proposal.alternatives
        )
    if proposal.rows:
        yield ""
        yield from _comment(
            "What the records are, by what they say was done: the first row that holds sets these"
            " columns. Kinds: trigger delivery attempt effect read write lock inference approval"
            " state change other."
        )
        for row in proposal.rows:
            yield ""
            yield from row_lines(row)


def row_lines(row: Row) -> Iterator[str]:
    """A classification as it stands in the file, its comment above it."""
    columns = ", ".join(f"{column} = {_quoted(word)}" for column, word in row.columns.items())
    yield from _comment(row.comment)
    yield "[[event.classify]]"
    yield f"when = {_quoted(row.when)}"
    yield f"columns = {{ {columns} }}"


def _weight(line: Line) -> str:
    return f"{line.confidence:.2f}  {line.reason}"


def _comment(sentence: str) -> Iterator[str]:
    """A sentence as comment lines."""
    current = "#"
    for word in _shown(sentence).split(" "):
        if len(current) + len(word) >= _WIDTH:
            yield current
            current = "#"
        current += f" {word}"
    yield current


def _shown(sentence: str) -> str:
    """A sentence that may quote the log, without anything that ends a comment."""
    return re.sub(r"[^\S ]|[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", sentence)


def _quoted(value: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's, but for the delete character."""
    return orjson.dumps(value).decode().replace("\x7f", "\\u007f")
