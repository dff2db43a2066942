"""HTML that is safe by construction: text is escaped unless it was made here.

tag("td", value, class_="number")      # value is text: escaped
tag("tr", tag("td", "a"), tag("td", "b"))
"""

from collections.abc import Iterable
from html import escape

from forensics.model.shown import without_hidden

_LONGEST = 4_000
"""Characters of one text on the page; whoever writes more into a field makes it slow for nobody."""
_VOID = frozenset({"meta", "input", "br", "col"})


class Markup(str):
    """Text that is HTML already; only `tag` and `join` make it."""

    __slots__ = ()


Content = str | int | Markup | None | Iterable["Content"]


def text(value: object) -> Markup:
    """Escaped text; characters that hide or reorder others are shown as codes."""
    whole = str(value)
    if whole.isprintable() and len(whole) <= _LONGEST:
        return Markup(escape(whole, quote=True))
    shown = "\n".join(map(without_hidden, whole[:_LONGEST].split("\n")))
    if len(whole) > _LONGEST:
        shown += f"… ({len(whole):,} characters)"
    return Markup(escape(shown, quote=True))


def marked(value: str) -> Markup:
    """Text of ours in which `...` stands for what a log says: that part becomes code."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return text(value)
    return join(tag("code", part) if place % 2 else part for place, part in enumerate(parts))


def join(parts: Iterable[Content]) -> Markup:
    """Several pieces one after the other."""
    return Markup("".join(_rendered(part) for part in parts))


def tag(element: str, /, *children: Content, **attributes: str | bool | None) -> Markup:
    """One element; attributes that are None or False are left out, `class_` means `class`."""
    listed = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if element in _VOID:
        return Markup(f"<{element}{listed}>")
    return Markup(f"<{element}{listed}>{join(children)}</{element}>")


def _rendered(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str | int):
        return text(content)
    return join(content)
