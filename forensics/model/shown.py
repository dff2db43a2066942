"""Text of a log as it may be shown: nothing in it acts on a terminal, a page or a spreadsheet."""

import re

HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control codes, and characters that hide or reorder others: C0, C1, marks of direction, tags."""

# What stands before a formula does not keep every spreadsheet from taking it for one.
_FORMULA = re.compile("[\\s'\"\xa0\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")


QUOTED = f"^'({_FORMULA.pattern})"
"""How a cell begins before which `cell` put a quote."""


def without_hidden(text: str) -> str:
    r"""The text with `\x1b` and the like in the place of what would act."""
    return HIDDEN.sub(_code, text)


def cell(text: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    if text[:1].isalnum() and text.isprintable():
        return text
    shown = without_hidden(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def in_json(document: str) -> str:
    """The same JSON, line feeds between its values kept, with escapes for what would act."""
    return HIDDEN.sub(
        lambda found: found.group() if found.group() == "\n" else _escape(found.group()), document
    )


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def _code(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004 - one byte
